"""Judge an uploaded file: a picture or a clip becomes a rig, a sound gets its length; a refusal says what to change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from parley.domain.assets import OPEN_STATUSES, Asset
from parley.domain.avatars import Avatar
from parley.domain.errors import Conflict, MediaRejected, NotFound
from parley.domain.file_kinds import HEAD_BYTES, content_type_of
from parley.domain.object_keys import clip_plan_key, rig_key
from parley.domain.spaces import Space
from parley.operations.build_video_cache import ClipMaker
from parley.operations.upload_asset import MAX_BYTES
from parley.store.mapping import from_item
from parley.store.stores import Stores
from parley.wire.sizes import AUDIO_PRESIGNED_MAX_BYTES

_PIECE_BYTES = 1024 * 1024
_UNREADABLE = {"audio": "audio_unreadable", "image": "image_unreadable", "video": "clip_unreadable"}
_EMPTY = {"audio": "audio_empty", "image": "image_unreadable", "video": "clip_unreadable"}


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture that passed the face check: its size in pixels, upright, and the rig made of it."""

    width: int
    height: int
    rig: bytes


class Inspector(ClipMaker, Protocol):
    """What looks into files. Raises MediaRejected with advice for what cannot be used."""

    def portrait(self, data: bytes) -> Portrait: ...

    def picture(self, data: bytes) -> tuple[int, int]:
        """Width and height in pixels, upright, of a picture of anything."""
        ...

    def sound_micros(self, path: Path) -> int:
        """How long the sound in a file lasts, in microseconds."""
        ...


def inspect_asset(stores: Stores, inspector: Inspector, space: Space, asset_id: str, key: str) -> Asset | None:
    """The asset with its verdict: `ready`, or `failed` with advice and its bytes gone; waiting avatars follow it.

    Safe to repeat at any point: a verdict once given stands. None, and the bytes dropped, for a deleted asset.
    """
    try:
        asset = stores.assets.get(space, asset_id)
        if asset.status in OPEN_STATUSES:
            asset = _decide(stores, inspector, space, asset)
    except NotFound:
        stores.uploads.delete(key)
        stores.media.delete(rig_key(space, asset_id))
        stores.media.delete(clip_plan_key(space, asset_id))
        return None
    if asset.status == "failed":
        stores.uploads.delete(asset.s3_key)
    _tell_avatars(stores, space, asset)
    return asset


def give_up_inspection(stores: Stores, space: Space, asset_id: str) -> Asset | None:
    """Fails an asset whose inspection itself broke down again and again, so that nobody waits for it for ever."""
    try:
        asset = stores.assets.get(space, asset_id)
        if asset.status in OPEN_STATUSES:
            code = _UNREADABLE[asset.kind]
            advice = "The file could not be inspected: export it again in a common format and upload that."
            changes = {"status": "failed", "failure_code": code, "advice": advice}
            asset = stores.assets.update(space, asset_id, changes, stores.clock.now())
    except (NotFound, Conflict):
        return None
    if asset.status == "failed":
        stores.uploads.delete(asset.s3_key)
    _tell_avatars(stores, space, asset)
    return asset


def _decide(stores: Stores, inspector: Inspector, space: Space, asset: Asset) -> Asset:
    try:
        changes = _look(stores, inspector, space, asset)
    except MediaRejected as refusal:
        changes = {"status": "failed", "failure_code": refusal.code, "advice": refusal.message}
    try:
        return stores.assets.update(space, asset.id, changes, stores.clock.now())
    except Conflict:
        # Another delivery of the same event was quicker: its verdict is the same.
        return stores.assets.get(space, asset.id)


def _look(stores: Stores, inspector: Inspector, space: Space, asset: Asset) -> Mapping[str, Any]:
    """What the bytes are. Raises MediaRejected; NotFound when they are gone."""
    _require_size(stores, asset)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        stores.uploads.get_file(asset.s3_key, str(path))
        found = {"status": "ready", **_measured(path, asset)}
        if asset.purpose == "background":
            width, height = inspector.picture(path.read_bytes())
            return {**found, "width": width, "height": height}
        if asset.kind == "image":
            portrait = inspector.portrait(path.read_bytes())
            where = rig_key(space, asset.id)
            stores.media.put(where, portrait.rig, "application/octet-stream")
            return {**found, "width": portrait.width, "height": portrait.height, "rig_key": where}
        if asset.kind == "audio":
            return {**found, "duration_micros": inspector.sound_micros(path)}
        return {**found, **_clip(stores, inspector, space, asset, path)}


def _clip(stores: Stores, inspector: Inspector, space: Space, asset: Asset, path: Path) -> dict[str, Any]:
    """A video may be meant for its face or for its sound: it is refused when it can serve as neither."""
    try:
        sound: int | None = inspector.sound_micros(path)
    except MediaRejected:
        sound = None
    try:
        clip = inspector.clip(path)
    except MediaRejected as refusal:
        if sound is None:
            raise
        return {"duration_micros": sound, "failure_code": refusal.code, "advice": refusal.message}
    where = rig_key(space, asset.id)
    stores.media.put(where, clip.rig, "application/octet-stream")
    stores.media.put(clip_plan_key(space, asset.id), json.dumps(clip.plan).encode(), "application/json")
    return {"duration_micros": sound, "width": clip.width, "height": clip.height, "rig_key": where}


def _require_size(stores: Stores, asset: Asset) -> None:
    """A presigned PUT can carry more than was promised: the object itself is measured."""
    info = stores.uploads.head(asset.s3_key)
    if info is None:
        raise NotFound(f"There is no object {asset.s3_key}.")
    most = AUDIO_PRESIGNED_MAX_BYTES if asset.kind == "audio" else MAX_BYTES[asset.kind]
    if info.size_bytes > most:
        raise MediaRejected(f"The file is too large: send at most {most // 1024 // 1024} MB.", "media_too_large")
    if info.size_bytes == 0:
        raise MediaRejected("The file is empty: send one with content.", _EMPTY[asset.kind])


def _measured(path: Path, asset: Asset) -> dict[str, Any]:
    digest, head = sha256(), b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            head = head or piece[:HEAD_BYTES]
            digest.update(piece)
    return {
        "content_type": content_type_of(head, asset.kind, asset.content_type),
        "size_bytes": path.stat().st_size,
        "sha256": digest.hexdigest(),
    }


def _tell_avatars(stores: Stores, space: Space, asset: Asset) -> None:
    """Avatars that were waiting for this picture or clip become ready or failed with it."""
    if asset.kind == "audio":
        return
    state = (
        {"status": "ready", "rig_key": asset.rig_key, "error": None}
        if asset.status == "ready" and asset.rig_key is not None
        else {"status": "failed", "rig_key": None, "error": asset.advice}
    )
    for item in stores.table.query_all(space.partition, "AVATAR#"):
        avatar = from_item(Avatar, item)
        if avatar.source_asset_id == asset.id and avatar.status == "preprocessing":
            try:
                stores.avatars.update(space, avatar.id, state, stores.clock.now())
            except NotFound:
                continue  # deleted while we looked
