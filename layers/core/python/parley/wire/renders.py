"""Renders, as the API shows them: one video each."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from parley.wire import examples
from parley.wire.base import (
    AssetId,
    AvatarId,
    Micros,
    Numeric,
    RenderId,
    Text,
    Timestamp,
    Url,
    WireResponse,
)
from parley.wire.looks import Captions, VideoLook, checked_background
from parley.wire.shapes import Aspect

RenderStatus = Literal["queued", "processing", "completed", "failed", "canceled"]


class SubmitRender(VideoLook):
    """A talking video to make: an avatar, and exactly one of `audioUrl`, `audioAssetId`, `text`."""

    model_config = ConfigDict(json_schema_extra={"examples": [*examples.SUBMIT_RENDER]})

    avatar_id: AvatarId
    audio_url: Url | None = Field(default=None, description="Public speech audio, or the `publicUrl` of an asset.")
    audio_asset_id: AssetId | None = None
    text: Text | None = Field(default=None, min_length=1, max_length=4000, description="Spoken as it is written.")
    voice_id: Text | None = Field(
        default=None, min_length=1, max_length=160, description="For `text` only. Default: the avatar's."
    )
    language: Text | None = Field(default=None, min_length=2, max_length=16, description="For `text` and `transcript`.")
    background: Text | None = Field(default=None, max_length=64, description="Another name of `backgroundId`.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Blinks and head movement follow it."), Numeric] = 0

    _background = field_validator("background")(checked_background)

    @model_validator(mode="after")
    def _one_of_each(self) -> "SubmitRender":
        given = [value for value in (self.audio_url, self.audio_asset_id, self.text) if value is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of audioUrl, audioAssetId and text")
        if self.text is not None and not self.text.strip():
            raise ValueError("text holds nothing to speak")
        if self.background is not None and self.background_id is not None and self.background != self.background_id:
            raise ValueError("give background or backgroundId, not both")
        if self.background is not None and (self.background_asset_id or self.background_url):
            raise ValueError("give one background: a name or colour, backgroundAssetId or backgroundUrl")
        if self.text is not None and self.transcript is not None:
            raise ValueError("transcript is for audio: the words of text are known already")
        if self.captions is not None and self.text is None and self.transcript is None:
            raise ValueError("captions need the words: send transcript along with the audio, or text in its place")
        return self


class RenderError(WireResponse):
    """Why a render failed. Nothing was charged for it."""

    code: str = Field(examples=["audio_unreadable"])
    message: str
    status: int = Field(description="The HTTP status a caller who waits receives.", examples=[422])


class Render(WireResponse):
    """One video to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RENDER]})

    id: RenderId
    avatar_id: str
    status: RenderStatus
    progress: float = Field(ge=0, le=1)
    url: str | None = Field(
        description=(
            "The video when `completed`, an MP4 (a WebM if `transparent`): signed, works without a key for an hour;"
            " read again for a fresh one."
        ),
        json_schema_extra={"format": "uri"},
    )
    captions_url: str | None = Field(
        description="The captions as WebVTT, when `completed` and the words are known: signed like `url`.",
        json_schema_extra={"format": "uri"},
    )
    size: int = Field(description="The longer side, pixels.")
    aspect_ratio: Aspect
    fps: int
    background: str = Field(description="As it was asked for; `image` for a picture.")
    captions: Captions | None = Field(default=None, description="As they were asked for; null: none in the picture.")
    emotion: str = Field(examples=["neutral"])
    intensity: float
    seed: int
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
