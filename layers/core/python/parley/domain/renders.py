"""What a render is: one video to make, from its submission to its end."""

from dataclasses import dataclass
from typing import Literal

from parley.domain.spaces import Environment, Space

RenderStatus = Literal["queued", "processing", "completed", "failed", "canceled"]
SourceKind = Literal["url", "asset", "text"]
ACTIVE: tuple[RenderStatus, ...] = ("queued", "processing")
TERMINAL: tuple[RenderStatus, ...] = ("completed", "failed", "canceled")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSource:
    """Where the speech comes from: exactly the field that `kind` names is set, and `transcript`: what a sound says."""

    kind: SourceKind
    url: str | None = None
    asset_id: str | None = None
    text: str | None = None
    transcript: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsWish:
    """How captions drawn into the picture look; offsets are shares of its sides."""

    style: str
    position: Literal["top", "middle", "bottom"]
    size: Literal["small", "medium", "large"]
    offset_x: float = 0.0
    offset_y: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderError:
    """Why a render did not finish, as the API would have said it."""

    code: str
    message: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """One job. `fence` grows with each worker that takes it; only the newest writes. `lease_expires`: epoch seconds."""

    id: str
    tenant_id: str
    environment: Environment
    avatar_id: str
    asset_rig_key: str
    source: SpeechSource
    size: int = 512
    aspect_ratio: str = "1:1"
    fps: int = 25
    background_id: str | None = None
    background: str | None = None
    background_asset_id: str | None = None
    background_url: str | None = None
    captions: CaptionsWish | None = None
    voice_id: str | None = None
    language: str | None = None
    seed: int = 0
    emotion: str = "neutral"
    intensity: float = 0.5
    key_id: str | None = None
    batch_id: str | None = None
    batch_line: int | None = None
    status: RenderStatus = "queued"
    progress: float = 0.0
    reserved_credit_micros: int = 0
    billed_credit_micros: int = 0
    slot: int | None = None
    frames: int | None = None
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    output_key: str | None = None
    captions_key: str | None = None
    error: RenderError | None = None
    fence: int = 0
    lease_owner: str | None = None
    lease_expires: int | None = None
    created_at: str
    updated_at: str
    started_at: str | None = None
    completed_at: str | None = None

    @property
    def space(self) -> Space:
        return Space(self.tenant_id, self.environment)

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOutput:
    """What a worker made: a video at `output_key` of the media bucket, where the words were known captions at
    `captions_key`. `duration_seconds` = frames / fps."""

    fence: int
    output_key: str
    frames: int
    fps: int
    width: int
    height: int
    duration_seconds: float
    captions_key: str | None = None


def more_operation(render_id: str) -> str:
    """The operation id of a render's second hold, for speech that turned out longer than was reserved."""
    return f"{render_id}.more"
