"""The one-call render: a sound and a face in, a video's address out."""

from pydantic import ConfigDict, Field, model_validator

from parley.wire import examples
from parley.wire.base import AvatarId, Micros, RenderId, Url, WireResponse
from parley.wire.looks import VideoLook


class Lipsync(VideoLook):
    """Speech by URL, and exactly one of `avatarId` and `portraitUrl`."""

    model_config = ConfigDict(json_schema_extra={"examples": [*examples.LIPSYNC]})

    audio_url: Url = Field(description="Public speech audio, or the `publicUrl` of an asset.")
    avatar_id: AvatarId | None = None
    portrait_url: Url | None = Field(default=None, description="A picture, made an avatar on the fly.")

    @model_validator(mode="after")
    def _one_face(self) -> "Lipsync":
        if (self.avatar_id is None) == (self.portrait_url is None):
            raise ValueError("give exactly one of avatarId and portraitUrl")
        if self.captions is not None and self.transcript is None:
            raise ValueError("captions need the words: send transcript along with the audio")
        return self


class LipsyncResult(WireResponse):
    """The finished video. `durationSeconds = frames / fps`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LIPSYNC_RESULT]})

    url: str = Field(
        description="The video, an MP4 (a WebM if `transparent`): signed, works without a key for an hour.",
        json_schema_extra={"format": "uri"},
    )
    captions_url: str | None = Field(
        description="The captions as WebVTT where a transcript was given: signed likewise.",
        json_schema_extra={"format": "uri"},
    )
    avatar_id: str
    frames: int = Field(ge=1)
    fps: float
    duration_seconds: float
    render_id: RenderId
    billed_credit_micros: Micros
