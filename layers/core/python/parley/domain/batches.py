"""What a batch is: many renders asked for in one file, each line with its own end."""

from dataclasses import dataclass
from typing import Literal

from parley.domain.renders import RenderError
from parley.domain.spaces import Environment, Space

BatchStatus = Literal["pending_upload", "processing", "completed", "failed"]
LineStatus = Literal["queued", "submitted", "completed", "failed", "canceled"]
LINE_ENDS: tuple[LineStatus, ...] = ("completed", "failed", "canceled")
MAX_LINES = 1000
MAX_MANIFEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`lines` is known once the manifest was read; `completed` + `failed` + `canceled` of them have ended."""

    id: str
    tenant_id: str
    environment: Environment
    key_id: str
    status: BatchStatus
    lines: int = 0
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    manifest_etag: str | None = None
    # Where the batch was opened: its results link to the renders there.
    base_url: str | None = None
    error: RenderError | None = None
    created_at: str
    updated_at: str
    completed_at: str | None = None

    @property
    def space(self) -> Space:
        return Space(self.tenant_id, self.environment)

    @property
    def ended_lines(self) -> int:
        return self.completed + self.failed + self.canceled


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One line of a manifest (`line` counts from 1, as editors do). Its render's id is made before it is submitted."""

    batch_id: str
    line: int
    render_id: str
    status: LineStatus = "queued"
    error: RenderError | None = None

    @property
    def ended(self) -> bool:
        return self.status in LINE_ENDS
