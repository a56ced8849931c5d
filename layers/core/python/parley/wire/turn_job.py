"""What the relay tells a worker about one spoken reply: the body of the worker's `POST /turn`."""

from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

TurnMode = Literal["chat", "speak_text", "speak_audio", "speak_stream"]
Role = Literal["system", "user", "assistant"]
Codec = Literal["jpeg", "h264", "i420"]
SampleRate = Literal[16000, 24000]
LEAST_SOUND_RATE, MOST_SOUND_RATE = 8000, 48000
"""Of sound that is given or pushed as PCM, Hz."""


class _Internal(BaseModel):
    """camelCase outside. What is unknown is ignored: during a deployment, sender and reader differ by a version."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, frozen=True, extra="ignore"
    )


class ChatMessage(_Internal):
    """One message of the conversation so far."""

    role: Role
    content: str


class TurnAudio(_Internal):
    """Sound that was there before: a file in the uploads or the media bucket, or PCM itself."""

    s3_key: str | None = Field(default=None, description="Of the uploads bucket.")
    media_key: str | None = Field(default=None, description="Of the media bucket.")
    pcm: Base64Bytes | None = Field(default=None, description="16-bit little-endian mono samples at `sample_rate`.")
    sample_rate: int = Field(default=48000, ge=LEAST_SOUND_RATE, le=MOST_SOUND_RATE)

    @model_validator(mode="after")
    def _one_place(self) -> "TurnAudio":
        if [self.s3_key, self.media_key, self.pcm].count(None) != 2:
            raise ValueError("sound lies in one place")
        return self


class TurnJob(_Internal):
    """One turn. `rig_key` or `clip_key` names an object of the media bucket; the turn ends at `max_samples`."""

    turn_id: str
    worker_id: str
    rig_key: str | None = None
    clip_key: str | None = None
    mode: TurnMode
    text: str | None = Field(default=None, description="For speak_text.")
    messages: tuple[ChatMessage, ...] = Field(default=(), description="For chat.")
    persona: str | None = Field(default=None, description="For chat: who the avatar is, in its owner's words.")
    audio: TurnAudio | None = Field(default=None, description="For speak_audio.")
    input_rate: int = Field(
        default=24000, ge=LEAST_SOUND_RATE, le=MOST_SOUND_RATE, description="For speak_stream: of what is pushed."
    )
    voice: str | None = Field(default=None, description="None: the worker matches one to `language`.")
    language: str = "en"
    speed: float = Field(default=1.0, gt=0)
    emotion: str = "curious"
    intensity: float = Field(default=0.5, ge=0, le=1)
    width: int = Field(default=512, gt=0)
    height: int = Field(default=512, gt=0)
    fps: int = Field(default=25, gt=0)
    codec: Codec = "jpeg"
    sample_rate: SampleRate = 24000
    visemes: bool = Field(default=False, description="Send `visemes` records too.")
    background: str | None = Field(default=None, description="#rrggbb, or None for the picture's own.")
    seed: int = 0
    low_latency_first_chunk: bool = Field(
        default=False, description="Send the first 200 ms as soon as sound for it exists."
    )
    playout_delay_ms: int = Field(
        default=520, ge=0, description="How much the client holds back before it plays: room for an even start."
    )
    max_buffer_delay_ms: int = Field(
        default=120, ge=0, description="How long text of a chat may wait for its clause to end before it is spoken."
    )
    max_samples: int = Field(gt=0, description="The turn is cut there and ends in `turn_too_long`.")

    @model_validator(mode="after")
    def _one_face(self) -> "TurnJob":
        if (self.rig_key is None) == (self.clip_key is None):
            raise ValueError("a turn has a rig or a clip")
        return self

    @property
    def source_key(self) -> str:
        """The object that holds the face, whichever kind it is."""
        key = self.rig_key or self.clip_key
        assert key is not None  # by the validator
        return key


class PrepareJob(_Internal):
    """The body of the worker's `POST /prepare`: a face to have at hand."""

    rig_key: str | None = None
    clip_key: str | None = None
    width: int = 512
    height: int = 512
    background: str | None = None


class Prepared(_Internal):
    """Its answer: what took how long, in milliseconds."""

    timings: dict[str, float] = Field(default_factory=dict[str, float])


class WorkerRefusal(_Internal):
    """The JSON body with which a worker declines before any record."""

    error: str = "The worker declined."
    code: str = "worker_unavailable"
    retryable: bool = False
