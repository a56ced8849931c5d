"""The plan of a clip's cache, as the realtime API shows it: snake_case, as all of `/realtime`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from parley.wire.base import AvatarId, Numeric, Timestamp

Precompute = Literal["fullface", "roi", "tracking_preview"]
SCHEMA_VERSION = "parley-clip-1"


def _said(value: object) -> object:
    """Refuse what would otherwise be taken for a boolean: "yes" and 1."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


Flag = Annotated[bool, BeforeValidator(_said)]
Whole = Annotated[int, Numeric]


class VideoCacheSettings(BaseModel):
    """Overrides; what is not sent takes its default. Fields marked "recorded" are kept and have no effect here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fps: Whole = Field(default=25, ge=1, le=60, description="Of the loop; the renders' own rate is smoothest.")
    max_dim: Whole = Field(default=1280, ge=256, le=2160, description="Longer side, pixels; never enlarged.")
    max_duration_seconds: Annotated[float, Numeric] = Field(
        default=12, ge=0.2, le=300, description="Of the clip, from its start; at least 2 s are used, at most 10."
    )
    feature_dtype: Literal["fp16", "fp32"] = Field(default="fp16", description="Recorded.")
    feature_policy: Literal["keyframe_stride"] = Field(default="keyframe_stride", description="Recorded.")
    keyframe_stride: Whole = Field(default=5, ge=1, le=25, description="A matte for every so many pictures.")
    shard_frames: Whole = Field(default=125, ge=5, le=500, description="Pictures to a stream that decodes by itself.")
    precompute: list[Precompute] = Field(
        default=["fullface"],
        max_length=3,
        description="The loop (fullface) and its charts (roi) are always made; tracking_preview adds a video of them.",
    )
    storage_mode: Literal["volume", "volume_and_tmp", "tmp_only"] = Field(
        default="volume_and_tmp", description="Recorded."
    )
    stage_to_tmp: Flag = Field(default=True, description="Recorded; must be true for tmp_only.")
    prefetch_chunks: Whole = Field(default=4, ge=0, le=16, description="Recorded.")
    gpu_ring_chunks: Whole = Field(default=3, ge=1, le=16, description="Recorded.")
    pinned_cpu_cache_mb: Whole = Field(default=4096, ge=0, le=65536, description="Recorded.")
    lease_ttl_seconds: Whole = Field(
        default=600, ge=10, le=3600, description="A queued plan counts as lost after this long; then it is made again."
    )
    allow_stale_while_registering: Flag = Field(
        default=True, description="Render with the cache before until the new one is ready; else 409 until then."
    )
    overwrite: Flag = Field(default=False, description="Compute again what is there already.")

    @model_validator(mode="after")
    def _staged(self) -> "VideoCacheSettings":
        if self.storage_mode == "tmp_only" and not self.stage_to_tmp:
            raise ValueError("storage_mode tmp_only needs stage_to_tmp true")
        return self


class PlanVideoCache(BaseModel):
    """Which avatar, and what to change about its cache."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"avatar_id": "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D", "video_cache": {"fps": 30}}]},
    )

    avatar_id: AvatarId
    video_cache: VideoCacheSettings = Field(default_factory=VideoCacheSettings)


class VideoCacheManifest(BaseModel):
    """The record of a cache."""

    schema_version: str = SCHEMA_VERSION
    id: str
    avatar_id: str
    asset_id: str
    version: int
    settings: VideoCacheSettings
    recorded_only: list[str] = Field(description="Settings that were kept and have no effect in this renderer.")
    preview_url: str | None = Field(default=None, description="Where asked for and ready: an MP4, signed for an hour.")
    lease_expires_at: Timestamp | None = Field(default=None, description="While queued.")
    created_at: Timestamp
    updated_at: Timestamp


class VideoCachePlan(BaseModel):
    """`ready`: renders use it. `queued`: ask again in a few seconds."""

    status: Literal["queued", "ready"]
    manifest: VideoCacheManifest
    plan: dict[str, Any] | None = Field(
        description="Once ready: the loop's size, rate, pictures and join, its shards, and what was computed."
    )
