"""Realtime turns, as the API shows them: snake_case, as all of `/realtime`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from parley.wire.backgrounds import TRANSPARENT, parse_background
from parley.wire.base import AvatarId, Numeric, Text
from parley.wire.looks import Emotion
from parley.wire.shapes import LEAST_SIZE, MOST_SIZE
from parley.wire.turn_job import Codec, Role, SampleRate
from parley.wire.video_cache import Flag, VideoCacheManifest, VideoCacheSettings, Whole

SourceKind = Literal["portrait", "source_video"]
LEAST_SIDE = 2 * round(LEAST_SIZE * 9 / 16 / 2)
BACKGROUND = "`plain_white` (default), `as_is` (the picture's own), `green_screen`, a CSS colour name or `#rrggbb`."
SOURCE_KIND = "What the avatar is made of. `source_video` needs an avatar made from a clip."
_AVATAR = "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"
Decimal = Annotated[float, Field(allow_inf_nan=False), Numeric]
TurnId = Annotated[str, Field(pattern=r"^trn_[0-9A-Za-z]{4,76}$", examples=["trn_01JZ8Q6V3R5T7W9Y1A2C4E6G8J"])]
CacheId = Annotated[Text, Field(min_length=1, max_length=160, examples=[f"{_AVATAR}.v1"])]


class _Request(BaseModel):
    """A field we do not know is an error, so a typing slip never passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PrepareAvatar(_Request):
    """Which avatar will speak soon."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"avatar_id": _AVATAR}]})

    avatar_id: AvatarId
    source_kind: SourceKind = Field(default="portrait", description=SOURCE_KIND)
    video_cache_id: CacheId | None = Field(default=None, description="`manifest.id` of the cache to use.")
    video_cache: VideoCacheSettings | None = Field(
        default=None, description="For `source_video`: have the cache made with these settings if it is not there."
    )

    @model_validator(mode="after")
    def _cache_of_a_clip(self) -> "PrepareAvatar":
        _need_clip(self.source_kind, video_cache_id=self.video_cache_id, video_cache=self.video_cache)
        if self.video_cache is not None and self.video_cache_id is not None:
            raise ValueError("give video_cache_id or video_cache, not both")
        return self


class PreparedAvatar(BaseModel):
    """It can speak at once."""

    avatar_id: str
    renderer_avatar_id: str | None = Field(description="What the renderer calls it.")
    model_id: str
    backend_id: str = Field(description="The kind of renderer.")
    status: Literal["ready"] = "ready"
    registered: bool = Field(description="A worker has it at hand: the first turn need not load it.")
    source_kind: SourceKind
    timings: dict[str, float] = Field(description="What took how long, in milliseconds.")
    video_cache: VideoCacheManifest | None = Field(default=None, description="For `source_video`.")


class Message(_Request):
    """One message of the conversation so far."""

    role: Role
    content: Text = Field(min_length=1, max_length=4000)


class VideoWish(_Request):
    """How pictures are sent."""

    codec: Codec | None = Field(
        default=None,
        description="JPEG, H.264 (Annex B access units) or raw I420. Default: what `Accept` names, else jpeg.",
    )
    width: Whole = Field(default=512, ge=LEAST_SIDE, le=MOST_SIZE, multiple_of=2, description="Pixels.")
    height: Whole = Field(default=512, ge=LEAST_SIDE, le=MOST_SIZE, multiple_of=2, description="Pixels.")
    fps: Literal[24, 25, 30] = 25

    @model_validator(mode="after")
    def _large_enough(self) -> "VideoWish":
        if max(self.width, self.height) < LEAST_SIZE:
            raise ValueError(f"the longer of width and height must be at least {LEAST_SIZE}")
        return self


class AudioWish(_Request):
    """How sound is sent: 16-bit little-endian mono PCM."""

    sample_rate: SampleRate = 24000


class StartTurn(_Request):
    """One spoken reply. `chat` (default) needs `messages`, `speak_text` needs `text`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"avatar_id": _AVATAR, "mode": "speak_text", "text": "Hello! How can I help you today?"},
                {"avatar_id": _AVATAR, "messages": [{"role": "user", "content": "Who are you?"}]},
            ]
        }
    )

    avatar_id: AvatarId
    mode: Literal["chat", "speak_text"] = "chat"
    messages: list[Message] | None = Field(default=None, max_length=24, description="The last one is the user's.")
    text: Text | None = Field(default=None, min_length=1, max_length=4000, description="Spoken as it is written.")
    voice_id: Text | None = Field(default=None, min_length=2, max_length=120, description="Default: the avatar's own.")
    emotion: Emotion = Field(default="curious", description="Of face and bearing.")
    intensity: Decimal = Field(default=0.5, ge=0, le=1, description="How much of `emotion` is seen.")
    language: Text = Field(default="en", min_length=2, max_length=16, description="BCP 47.")
    speed: Decimal = Field(default=1, ge=0.5, le=2, description="Of speech: 2 is twice as fast.")
    background_id: Text = Field(default="plain_white", max_length=64, description=BACKGROUND)
    source_kind: SourceKind = Field(default="portrait", description=SOURCE_KIND)
    video_cache_id: CacheId | None = Field(default=None, description="`manifest.id` of the cache to use.")
    low_latency_first_chunk: Flag = Field(default=False, description="First 200 ms as soon as its sound exists.")
    playout_delay_ms: Whole = Field(default=520, ge=0, le=2000, description="What the client holds before it plays.")
    max_buffer_delay_ms: Whole = Field(
        default=120, ge=0, le=5000, description="How long text of a chat may wait for more before it is spoken."
    )
    video: VideoWish = Field(default_factory=VideoWish)
    audio: AudioWish = Field(default_factory=AudioWish)
    visemes: Flag = Field(
        default=False, description="Send `visemes` records too, for clients that draw their own face."
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1), Numeric] | None = Field(
        default=None, description="Blinks and head movement follow it. Default: each turn its own."
    )

    @field_validator("background_id")
    @classmethod
    def _background(cls, value: str) -> str:
        if parse_background(value) == TRANSPARENT:
            raise ValueError("a stream has no transparency; use green_screen and key it out")
        return value

    @model_validator(mode="after")
    def _has_words(self) -> "StartTurn":
        _need_clip(self.source_kind, video_cache_id=self.video_cache_id)
        if self.mode == "chat":
            if not self.messages:
                raise ValueError("mode chat needs messages; to have a text spoken, send mode speak_text with text")
            if self.messages[-1].role != "user":
                raise ValueError("the last of messages must be the user's: it is what is replied to")
            if self.text is not None:
                raise ValueError("text is for mode speak_text; in a chat send messages")
        else:
            if self.text is None:
                raise ValueError("mode speak_text needs text")
            if not any(letter.isalnum() for letter in self.text):
                raise ValueError("text has nothing to speak: give at least one word or number")
            if self.messages:
                raise ValueError("messages are for mode chat; to have a text spoken, send text alone")
        return self


class InterruptedTurn(BaseModel):
    """`interrupting`: the stream ends within 100 ms. Any other status: it had ended before."""

    turn_id: str
    status: Literal["interrupting", "completed", "interrupted", "failed"]
    samples: int = Field(ge=0, description="Delivered so far; at the end, in all.")
    billed_credit_micros: int = Field(ge=0, description="0 until it has ended.")


def _need_clip(source_kind: SourceKind, **given: Any) -> None:
    for name, value in given.items():
        if value is not None and source_kind != "source_video":
            raise ValueError(f"{name} is for source_kind source_video")
