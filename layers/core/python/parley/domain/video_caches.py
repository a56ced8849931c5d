"""A video cache: what is computed of an avatar's clip before it can be rendered, and with which settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from parley.domain.spaces import Environment, Space

CacheStatus = Literal["queued", "ready", "failed"]

SHAPING = ("fps", "max_dim", "max_duration_seconds", "keyframe_stride", "shard_frames", "precompute")
"""The settings that change what is computed. `overwrite`, `lease_ttl_seconds` and `allow_stale_while_registering` act
on how it is done."""
RECORDED = (
    "feature_dtype", "feature_policy", "storage_mode", "stage_to_tmp", "prefetch_chunks", "gpu_ring_chunks",
    "pinned_cpu_cache_mb",
)  # fmt: skip
"""Settings of machines this renderer does not need: kept as sent, without effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCache:
    """The cache of one avatar as it was last planned. `plan` and `rig_key` are there once it is `ready`; until
    `lease_ends` (epoch seconds) a queued one is taken to be under way."""

    avatar_id: str
    tenant_id: str
    environment: Environment
    asset_id: str
    version: int
    status: CacheStatus
    settings: Mapping[str, Any]
    fingerprint: str
    lease_ends: int
    plan: Mapping[str, Any] | None = None
    rig_key: str | None = None
    preview_key: str | None = None
    failure_code: str | None = None
    advice: str | None = None
    created_at: str
    updated_at: str

    @property
    def manifest_id(self) -> str:
        return f"{self.avatar_id}.v{self.version}"

    @property
    def space(self) -> Space:
        return Space(self.tenant_id, self.environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedClip:
    """A clip that passed its checks: pixels upright; `rig`; `plan`, what was computed; `preview`, an MP4, where asked
    for."""

    width: int
    height: int
    rig: bytes
    plan: Mapping[str, Any] = field(default_factory=dict[str, Any])
    preview: bytes | None = None


def fingerprint_of(asset_id: str, settings: Mapping[str, Any]) -> str:
    """Same clip and same shaping settings, same fingerprint: then there is nothing to compute again."""
    shaping = {name: settings[name] for name in SHAPING}
    shaping["precompute"] = sorted(shaping["precompute"])
    return sha256(json.dumps([asset_id, shaping], sort_keys=True).encode()).hexdigest()[:16]
