"""Batches, as the API shows them: a manifest to upload, and how far its renders are."""

from typing import Annotated, Literal

from pydantic import Field

from parley.wire.assets import UploadTarget
from parley.wire.base import Timestamp, Url, WireResponse
from parley.wire.renders import RenderError

BatchId = Annotated[str, Field(pattern=r"^bat_[0-9A-Za-z]{4,76}$", examples=["bat_01JZ8Q7A1C3E5G7J9M1P3R5T7V"])]


class Batch(WireResponse):
    """Many renders from one manifest. `completed + failed + canceled` of its `lines` have ended."""

    id: BatchId
    status: Literal["pending_upload", "processing", "completed", "failed"]
    lines: int = Field(ge=0, description="Lines of the manifest, once it was read.")
    completed: int = Field(ge=0)
    failed: int = Field(ge=0)
    canceled: int = Field(ge=0)
    results_url: Url | None = Field(
        description="The results, one JSON line per manifest line: there once `completed`, signed for an hour."
    )
    error: RenderError | None = Field(description="When `failed`: why the manifest as a whole could not be used.")
    created_at: Timestamp
    updated_at: Timestamp
    completed_at: Timestamp | None = None


class OpenedBatch(WireResponse):
    """The batch waits as `pending_upload`; its lines are rendered when the manifest arrives."""

    batch: Batch
    upload: UploadTarget


class BatchResult(WireResponse):
    """One line of the results file."""

    line: int = Field(ge=1, description="Line of the manifest, counted from 1.")
    status: Literal["completed", "failed", "canceled"]
    render_id: str | None = Field(description="None for a line that never became a render.")
    render_url: str | None = Field(description="Read it with your key for a fresh link to the video.")
    frames: int | None = None
    duration_seconds: float | None = None
    billed_credit_micros: int = 0
    error: RenderError | None = None
