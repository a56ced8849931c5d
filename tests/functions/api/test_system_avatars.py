"""The platform's own avatars through the API: everyone lists, reads and renders them, nobody changes or counts them."""

from dataclasses import replace

import pytest

from parley.domain.errors import Unavailable
from parley.domain.spaces import Space
from parley.domain.system_avatars import SystemFace, system_picture_key, system_rig_key
from parley.operations.await_system_rig import LOOKS, await_system_rig
from parley.operations.seed_system_avatar import announce_system_avatar, is_seeded, seed_system_avatar
from tests.functions.api.world import World, refused

URL = "/api/v1/avatars"
LINH = SystemFace(
    id="ava_presenterLinh", display_name="Linh", gender="female", language="vi-VN", voice="vi+f2", version="v1"
)


@pytest.fixture
def linh(world: World) -> str:
    seed_system_avatar(world.stores, LINH, b"a png", b"a rig")
    return LINH.id


def test_a_seeded_face_is_listed_behind_ones_own_and_reads_alike_for_everyone(
    world: World, key: str, linh: str
) -> None:
    own = world.avatar(key)
    listed = world.call("GET", URL, key).json()["data"]
    assert [avatar["id"] for avatar in listed] == [own["id"], linh]
    assert [avatar["isSystem"] for avatar in listed] == [False, True]
    shown = listed[-1]
    # Its link is signed anew at each reading; a picture of one's own is read with its asset.
    assert linh in shown.pop("pictureUrl") and listed[0]["pictureUrl"] is None
    assert (shown["tenantId"], shown["status"], shown["displayName"]) == ("system", "ready", "Linh")
    assert shown["defaultVoiceId"] == "vi+f2"
    assert shown["metadata"] == {"gender": "female", "language": "vi-VN"}
    for other in (world.key(world.tenant()), world.key(world.tenant(environment="live"), "avatars:read")):
        for read in (
            world.call("GET", f"{URL}/{linh}", other).json(),
            world.call("GET", URL, other).json()["data"][-1],
        ):
            assert linh in read.pop("pictureUrl")
            assert read == shown


@pytest.mark.parametrize("environment", ["test", "live"])
def test_it_renders_for_any_tenant_in_its_own_voice(world: World, linh: str, environment: str) -> None:
    space = world.tenant(environment="live" if environment == "live" else "test")
    key = world.key(space)
    answer = world.call("POST", "/api/v1/renders", key, json={"avatarId": linh, "text": "Xin chào."})
    assert answer.status_code == 201, answer.text
    render = world.stores.renders.get(space, answer.json()["id"])
    assert (render.asset_rig_key, render.voice_id) == (system_rig_key(linh, "v1"), "espeak:vi+f2")
    assert world.stores.media.get(render.asset_rig_key) == b"a rig"


def test_lipsync_takes_it_with_a_sound(world: World, space: Space, key: str, linh: str) -> None:
    body = {"avatarId": linh, "audioUrl": world.sound(key)["publicUrl"]}
    answer = world.call("POST", "/api/v1/lipsync", key, json=body, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    render = world.stores.renders.get(space, answer.json()["id"])
    assert (render.avatar_id, render.asset_rig_key) == (linh, system_rig_key(linh, "v1"))


def test_nobody_changes_or_deletes_it(world: World, key: str, linh: str) -> None:
    before = world.call("GET", f"{URL}/{linh}", key).json()
    refused(world.call("PATCH", f"{URL}/{linh}", key, json={"displayName": "Mine"}), 403, "system_avatar")
    refused(world.call("DELETE", f"{URL}/{linh}", key), 403, "system_avatar")
    assert world.call("GET", f"{URL}/{linh}", key).json() == before


def test_it_is_no_clip_whose_cache_could_be_planned(world: World, key: str, linh: str) -> None:
    wish = {"avatar_id": linh}
    refused(world.call("POST", "/api/v1/realtime/video-cache/plan", key, json=wish), 422, "not_a_video_avatar")


def test_it_takes_no_place_of_a_plan(world: World, linh: str) -> None:
    assert linh
    key = world.key(world.tenant(plan="sandbox"))
    assert world.avatar(key)["status"] == "ready"
    refused(
        world.call("POST", URL, key, json={"displayName": "Two", "sourceKind": "image"}), 403, "avatar_limit_reached"
    )


def test_seeding_again_changes_nothing_and_a_new_version_replaces_the_old(world: World, key: str, linh: str) -> None:
    before = world.call("GET", f"{URL}/{linh}", key).json()
    world.clock.forward(60)
    seed_system_avatar(world.stores, LINH, b"a png", b"a rig")
    announce_system_avatar(world.stores, LINH)
    assert is_seeded(world.stores, LINH)
    assert world.call("GET", f"{URL}/{linh}", key).json() == before
    newer = replace(LINH, version="v2", voice="vi+f3")
    assert not is_seeded(world.stores, newer)
    seed_system_avatar(world.stores, newer, b"another png", b"another rig")
    after = world.call("GET", f"{URL}/{linh}", key).json()
    assert (after["defaultVoiceId"], after["createdAt"]) == ("vi+f3", before["createdAt"])
    assert world.stores.media.get(system_rig_key(linh, "v1")) == b"a rig", "renders under way still read it"
    assert world.stores.media.get(system_picture_key(linh, "v2")) == b"another png"


def test_an_announced_face_is_rendered_as_soon_as_it_is_there(world: World, space: Space, key: str) -> None:
    face = replace(LINH, id="ava_presenterNew")
    announce_system_avatar(world.stores, face)
    assert world.call("GET", f"{URL}/{face.id}", key).json()["status"] == "preprocessing"
    answer = world.call("POST", "/api/v1/renders", key, json={"avatarId": face.id, "text": "Soon."})
    assert answer.status_code == 201, answer.text
    rig = world.stores.renders.get(space, answer.json()["id"]).asset_rig_key
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 3:
            seed_system_avatar(world.stores, face, b"a png", b"a rig")

    await_system_rig(world.stores, rig, pause)
    assert len(paused) == 3
    assert world.call("GET", f"{URL}/{face.id}", key).json()["status"] == "ready"


def test_a_face_that_never_comes_is_told_after_two_minutes_and_other_rigs_are_not_waited_for(world: World) -> None:
    paused: list[float] = []
    await_system_rig(world.stores, "rigs/ten_1/test/ast_1.npz", paused.append)
    assert paused == []
    with pytest.raises(Unavailable):
        await_system_rig(world.stores, system_rig_key("ava_nobody", "v1"), paused.append)
    assert len(paused) == LOOKS
