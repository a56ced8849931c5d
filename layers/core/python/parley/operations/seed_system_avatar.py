"""Publish one of the platform's own avatars: in two steps, so that it can be used while its rig is still being made."""

from parley.domain.avatars import IMAGE_MODEL, Avatar, AvatarStatus
from parley.domain.system_avatars import SYSTEM_TENANT, SystemFace, system_picture_key, system_rig_key
from parley.domain.times import iso
from parley.store.stores import Stores
from parley.store.system_avatars import SystemAvatars


def is_seeded(stores: Stores, face: SystemFace) -> bool:
    """Whether exactly this face is published and ready."""
    stored = SystemAvatars(stores.table).get(face.id)
    return stored is not None and stored.status == "ready" and _says(stored, face)


def announce_system_avatar(stores: Stores, face: SystemFace) -> Avatar:
    """Lists the face from now on. Until it is seeded it reads `preprocessing`, and renders of it wait for its rig.

    Does nothing where exactly this face is listed already.
    """
    stored = SystemAvatars(stores.table).get(face.id)
    if stored is not None and _says(stored, face):
        return stored
    return _put(stores, face, "preprocessing", stored)


def seed_system_avatar(stores: Stores, face: SystemFace, picture: bytes, rig: bytes) -> Avatar:
    """Publishes the face, `ready`: its picture (PNG) and the rig made of it. Safe to repeat, and to be cut off."""
    stores.media.put(system_picture_key(face.id, face.version), picture, "image/png")
    stores.media.put(system_rig_key(face.id, face.version), rig, "application/octet-stream")
    stored = SystemAvatars(stores.table).get(face.id)
    if stored is not None and stored.status == "ready" and _says(stored, face):
        return stored
    return _put(stores, face, "ready", stored)


def _put(stores: Stores, face: SystemFace, status: AvatarStatus, before: Avatar | None) -> Avatar:
    now = iso(stores.clock.now())
    avatar = Avatar(
        id=face.id,
        tenant_id=SYSTEM_TENANT,
        environment="live",
        display_name=face.display_name,
        source_kind="image",
        model_id=IMAGE_MODEL,
        status=status,
        default_voice_id=face.voice,
        rig_key=system_rig_key(face.id, face.version),
        metadata=_metadata(face),
        created_at=now if before is None else before.created_at,
        updated_at=now,
    )
    SystemAvatars(stores.table).put(avatar)
    return avatar


def _says(stored: Avatar, face: SystemFace) -> bool:
    said = (stored.display_name, stored.default_voice_id, stored.rig_key, dict(stored.metadata))
    return said == (face.display_name, face.voice, system_rig_key(face.id, face.version), _metadata(face))


def _metadata(face: SystemFace) -> dict[str, str]:
    return {"gender": face.gender, "language": face.language}
