"""Realtime turns, as the API shows them: snake_case, as all of `/realtime`."""

import binascii
from base64 import b64decode
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from parley.wire.backgrounds import TRANSPARENT, parse_background
from parley.wire.base import AssetId, AvatarId, Numeric, Text, Url
from parley.wire.looks import Emotion
from parley.wire.shapes import LEAST_SIZE, MOST_SIZE
from parley.wire.turn_job import LEAST_SOUND_RATE, MOST_SOUND_RATE, Codec, Role, SampleRate
from parley.wire.video_cache import Flag, VideoCacheManifest, VideoCacheSettings, Whole

SourceKind = Literal["portrait", "source_video"]
LEAST_SIDE = 2 * round(LEAST_SIZE * 9 / 16 / 2)
BACKGROUND = "`plain_white` (default), `as_is` (the picture's own), `green_screen`, a CSS colour name or `#rrggbb`."
SOURCE_KIND = "What the avatar is made of. `source_video` needs an avatar made from a clip."
_AVATAR = "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"
Decimal = Annotated[float, Field(allow_inf_nan=False), Numeric]
TurnId = Annotated[str, Field(pattern=r"^trn_[0-9A-Za-z]{4,76}$", examples=["trn_01JZ8Q6V3R5T7W9Y1A2C4E6G8J"])]
SoundRate = Annotated[int, Field(ge=LEAST_SOUND_RATE, le=MOST_SOUND_RATE, examples=[24000]), Numeric]
MOST_PCM_BYTES = 3 * 1024 * 1024
"""A minute at 24 kHz; the body that carries it stays below what a function URL takes. Longer sound is an asset."""
MOST_PCM_LETTERS = MOST_PCM_BYTES // 3 * 4
LEAST_SOUND_MS = 100
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


class TurnLook(_Request):
    """Who speaks, how they look, and in what form it is sent."""

    avatar_id: AvatarId
    emotion: Emotion = Field(default="curious", description="Of face and bearing.")
    intensity: Decimal = Field(default=0.5, ge=0, le=1, description="How much of `emotion` is seen.")
    background_id: Text = Field(default="plain_white", max_length=64, description=BACKGROUND)
    source_kind: SourceKind = Field(default="portrait", description=SOURCE_KIND)
    video_cache_id: CacheId | None = Field(default=None, description="`manifest.id` of the cache to use.")
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
    def _cache_of_its_clip(self) -> "TurnLook":
        _need_clip(self.source_kind, video_cache_id=self.video_cache_id)
        return self


class GivenPcm(_Request):
    """Sound within the request: 16-bit little-endian mono PCM."""

    sample_rate: SoundRate
    data: Annotated[str, Field(min_length=4, max_length=MOST_PCM_LETTERS, json_schema_extra={"format": "byte"})] = (
        Field(description=f"Base64, standard alphabet, padded. At most {MOST_PCM_BYTES >> 20} MiB of PCM.")
    )

    @property
    def pcm(self) -> bytes:
        """The samples' bytes."""
        return b64decode(self.data)

    @field_validator("data")
    @classmethod
    def _whole_samples(cls, value: str) -> str:
        try:
            pcm = b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("must be base64 in its standard alphabet, padded") from error
        if len(pcm) % 2 or len(pcm) > MOST_PCM_BYTES:
            raise ValueError(f"must hold 16-bit samples, two bytes each, at most {MOST_PCM_BYTES} bytes in all")
        return value

    @model_validator(mode="after")
    def _long_enough(self) -> "GivenPcm":
        if len(self.pcm) < 2 * self.sample_rate * LEAST_SOUND_MS // 1000:
            raise ValueError(f"the sound must last at least {LEAST_SOUND_MS} ms")
        return self


class StartTurn(TurnLook):
    """One spoken reply. `chat` (default) needs `messages`, `speak_text` needs `text`, `speak_audio` one of
    `audio_asset_id`, `audio_url` and `audio_pcm`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"avatar_id": _AVATAR, "mode": "speak_text", "text": "Hello! How can I help you today?"},
                {"avatar_id": _AVATAR, "messages": [{"role": "user", "content": "Who are you?"}]},
                {"avatar_id": _AVATAR, "mode": "speak_audio", "audio_url": "https://example.com/hello.mp3"},
            ]
        }
    )

    mode: Literal["chat", "speak_text", "speak_audio"] = "chat"
    messages: list[Message] | None = Field(default=None, max_length=24, description="The last one is the user's.")
    text: Text | None = Field(default=None, min_length=1, max_length=4000, description="Spoken as it is written.")
    audio_asset_id: AssetId | None = Field(default=None, description="A sound, or a video with sound, that is `ready`.")
    audio_url: Url | None = Field(
        default=None, description="Public speech audio, at most 32 MB, or the `publicUrl` of an asset."
    )
    audio_pcm: GivenPcm | None = Field(default=None, description="The sound itself.")
    voice_id: Text | None = Field(default=None, min_length=2, max_length=120, description="Default: the avatar's own.")
    language: Text = Field(default="en", min_length=2, max_length=16, description="BCP 47, of what is said in words.")
    speed: Decimal = Field(default=1, ge=0.5, le=2, description="Of speech: 2 is twice as fast. Not of given sound.")
    low_latency_first_chunk: Flag = Field(default=False, description="First 200 ms as soon as its sound exists.")
    playout_delay_ms: Whole = Field(default=520, ge=0, le=2000, description="What the client holds before it plays.")
    max_buffer_delay_ms: Whole = Field(
        default=120, ge=0, le=5000, description="How long text of a chat may wait for more before it is spoken."
    )

    @model_validator(mode="after")
    def _has_speech(self) -> "StartTurn":
        if self.mode == "chat":
            self._has_messages()
        elif self.mode == "speak_text":
            self._has_text()
        else:
            self._has_sound()
        return self

    def _has_messages(self) -> None:
        if not self.messages:
            raise ValueError("mode chat needs messages; to have a text spoken, send mode speak_text with text")
        if self.messages[-1].role != "user":
            raise ValueError("the last of messages must be the user's: it is what is replied to")
        if self.text is not None:
            raise ValueError("text is for mode speak_text; in a chat send messages")
        self._has_no_sound()

    def _has_text(self) -> None:
        if self.text is None:
            raise ValueError("mode speak_text needs text")
        if not any(letter.isalnum() for letter in self.text):
            raise ValueError("text has nothing to speak: give at least one word or number")
        if self.messages:
            raise ValueError("messages are for mode chat; to have a text spoken, send text alone")
        self._has_no_sound()

    def _has_sound(self) -> None:
        given = [value for value in (self.audio_asset_id, self.audio_url, self.audio_pcm) if value is not None]
        if len(given) != 1:
            raise ValueError("mode speak_audio needs exactly one of audio_asset_id, audio_url and audio_pcm")
        if self.text is not None or self.messages:
            raise ValueError("text and messages are for other modes; mode speak_audio has the sound alone")
        if self.voice_id is not None or self.speed != 1:
            raise ValueError("voice_id and speed are for words; given sound is heard as it is")

    def _has_no_sound(self) -> None:
        if self.audio_asset_id is not None or self.audio_url is not None or self.audio_pcm is not None:
            raise ValueError("audio_asset_id, audio_url and audio_pcm are for mode speak_audio")


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
