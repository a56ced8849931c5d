"""Plan the cache of a clip's avatar: say what is there, or have it computed with other settings."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from parley.domain.avatars import Avatar, rig_of
from parley.domain.errors import InvalidInput, MediaRejected, NotFound, NotReady
from parley.domain.object_keys import clip_plan_key, rig_key
from parley.domain.times import epoch, iso
from parley.domain.video_caches import VideoCache, fingerprint_of
from parley.operations.caller import Caller
from parley.operations.find_avatar import find_avatar
from parley.store.stores import Stores
from parley.store.video_caches import VideoCaches
from parley.wire.video_cache import PlanVideoCache, VideoCacheSettings


def plan_video_cache(stores: Stores, caller: Caller, body: PlanVideoCache) -> VideoCache:
    """The avatar's cache with these settings: `ready` when it is there, else `queued` and under way.

    Raises NotFound, InvalidInput for an avatar of a picture, NotReady while its clip is inspected, and MediaRejected
    when the clip cannot be prepared with these settings.
    """
    space = caller.space
    avatar = find_avatar(stores, caller, body.avatar_id)
    asset_id = _clip_of(avatar)
    caches, now = VideoCaches(stores.table), stores.clock.now()
    settings = body.video_cache.model_dump(mode="json")
    wanted = fingerprint_of(asset_id, settings)
    known = caches.find(space, avatar.id)
    if known is not None and known.fingerprint == wanted and not body.video_cache.overwrite:
        if known.status == "failed":
            raise MediaRejected(known.advice or "The clip cannot be prepared so.", known.failure_code)
        if known.status == "ready" or known.lease_ends > epoch(now):
            return caches.update(space, avatar.id, known.version, {"settings": settings}, now)
    elif known is not None and known.status == "queued" and known.lease_ends > epoch(now):
        raise NotReady("Another plan of this avatar is under way. Ask again when it is ready.", "cache_not_ready")
    cache = VideoCache(
        avatar_id=avatar.id,
        tenant_id=space.tenant,
        environment=space.environment,
        asset_id=asset_id,
        version=max(avatar.cache_version, known.version if known else 0) + 1,
        status="queued",
        settings=settings,
        fingerprint=wanted,
        lease_ends=epoch(now + timedelta(seconds=body.video_cache.lease_ttl_seconds)),
        created_at=iso(now),
        updated_at=iso(now),
    )
    if _is_default(asset_id, settings) and (found := _inspected(stores, caller, asset_id)) is not None:
        made = {"status": "ready", "plan": found, "rig_key": rig_key(space, asset_id)}
        caches.plan(cache)
        return adopt(stores, caches.update(space, avatar.id, cache.version, made, now))
    return _queue(stores, caches.plan(cache))


def adopt(stores: Stores, cache: VideoCache) -> VideoCache:
    """Lets the avatar render with a ready cache."""
    changes = {
        "status": "ready",
        "rig_key": cache.rig_key,
        "cache_manifest_id": cache.manifest_id,
        "cache_version": cache.version,
    }
    stores.avatars.update(cache.space, cache.avatar_id, changes, stores.clock.now())
    return cache


def _clip_of(avatar: Avatar) -> str:
    if avatar.source_kind != "video":
        raise InvalidInput(
            f"Avatar {avatar.id} is made from an image and needs no video cache. Use one made from a clip.",
            "not_a_video_avatar",
        )
    rig_of(avatar)
    if avatar.source_asset_id is None:
        raise NotReady(f"Avatar {avatar.id} has no clip yet: set sourceAssetId to an uploaded video.")
    return avatar.source_asset_id


def _is_default(asset_id: str, settings: Mapping[str, Any]) -> bool:
    plain = VideoCacheSettings().model_dump(mode="json")
    return not settings["overwrite"] and fingerprint_of(asset_id, settings) == fingerprint_of(asset_id, plain)


def _inspected(stores: Stores, caller: Caller, asset_id: str) -> dict[str, Any] | None:
    """What the inspection of the upload computed: it prepares every clip with the default settings."""
    try:
        return json.loads(stores.media.get(clip_plan_key(caller.space, asset_id)))
    except NotFound:
        return None


def _queue(stores: Stores, cache: VideoCache) -> VideoCache:
    if not cache.settings["allow_stale_while_registering"]:
        changes = {"status": "preprocessing", "rig_key": None}
        stores.avatars.update(cache.space, cache.avatar_id, changes, stores.clock.now())
    place = {"tenant": cache.tenant_id, "environment": cache.environment, "avatarId": cache.avatar_id}
    stores.inspect_queue.send({"videoCache": {**place, "version": cache.version}})
    return cache
