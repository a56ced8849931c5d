"""What an asset is: uploaded bytes, and what the inspection found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from parley.domain.spaces import Environment

AssetKind = Literal["image", "video", "audio"]
AssetPurpose = Literal["portrait", "background"]
AssetStatus = Literal["pending_upload", "uploaded", "processing", "ready", "failed", "deleted"]
# An inspection may still write to an asset in one of these; afterwards its verdict stands.
OPEN_STATUSES: tuple[AssetStatus, ...] = ("pending_upload", "uploaded", "processing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Bytes in the uploads bucket at `s3_key`. Inspection finds `rig_key` (pictures, clips), `duration_micros`
    (sound). A `ready` video with a `failure_code` has a sound that can be used and pictures that cannot. `purpose` is
    what a picture is for: a background needs no face, and no avatar is made from it."""

    id: str
    tenant_id: str
    environment: Environment
    kind: AssetKind
    status: AssetStatus
    content_type: str
    size_bytes: int
    s3_key: str
    purpose: AssetPurpose = "portrait"
    sha256: str | None = None
    original_filename: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    width: int | None = None
    height: int | None = None
    duration_micros: int | None = None
    rig_key: str | None = None
    failure_code: str | None = None
    advice: str | None = None
    created_at: str
    updated_at: str
