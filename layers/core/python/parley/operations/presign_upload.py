"""Open a door for a large file: an asset that waits, and an address its bytes may be PUT to."""

from dataclasses import dataclass
from datetime import timedelta

from parley.domain.assets import Asset
from parley.domain.errors import InvalidInput, TooLarge
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.operations.upload_asset import asset_object_key, require_purpose, require_size
from parley.store.stores import Stores
from parley.wire.assets import PresignUpload
from parley.wire.sizes import AUDIO_PRESIGNED_MAX_BYTES

DOOR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoor:
    """PUT the bytes to `url` with exactly `headers` before `expires_at`."""

    asset: Asset
    url: str
    headers: dict[str, str]
    expires_at: str


def presign_upload(stores: Stores, caller: Caller, body: PresignUpload, asset_id: str) -> OpenDoor:
    """The asset, `pending_upload`, and where to send its bytes. Raises InvalidInput, TooLarge."""
    family = body.content_type.partition("/")[0].lower()
    if family not in (body.kind, "application") and not (body.kind == "audio" and family == "video"):
        raise InvalidInput(f"contentType {body.content_type} is not of kind {body.kind}. Correct one of the two.")
    require_purpose(body.kind, body.purpose)
    if body.kind == "audio":
        if body.size_bytes > AUDIO_PRESIGNED_MAX_BYTES:
            raise TooLarge(f"A sound file may have at most {AUDIO_PRESIGNED_MAX_BYTES // 1024 // 1024} MB.")
    else:
        require_size(body.kind, body.size_bytes)
    now = stores.clock.now()
    asset = stores.assets.create(
        Asset(
            id=asset_id,
            tenant_id=caller.space.tenant,
            environment=caller.space.environment,
            kind=body.kind,
            status="pending_upload",
            content_type=body.content_type.lower(),
            size_bytes=body.size_bytes,
            s3_key=asset_object_key(caller.space, asset_id),
            purpose=body.purpose,
            original_filename=body.filename,
            created_at=iso(now),
            updated_at=iso(now),
        )
    )
    url = stores.uploads.presign_put(
        asset.s3_key, seconds=DOOR_SECONDS, content_type=asset.content_type, size_bytes=asset.size_bytes
    )
    return OpenDoor(
        asset=asset,
        url=url,
        headers={"Content-Type": asset.content_type, "Content-Length": str(asset.size_bytes)},
        expires_at=iso(now + timedelta(seconds=DOOR_SECONDS)),
    )
