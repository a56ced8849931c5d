"""Uploaded files, as the API shows them."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from parley.wire import examples
from parley.wire.base import AssetId, Numeric, Text, Timestamp, Url, WireRequest, WireResponse
from parley.wire.free_form import FreeForm
from parley.wire.sizes import AUDIO_PRESIGNED_MAX_BYTES

AssetKind = Literal["image", "video", "audio"]
AssetPurpose = Literal["portrait", "background"]
AssetStatus = Literal["pending_upload", "uploaded", "processing", "ready", "failed", "deleted"]

PURPOSE = "Of an image: a `portrait` must show one face, a `background` needs none and makes no avatar."


class IngestRemoteAsset(WireRequest):
    """A file that lies on the public web."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INGEST_REMOTE_ASSET]})

    kind: AssetKind
    remote_url: Url
    purpose: AssetPurpose = Field(default="portrait", description=PURPOSE)
    original_filename: Text | None = Field(default=None, min_length=1, max_length=240)
    metadata: FreeForm = Field(default_factory=dict)


class PresignUpload(WireRequest):
    """A file too large to post: say what will come, then PUT it to the address answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRESIGN_UPLOAD]})

    kind: AssetKind
    purpose: AssetPurpose = Field(default="portrait", description=PURPOSE)
    content_type: Text = Field(
        min_length=3, max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$", examples=["audio/wav", "image/png"]
    )
    size_bytes: Annotated[int, Field(ge=1, le=AUDIO_PRESIGNED_MAX_BYTES), Numeric]
    filename: Text | None = Field(default=None, min_length=1, max_length=240)


class Asset(WireResponse):
    """A file we keep: its bytes, what we found in it, and a link that works for a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASSET]})

    id: AssetId
    tenant_id: str
    kind: AssetKind
    purpose: AssetPurpose | None = Field(default=None, description="Of an image; null for any other kind.")
    status: AssetStatus
    content_type: str
    size_bytes: int = Field(ge=0)
    sha256: str | None = None
    public_url: str = Field(description="Signed; works without a key for an hour.", json_schema_extra={"format": "uri"})
    original_filename: str | None = None
    metadata: FreeForm = Field(default_factory=dict)
    width: int | None = Field(default=None, description="Pixels, upright, once inspected.")
    height: int | None = None
    duration_seconds: float | None = Field(default=None, description="Of the sound, once inspected.")
    error: str | None = Field(
        default=None,
        description="When `failed`: what to change about the file. On a `ready` video: why it has no face to animate.",
    )
    error_code: str | None = Field(default=None, examples=["no_face"])
    created_at: Timestamp
    updated_at: Timestamp


class AssetList(WireResponse):
    """Newest first, at most 100."""

    data: list[Asset]


class UploadTarget(WireResponse):
    """Send the bytes with this method, to this address, with exactly these headers."""

    method: Literal["PUT"] = "PUT"
    url: str = Field(json_schema_extra={"format": "uri"})
    headers: dict[str, str]
    expires_at: Timestamp


class PresignedUpload(WireResponse):
    """The asset waits as `pending_upload`; it is inspected when the bytes arrive."""

    asset: Asset
    upload: UploadTarget


class DeletedAsset(WireResponse):
    """The file and all that was made of it for rendering is gone."""

    id: AssetId
    deleted: Literal[True] = True
