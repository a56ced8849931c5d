"""What the state machine tells a worker through the render queue, and what the worker answers with."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from parley.wire.backgrounds import TRANSPARENT


class _Internal(BaseModel):
    """camelCase outside. What is unknown is ignored: during a deployment, sender and reader differ by a version."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, frozen=True, extra="ignore"
    )


class JobCaptions(_Internal):
    """How captions look; offsets are shares of the picture's sides."""

    style: str = "clean"
    position: Literal["top", "middle", "bottom"] = "bottom"
    size: Literal["small", "medium", "large"] = "medium"
    offset_x: float = 0.0
    offset_y: float = 0.0


class RenderJob(_Internal):
    """One video to make. Keys name objects of the media bucket; `phonemes_key` is there when the text was known.

    `heartbeat_seconds` is how long the state machine waits for a sign of life, the time in the queue included, and
    `timeout_seconds` how long for the whole: both are read by the state machine, not by the worker.
    """

    render_id: str
    tenant: str
    environment: Literal["live", "test"]
    rig_key: str
    speech_key: str
    phonemes_key: str | None = None
    size: int = Field(default=512, description="The longer side, pixels.")
    aspect_ratio: str = "1:1"
    fps: int = 25
    seed: int = 0
    emotion: str = "neutral"
    intensity: float = 0.5
    background: str | None = Field(default=None, description="#rrggbb, transparent, or None for the portrait's own.")
    background_key: str | None = Field(default=None, description="A picture behind the speaker, in its place.")
    captions: JobCaptions | None = Field(default=None, description="Drawn into the picture.")
    heartbeat_seconds: int = Field(gt=0)
    timeout_seconds: int = Field(gt=0)

    def output_key(self, fence: int) -> str:
        """Where the worker of that fence puts its file: two workers can never write to one place."""
        return f"{self._folder}/{fence}.{self.file_type}"

    def captions_key(self, fence: int) -> str:
        """Where that worker puts its captions, as WebVTT."""
        return f"{self._folder}/{fence}.vtt"

    @property
    def file_type(self) -> Literal["mp4", "webm"]:
        """The ending of the video's name: MP4 has no alpha that players would read."""
        return "webm" if self.background == TRANSPARENT and self.background_key is None else "mp4"

    @property
    def content_type(self) -> str:
        return f"video/{self.file_type}"

    @property
    def _folder(self) -> str:
        return f"renders/{self.tenant}/{self.environment}/{self.render_id}"


class RenderMessage(_Internal):
    """A message of the render queue. The token is a credential: it stays out of logs (and of `repr`)."""

    task_token: str = Field(repr=False)
    attempt: int = Field(default=0, ge=0, description="How often the state machine gave up on a silent worker before.")
    job: RenderJob


class RenderDone(_Internal):
    """What a worker made. `duration_seconds` = frames / fps; the charge is for the frames."""

    render_id: str
    fence: int = Field(ge=1)
    output_key: str
    captions_key: str | None = None
    frames: int = Field(ge=1)
    fps: int = Field(ge=1)
    width: int
    height: int
    duration_seconds: float
