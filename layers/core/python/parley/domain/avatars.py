"""What an avatar is, and when it may be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from parley.domain.errors import NotReady
from parley.domain.spaces import Environment

AvatarStatus = Literal["draft", "preprocessing", "ready", "failed", "disabled", "deleted"]
SourceKind = Literal["image", "video"]
IMAGE_MODEL = "realtime-avatar-live-v1"
MODELS: Mapping[SourceKind, str] = {"image": IMAGE_MODEL, "video": "realtime-avatar-video-v1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """A face that can be made to speak. `rig_key` names the prepared rig in the media bucket once it is ready."""

    id: str
    tenant_id: str
    environment: Environment
    display_name: str
    source_kind: SourceKind
    model_id: str
    status: AvatarStatus
    source_asset_id: str | None = None
    default_voice_id: str | None = None
    cache_manifest_id: str | None = None
    cache_version: int = 0
    rig_key: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: str | None = None
    created_at: str
    updated_at: str


def rig_of(avatar: Avatar) -> str:
    """The media key of the avatar's rig, or NotReady with what to do about it."""
    if avatar.status == "ready" and avatar.rig_key is not None:
        return avatar.rig_key
    if avatar.status == "failed":
        raise NotReady(
            f"Avatar {avatar.id} failed: {avatar.error or 'its source was refused'}. Make another from a new one."
        )
    if avatar.status == "draft":
        raise NotReady(f"Avatar {avatar.id} has no source yet: set sourceAssetId to an uploaded picture or clip.")
    raise NotReady(f"Avatar {avatar.id} is {avatar.status}: wait until its status is ready, then ask again.")
