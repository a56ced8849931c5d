"""Clips that arrive in the bucket: inspected, prepared, kept as sounds where that is all they are good for; and planned
caches computed by the same function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.cloud import names
from local.presenter import draw_presenter
from parley.domain.assets import Asset
from parley.domain.avatars import Avatar
from parley.domain.errors import InvalidInput, MediaRejected
from parley.operations.caller import Caller
from parley.operations.create_avatar import create_avatar
from parley.operations.plan_video_cache import plan_video_cache
from parley.store.video_caches import VideoCaches
from parley.wire.avatars import CreateAvatar
from parley.wire.video_cache import PlanVideoCache
from renderer.clip import load_clip
from renderer.rig import build_rig
from tests.functions.events_world import World
from tests.functions.uploads.test_uploads_handler import dropped, verdict
from tests.renderer.clip.clip_files import clip_file, talk, talking


@pytest.fixture(scope="module")
def clip_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two and a half seconds of a person who talks, with sound."""
    frames = talking(build_rig(draw_presenter(384)), 2.5, 256)
    return clip_file(tmp_path_factory.mktemp("clip") / "a.mp4", frames, sound=talk().samples).read_bytes()


def without_face(path: Path, sound: bool) -> bytes:
    frames = [np.full((160, 160, 3), 90 + k, np.uint8) for k in range(60)]
    return clip_file(path, frames, sound=talk().samples if sound else None).read_bytes()


def avatar_of(world: World, caller: Caller, asset: Asset) -> Avatar:
    body = CreateAvatar.model_validate({"displayName": "Rin", "sourceKind": "video", "sourceAssetId": asset.id})
    return create_avatar(world.stores, caller, body, world.stores.ids.new("ava"))


def test_a_clip_becomes_a_rig_and_the_avatar_that_waits_for_it_is_ready(world: World, clip_bytes: bytes) -> None:
    caller = world.tenant()
    asset = dropped(world, caller, "video", clip_bytes)
    waiting = avatar_of(world, caller, asset)
    assert waiting.status == "preprocessing"
    seen = verdict(world, caller, asset)
    assert (seen.status, seen.width, seen.height, seen.failure_code) == ("ready", 256, 256, None)
    assert seen.duration_micros == pytest.approx(len(talk().samples) * 1_000_000 / 48_000, abs=50_000)
    rig = load_clip(world.stores.media.get(seen.rig_key or ""))
    assert rig.fps == 25
    avatar = world.stores.avatars.get(caller.space, waiting.id)
    assert (avatar.status, avatar.rig_key) == ("ready", seen.rig_key)
    assert world.untouched(caller)


def test_a_video_without_a_face_is_kept_for_its_sound_and_says_why(world: World, tmp_path: Path) -> None:
    caller = world.tenant()
    asset = dropped(world, caller, "video", without_face(tmp_path / "a.mp4", sound=True))
    waiting = avatar_of(world, caller, asset)
    seen = verdict(world, caller, asset)
    assert (seen.status, seen.failure_code, seen.rig_key) == ("ready", "clip_face_missing", None)
    assert seen.duration_micros
    avatar = world.stores.avatars.get(caller.space, waiting.id)
    assert (avatar.status, avatar.error) == ("failed", seen.advice)
    with pytest.raises(MediaRejected) as refused:
        avatar_of(world, caller, seen)
    assert refused.value.code == "clip_face_missing"
    assert world.untouched(caller)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "clip_face_missing"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(64), "clip_unreadable"),
        (b"", "clip_unreadable"),
    ],
)
def test_a_video_good_for_nothing_fails_and_its_bytes_go(
    world: World, tmp_path: Path, data: bytes | None, code: str
) -> None:
    caller = world.tenant()
    silent = without_face(tmp_path / "a.mp4", sound=False) if data is None else data
    seen = verdict(world, caller, dropped(world, caller, "video", silent))
    assert (seen.status, seen.failure_code) == ("failed", code)
    assert seen.advice
    assert world.stores.uploads.head(seen.s3_key) is None
    assert world.untouched(caller)


def test_a_planned_cache_is_computed_with_its_settings_and_used(world: World, clip_bytes: bytes) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "video", clip_bytes))
    avatar = avatar_of(world, caller, asset)
    wish = {"fps": 20, "max_dim": 256, "shard_frames": 10, "keyframe_stride": 4, "precompute": ["tracking_preview"]}
    body = PlanVideoCache.model_validate({"avatar_id": avatar.id, "video_cache": wish})
    assert plan_video_cache(world.stores, caller, body).status == "queued"
    world.poll(names.INSPECT_QUEUE)
    cache = plan_video_cache(world.stores, caller, body)
    assert (cache.status, cache.version) == ("ready", 1)
    rig = load_clip(world.stores.media.get(cache.rig_key or ""))
    assert (rig.fps, rig.shard_frames, rig.matte_stride) == (20, 10, 4)
    found: dict[str, Any] = dict(cache.plan or {})
    assert [shard["frames"] for shard in found["shards"]][:-1] == [10] * (len(rig.shards) - 1)
    assert world.stores.media.get(cache.preview_key or "")[4:8] == b"ftyp"
    used = world.stores.avatars.get(caller.space, avatar.id)
    assert (used.rig_key, used.cache_manifest_id) == (cache.rig_key, cache.manifest_id)
    assert world.untouched(caller)


def test_a_cache_that_cannot_be_computed_says_so_and_the_avatar_goes_on(world: World, clip_bytes: bytes) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "video", clip_bytes))
    avatar = avatar_of(world, caller, asset)
    world.stores.uploads.put(asset.s3_key, b"no longer a clip", "video/mp4")
    world.forget_messages()
    body = PlanVideoCache.model_validate(
        {"avatar_id": avatar.id, "video_cache": {"fps": 30, "allow_stale_while_registering": False}}
    )
    plan_video_cache(world.stores, caller, body)
    world.poll(names.INSPECT_QUEUE)
    with pytest.raises(InvalidInput) as refused:
        plan_video_cache(world.stores, caller, body)
    assert refused.value.code == "clip_unreadable"
    again = world.stores.avatars.get(caller.space, avatar.id)
    assert (again.status, again.rig_key) == ("ready", asset.rig_key)


def test_a_plan_that_was_overtaken_is_not_computed(world: World, clip_bytes: bytes) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "video", clip_bytes))
    avatar = avatar_of(world, caller, asset)
    body = PlanVideoCache.model_validate({"avatar_id": avatar.id, "video_cache": {"fps": 20, "lease_ttl_seconds": 10}})
    plan_video_cache(world.stores, caller, body)
    place = {"tenant": caller.space.tenant, "environment": "test", "avatarId": avatar.id, "version": 7}
    world.forget_messages()
    world.stores.inspect_queue.send({"videoCache": place})
    world.poll(names.INSPECT_QUEUE)
    cache = VideoCaches(world.stores.table).find(caller.space, avatar.id)
    assert cache is not None
    assert cache.status == "queued"
    assert world.left(names.INSPECT_QUEUE) == 0
