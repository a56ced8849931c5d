"""Which face a turn is drawn from: the avatar's picture, or its clip with the cache that was asked for."""

from dataclasses import dataclass
from typing import Literal

from parley.domain.avatars import Avatar
from parley.domain.errors import InvalidInput, NotFound, NotReady
from parley.domain.spaces import Space
from parley.domain.system_avatars import rig_to_draw
from parley.domain.video_caches import VideoCache
from parley.store.stores import Stores
from parley.store.video_caches import VideoCaches

LiveSource = Literal["portrait", "source_video"]


@dataclass(frozen=True, slots=True)
class Source:
    """Exactly one of the two is set: an object of the media bucket."""

    rig_key: str | None = None
    clip_key: str | None = None


def choose_source(
    stores: Stores, avatar: Avatar, kind: LiveSource, cache_id: str | None, *, kind_was_said: bool = True
) -> Source:
    """Where the face lies. Raises InvalidInput for the wrong kind, NotFound for no such cache, NotReady.

    A caller who did not say which kind gets what the avatar is made of.
    """
    key = rig_to_draw(avatar)
    if avatar.source_kind == "video" and (kind == "source_video" or not kind_was_said):
        if cache_id is not None:
            _need_current(stores, avatar, cache_id)
        return Source(clip_key=key)
    if kind == "source_video":
        raise InvalidInput(
            f"Avatar {avatar.id} is made from an image: send source_kind portrait, or use one made from a clip.",
            "not_a_video_avatar",
        )
    if avatar.source_kind == "video":
        raise InvalidInput(
            f"Avatar {avatar.id} is made from a clip: send source_kind source_video, or leave it out.",
            "not_a_portrait_avatar",
        )
    return Source(rig_key=key)


def cache_of(stores: Stores, avatar: Avatar) -> VideoCache | None:
    """The record of the cache planned last; None where none was ever planned."""
    return VideoCaches(stores.table).find(Space(avatar.tenant_id, avatar.environment), avatar.id)


def _need_current(stores: Stores, avatar: Avatar, cache_id: str) -> None:
    if cache_id == avatar.cache_manifest_id:
        return
    planned = cache_of(stores, avatar)
    if planned is not None and planned.manifest_id == cache_id and planned.status == "queued":
        raise NotReady(f"Video cache {cache_id} is not ready yet. Ask again in a few seconds.", "cache_not_ready")
    raise NotFound(
        f"Avatar {avatar.id} has no video cache {cache_id}. Leave video_cache_id out, or plan one with "
        "POST /api/v1/realtime/video-cache/plan."
    )
