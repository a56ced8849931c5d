"""Compute a planned cache: prepare the avatar's clip with the plan's settings and let the avatar use it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from parley.domain.errors import Conflict, MediaRejected, NotFound
from parley.domain.object_keys import clip_cache_key, clip_preview_key
from parley.domain.spaces import Space
from parley.domain.video_caches import PreparedClip, VideoCache
from parley.operations.plan_video_cache import adopt
from parley.store.stores import Stores
from parley.store.video_caches import VideoCaches


class ClipMaker(Protocol):
    """What prepares clips. Raises MediaRejected with advice for those that cannot be used."""

    def clip(self, path: Path, settings: Mapping[str, Any] | None = None) -> PreparedClip:
        """The clip prepared with cache settings as wire.video_cache names them; None: the defaults."""
        ...


def build_video_cache(
    stores: Stores, maker: ClipMaker, space: Space, avatar_id: str, version: int
) -> VideoCache | None:
    """The cache, `ready` or `failed`; None when it was deleted or planned anew meanwhile. Safe to repeat."""
    caches = VideoCaches(stores.table)
    cache = caches.find(space, avatar_id)
    if cache is None or cache.version != version or cache.status != "queued":
        return None
    try:
        prepared = _prepared(stores, maker, cache)
        return adopt(stores, _keep(stores, caches, cache, prepared))
    except MediaRejected as refusal:
        return give_up_video_cache(stores, space, avatar_id, version, refusal)
    except (NotFound, Conflict):
        # Deleted, or planned anew: nobody will ask for what was just stored.
        stores.media.delete(clip_cache_key(space, cache.asset_id, version))
        stores.media.delete(clip_preview_key(space, cache.asset_id, version))
        return None


def give_up_video_cache(
    stores: Stores, space: Space, avatar_id: str, version: int, refusal: MediaRejected | None = None
) -> VideoCache | None:
    """Says why there will be no such cache; the avatar goes on with the one before."""
    refusal = refusal or MediaRejected(
        "The clip could not be prepared: export it again and upload that.", "clip_unreadable"
    )
    changes = {"status": "failed", "failure_code": refusal.code, "advice": refusal.message}
    try:
        cache = VideoCaches(stores.table).update(space, avatar_id, version, changes, stores.clock.now())
        if not cache.settings["allow_stale_while_registering"]:
            asset = stores.assets.get(space, cache.asset_id)
            back = {"status": "ready", "rig_key": asset.rig_key}
            stores.avatars.update(space, avatar_id, back, stores.clock.now())
    except (NotFound, Conflict):
        return None
    return cache


def _prepared(stores: Stores, maker: ClipMaker, cache: VideoCache) -> PreparedClip:
    asset = stores.assets.get(cache.space, cache.asset_id)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        stores.uploads.get_file(asset.s3_key, str(path))
        return maker.clip(path, cache.settings)


def _keep(stores: Stores, caches: VideoCaches, cache: VideoCache, prepared: PreparedClip) -> VideoCache:
    where = clip_cache_key(cache.space, cache.asset_id, cache.version)
    stores.media.put(where, prepared.rig, "application/octet-stream")
    preview = None
    if prepared.preview is not None:
        preview = clip_preview_key(cache.space, cache.asset_id, cache.version)
        stores.media.put(preview, prepared.preview, "video/mp4")
    made = {"status": "ready", "plan": prepared.plan, "rig_key": where, "preview_key": preview}
    kept = caches.update(cache.space, cache.avatar_id, cache.version, made, stores.clock.now())
    # A render under way may still read the version before this one; nobody reads older ones.
    stores.media.delete(clip_cache_key(cache.space, cache.asset_id, cache.version - 2))
    stores.media.delete(clip_preview_key(cache.space, cache.asset_id, cache.version - 1))
    return kept
