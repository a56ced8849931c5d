"""Keep an uploaded file as an asset; its inspection starts by itself when the bytes lie in the bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from parley.domain.assets import Asset, AssetKind, AssetPurpose
from parley.domain.errors import InvalidInput, TooLarge
from parley.domain.file_kinds import HEAD_BYTES, content_type_of, guess_kind
from parley.domain.spaces import Space
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.wire.sizes import AUDIO_MAX_BYTES, IMAGE_MAX_BYTES, VIDEO_MAX_BYTES

MAX_BYTES: Mapping[AssetKind, int] = {"image": IMAGE_MAX_BYTES, "audio": AUDIO_MAX_BYTES, "video": VIDEO_MAX_BYTES}
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A whole file on our disk, and what its sender said of it."""

    path: str
    kind: AssetKind | None = None
    purpose: AssetPurpose = "portrait"
    content_type: str | None = None
    filename: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


def upload_asset(stores: Stores, caller: Caller, file: IncomingFile, asset_id: str) -> Asset:
    """The asset, `processing` until the inspection has spoken. The same id a second time keeps what the first one made.

    Raises InvalidInput for an empty file or one whose kind cannot be told, TooLarge over the kind's limit.
    """
    size, digest, head = _measure(file.path)
    kind = file.kind or guess_kind(head, file.content_type, file.filename)
    if kind is None:
        raise InvalidInput("What kind of file this is cannot be told. Send kind as image, audio or video.")
    if size == 0:
        raise InvalidInput(
            "The file is empty. Send one with content.", "audio_empty" if kind == "audio" else "image_unreadable"
        )
    require_purpose(kind, file.purpose)
    require_size(kind, size)
    now = stores.clock.now()
    asset = Asset(
        id=asset_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        kind=kind,
        status="processing",
        content_type=content_type_of(head, kind, file.content_type),
        size_bytes=size,
        s3_key=asset_object_key(caller.space, asset_id),
        purpose=file.purpose,
        sha256=digest,
        original_filename=file.filename,
        metadata=file.metadata,
        created_at=iso(now),
        updated_at=iso(now),
    )
    # The item first: the object's arrival starts the inspection, which must find it.
    kept = stores.assets.create(asset)
    if kept.status == "processing":
        stores.uploads.put_file(kept.s3_key, file.path, kept.content_type)
    return kept


def require_purpose(kind: AssetKind, purpose: AssetPurpose) -> None:
    """Raises InvalidInput for a background that is no picture."""
    if purpose == "background" and kind != "image":
        raise InvalidInput(f"A background is an image, and this file is of kind {kind}. Leave purpose out.")


def require_size(kind: AssetKind, size: int) -> None:
    """Raises TooLarge over the kind's limit for a posted or fetched file."""
    if size > MAX_BYTES[kind]:
        larger = " Larger sound files go to POST /api/v1/assets/uploads." if kind == "audio" else ""
        raise TooLarge(f"A file of kind {kind} may have at most {MAX_BYTES[kind] // 1024 // 1024} MB.{larger}")


def asset_object_key(space: Space, asset_id: str) -> str:
    """Where an asset's bytes lie in the uploads bucket."""
    return f"assets/{space.path}/{asset_id}"


def _measure(path: str) -> tuple[int, str, bytes]:
    """Size in bytes, SHA-256 in hex, and the first bytes."""
    digest, size, head = sha256(), 0, b""
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            head = head or piece[:HEAD_BYTES]
            size += len(piece)
            digest.update(piece)
    return size, digest.hexdigest(), head
