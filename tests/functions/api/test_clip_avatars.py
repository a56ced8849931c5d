"""Avatars made from clips, and the plans of their caches, through the API."""

import json
from typing import Any

import pytest

from parley.domain.object_keys import clip_plan_key, rig_key
from parley.domain.spaces import Space
from tests.functions.api.world import World, refused

AVATARS, PLAN = "/api/v1/avatars", "/api/v1/realtime/video-cache/plan"
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(64)
SUMMARY = {"frames": 100, "fps": 25}
MISSING = {"failure_code": "clip_face_missing", "advice": "No face can be seen at 3.2 s: film again."}
CLIP_BODY = {"displayName": "Rin", "sourceKind": "video"}


def clip(world: World, space: Space, key: str, **verdict: Any) -> dict[str, Any]:
    """An uploaded clip: by default one that passed, its rig and summary stored as the inspection stores them."""
    world.verdicts["video"] = None
    answer = world.call("POST", "/api/v1/assets", key, files={"file": ("rin.mp4", MP4, "video/mp4")})
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    found = {"status": "ready", "rig_key": rig_key(space, asset["id"]), "width": 720, "height": 1280, **verdict}
    world.stores.assets.update(space, asset["id"], found, world.clock.at)
    if "failure_code" not in verdict:
        world.stores.media.put(rig_key(space, asset["id"]), b"a rig", "application/octet-stream")
        world.stores.media.put(clip_plan_key(space, asset["id"]), json.dumps(SUMMARY).encode(), "application/json")
    return asset


def clip_avatar(world: World, space: Space, key: str) -> dict[str, Any]:
    asset = clip(world, space, key)
    answer = world.call("POST", AVATARS, key, json={**CLIP_BODY, "sourceAssetId": asset["id"]})
    assert answer.status_code == 201, answer.text
    return answer.json()


def plan(world: World, key: str, avatar: dict[str, Any], **settings: Any) -> Any:
    return world.call("POST", PLAN, key, json={"avatar_id": avatar["id"], "video_cache": settings})


def queued(world: World) -> list[dict[str, Any]]:
    """The caches that the queue was told of."""
    found = world.stores.inspect_queue.receive(wait_seconds=0, limit=10)
    for message in found:
        world.stores.inspect_queue.delete(message.receipt)
    return [json.loads(message.body)["videoCache"] for message in found]


def test_an_inspected_clip_becomes_an_avatar_that_renders(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    assert (avatar["status"], avatar["sourceKind"]) == ("ready", "video")
    assert avatar["modelId"] == "realtime-avatar-video-v1"
    body = {"avatarId": avatar["id"], "text": "Hello."}
    assert world.call("POST", "/api/v1/renders", key, json=body).status_code == 201


def test_a_clip_without_a_usable_face_is_no_avatar_but_still_a_sound(world: World, space: Space, key: str) -> None:
    asset = clip(world, space, key, rig_key=None, duration_micros=2_500_000, **MISSING)
    before = world.wallet(space)
    answer = world.call("POST", AVATARS, key, json={**CLIP_BODY, "sourceAssetId": asset["id"]})
    assert "3.2 s" in refused(answer, 422, "clip_face_missing")["error"]
    assert world.wallet(space) == before
    seen = world.call("GET", f"/api/v1/assets/{asset['id']}", key).json()
    assert (seen["status"], seen["errorCode"], seen["durationSeconds"]) == ("ready", "clip_face_missing", 2.5)
    body = {"avatarId": world.avatar(key)["id"], "audioAssetId": asset["id"]}
    assert world.call("POST", "/api/v1/renders", key, json=body).status_code == 201


def test_a_refused_clip_is_422_at_the_upload_and_leaves_nothing(world: World, space: Space, key: str) -> None:
    world.verdicts["video"] = {"status": "failed", "failure_code": "clip_cut", "advice": "A cut at 1.0 s."}
    before = world.wallet(space)
    answer = world.call("POST", "/api/v1/assets", key, files={"file": ("rin.mp4", MP4, "video/mp4")})
    refused(answer, 422, "clip_cut")
    assert world.wallet(space) == before
    assert world.objects(space) == []


def test_an_avatars_source_is_of_its_own_kind(world: World, space: Space, key: str) -> None:
    asset, picture = clip(world, space, key), world.picture(key)
    as_image = {"displayName": "x", "sourceKind": "image", "sourceAssetId": asset["id"]}
    refused(world.call("POST", AVATARS, key, json=as_image), 422, "invalid_request")
    refused(
        world.call("POST", AVATARS, key, json={**CLIP_BODY, "sourceAssetId": picture["id"]}), 422, "invalid_request"
    )
    draft = world.call("POST", AVATARS, key, json=CLIP_BODY).json()
    assert draft["status"] == "draft"
    where = f"{AVATARS}/{draft['id']}"
    refused(world.call("PATCH", where, key, json={"sourceAssetId": picture["id"]}), 422, "invalid_request")
    assert world.call("PATCH", where, key, json={"sourceAssetId": asset["id"]}).json()["status"] == "ready"


def test_the_plan_with_default_settings_is_ready_at_once(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    answer = world.call("POST", PLAN, key, json={"avatar_id": avatar["id"]})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["status"], body["plan"]) == ("ready", SUMMARY)
    manifest = body["manifest"]
    assert (manifest["version"], manifest["avatar_id"]) == (1, avatar["id"])
    assert manifest["settings"]["keyframe_stride"] == 5
    assert "pinned_cpu_cache_mb" in manifest["recorded_only"]
    assert world.call("POST", PLAN, key, json={"avatar_id": avatar["id"]}).json() == body
    seen = world.call("GET", f"{AVATARS}/{avatar['id']}", key).json()
    assert (seen["cacheManifestId"], seen["cacheVersion"], seen["status"]) == (manifest["id"], 1, "ready")
    assert queued(world) == []


def test_other_settings_are_queued_once_until_their_lease_ends(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    first = plan(world, key, avatar, fps=30, lease_ttl_seconds=60).json()
    assert (first["status"], first["plan"], first["manifest"]["settings"]["fps"]) == ("queued", None, 30)
    assert first["manifest"]["lease_expires_at"] == "2026-06-10T12:01:00.000Z"
    assert plan(world, key, avatar, fps=30, lease_ttl_seconds=60).json()["manifest"]["version"] == 1
    refused(plan(world, key, avatar, fps=24), 409, "cache_not_ready")
    assert [told["version"] for told in queued(world)] == [1]
    # The renders go on with what is there.
    assert world.call("GET", f"{AVATARS}/{avatar['id']}", key).json()["status"] == "ready"
    world.clock.forward(61)
    assert plan(world, key, avatar, fps=30).json()["manifest"]["version"] == 2
    assert [told["version"] for told in queued(world)] == [2]


def test_an_avatar_may_wait_for_its_new_cache(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    assert plan(world, key, avatar, fps=30, allow_stale_while_registering=False).json()["status"] == "queued"
    body = {"avatarId": avatar["id"], "text": "Hello."}
    refused(world.call("POST", "/api/v1/renders", key, json=body), 409, "avatar_not_ready")
    queued(world)


def test_what_is_recorded_only_changes_nothing_but_the_record(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    plan(world, key, avatar)
    body = plan(world, key, avatar, prefetch_chunks=9, storage_mode="tmp_only").json()
    assert (body["status"], body["manifest"]["version"]) == ("ready", 1)
    assert body["manifest"]["settings"]["prefetch_chunks"] == 9
    assert plan(world, key, avatar, overwrite=True).json()["status"] == "queued"
    assert len(queued(world)) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"fps": 0},
        {"fps": 61},
        {"fps": "25"},
        {"max_dim": 255},
        {"max_duration_seconds": 0.1},
        {"feature_dtype": "int8"},
        {"keyframe_stride": 26},
        {"shard_frames": 4},
        {"precompute": ["everything"]},
        {"precompute": ["roi"] * 4},
        {"storage_mode": "tmp_only", "stage_to_tmp": False},
        {"lease_ttl_seconds": 9},
        {"overwrite": 1},
        {"maxDim": 512},
        {"surprise": 1},
    ],
)
def test_settings_out_of_range_or_unknown_are_refused(
    world: World, space: Space, key: str, settings: dict[str, Any]
) -> None:
    avatar = clip_avatar(world, space, key)
    refused(plan(world, key, avatar, **settings), 422, "invalid_request")


def test_the_plan_needs_a_clips_avatar_its_owner_and_the_scope(world: World, space: Space, key: str) -> None:
    refused(plan(world, key, world.avatar(key)), 422, "not_a_video_avatar")
    refused(plan(world, key, {"id": "ava_nowhere1"}), 404, "not_found")
    avatar = clip_avatar(world, space, key)
    refused(plan(world, world.key(world.tenant()), avatar), 404, "not_found")
    refused(plan(world, world.key(space, "avatars:read"), avatar), 403, "insufficient_scope")
    draft = world.call("POST", AVATARS, key, json=CLIP_BODY).json()
    refused(plan(world, key, draft), 409, "avatar_not_ready")


def test_a_deleted_clip_takes_its_caches_along(world: World, space: Space, key: str) -> None:
    avatar = clip_avatar(world, space, key)
    asset_id = avatar["sourceAssetId"]
    world.stores.media.put(f"rigs/{space.path}/{asset_id}.v2.npz", b"a cache", "application/octet-stream")
    world.call("DELETE", f"{AVATARS}/{avatar['id']}", key)
    assert world.call("DELETE", f"/api/v1/assets/{asset_id}", key).status_code == 200
    assert world.objects(space) == []
