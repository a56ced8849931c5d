"""Renders, as the API shows them: one MP4 each."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from parley.wire import examples
from parley.wire.backgrounds import parse_background
from parley.wire.base import (
    AssetId,
    AvatarId,
    Micros,
    Numeric,
    RenderId,
    Text,
    Timestamp,
    Url,
    WireRequest,
    WireResponse,
)

RenderStatus = Literal["queued", "processing", "completed", "failed", "canceled"]
BACKGROUND = "`as_is` (default), `plain_white`, a CSS colour name, or `#rrggbb`."


def checked_background(value: str | None) -> str | None:
    """The value itself, once it is known to name a background."""
    if value is not None:
        parse_background(value)
    return value


class SubmitRender(WireRequest):
    """A talking video to make: an avatar, and exactly one of `audioUrl`, `audioAssetId`, `text`."""

    model_config = ConfigDict(json_schema_extra={"examples": [*examples.SUBMIT_RENDER]})

    avatar_id: AvatarId
    audio_url: Url | None = Field(default=None, description="Public speech audio, or the `publicUrl` of an asset.")
    audio_asset_id: AssetId | None = None
    text: Text | None = Field(default=None, min_length=1, max_length=4000, description="Spoken as it is written.")
    voice_id: Text | None = Field(default=None, min_length=1, max_length=160, description="For `text` only.")
    language: Text | None = Field(default=None, min_length=2, max_length=16, description="For `text` only.")
    size: Annotated[int, Field(ge=256, le=1024, multiple_of=2, description="Width and height in pixels."), Numeric] = (
        512
    )
    fps: Literal[24, 25, 30] = 25
    background: Text | None = Field(default=None, max_length=64, description=BACKGROUND)
    background_id: Text | None = Field(default=None, max_length=64, description="Another name of `background`.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Blinks and head movement follow it."), Numeric] = 0

    _backgrounds = field_validator("background", "background_id")(checked_background)

    @model_validator(mode="after")
    def _one_of_each(self) -> "SubmitRender":
        given = [value for value in (self.audio_url, self.audio_asset_id, self.text) if value is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of audioUrl, audioAssetId and text")
        if self.text is not None and not self.text.strip():
            raise ValueError("text holds nothing to speak")
        if self.background is not None and self.background_id is not None and self.background != self.background_id:
            raise ValueError("give background or backgroundId, not both")
        return self


class RenderError(WireResponse):
    """Why a render failed. Nothing was charged for it."""

    code: str = Field(examples=["audio_unreadable"])
    message: str
    status: int = Field(description="The HTTP status a caller who waits receives.", examples=[422])


class Render(WireResponse):
    """One MP4 job."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RENDER]})

    id: RenderId
    avatar_id: str
    status: RenderStatus
    progress: float = Field(ge=0, le=1)
    url: str | None = Field(
        description="The MP4 when `completed`: signed, works without a key for an hour; read again for a fresh one.",
        json_schema_extra={"format": "uri"},
    )
    size: int
    fps: int
    background: str
    frames: int | None
    duration_seconds: float | None
    width: int | None
    height: int | None
    reserved_credit_micros: Micros = Field(description="Held for it while it is not ended, at most what it can cost.")
    billed_credit_micros: Micros = Field(description="Charged for it: its real length. 0 until `completed`.")
    error: RenderError | None
    batch_id: str | None = None
    created_at: Timestamp
    updated_at: Timestamp
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None


class RenderList(WireResponse):
    """Newest first. `nextCursor` continues the list; null at its end."""

    data: list[Render]
    next_cursor: str | None
