"""Avatars through the API."""

import pytest

from parley.domain.spaces import Space
from tests.functions.api.world import NO_FACE, World, refused

URL = "/api/v1/avatars"


def test_an_avatar_of_an_inspected_picture_is_ready_at_once(world: World, space: Space, key: str) -> None:
    picture = world.picture(key)
    body = {"displayName": "Rin", "sourceKind": "image", "sourceAssetId": picture["id"], "metadata": {"team": [1, 2.5]}}
    answer = world.call("POST", URL, key, json=body)
    assert answer.status_code == 201
    avatar = answer.json()
    assert avatar["id"].startswith("ava_")
    assert avatar["tenantId"] == space.tenant
    assert avatar["status"] == "ready"
    assert avatar["modelId"] == "realtime-avatar-live-v1"
    assert avatar["defaultVoiceId"] is None
    assert avatar["cacheVersion"] == 0
    assert avatar["metadata"] == {"team": [1, 2.5]}
    assert avatar["createdAt"] == "2026-06-10T12:00:00.000Z"
    assert world.call("GET", f"{URL}/{avatar['id']}", key).json() == avatar


def test_an_avatar_waits_for_its_picture_and_a_draft_for_one(world: World, key: str) -> None:
    world.verdicts["image"] = None
    waiting = world.avatar(key)
    assert waiting["status"] == "preprocessing"
    draft = world.call("POST", URL, key, json={"displayName": "Kai", "sourceKind": "image"}).json()
    assert (draft["status"], draft["sourceAssetId"]) == ("draft", None)


def test_the_published_clients_extra_fields_are_taken(world: World, key: str) -> None:
    extra = {
        "motionPrompt": "nods",
        "voice": {"provider": "x"},
        "llm": {"provider": "local"},
        "settings": {"persona": "p"},
    }
    answer = world.call("POST", URL, key, json={"displayName": "Rin", "sourceKind": "image", **extra})
    assert answer.status_code == 201
    assert answer.json()["settings"] == {"persona": "p"}


def test_the_list_is_most_recently_updated_first(world: World, key: str) -> None:
    first = world.avatar(key)["id"]
    world.clock.forward(1)
    second = world.avatar(key)["id"]
    assert [avatar["id"] for avatar in world.call("GET", URL, key).json()["data"]] == [second, first]
    world.clock.forward(1)
    world.call("PATCH", f"{URL}/{first}", key, json={"displayName": "Renamed"})
    assert [avatar["id"] for avatar in world.call("GET", URL, key).json()["data"]] == [first, second]


def test_a_patch_changes_what_it_names_and_nothing_else(world: World, key: str) -> None:
    before = world.avatar(key, defaultVoiceId="espeak:en-us", settings={"a": 1})
    path = f"{URL}/{before['id']}"
    after = world.call("PATCH", path, key, json={"displayName": "New", "metadata": {"b": 2}}).json()
    assert after == {**before, "displayName": "New", "metadata": {"b": 2}, "updatedAt": after["updatedAt"]}
    assert world.call("PATCH", path, key, json={"defaultVoiceId": None}).json()["defaultVoiceId"] is None


def test_a_draft_becomes_ready_when_it_is_given_a_picture(world: World, key: str) -> None:
    draft = world.call("POST", URL, key, json={"displayName": "Kai", "sourceKind": "image"}).json()
    picture = world.picture(key)
    answer = world.call("PATCH", f"{URL}/{draft['id']}", key, json={"sourceAssetId": picture["id"]})
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_a_deleted_avatar_is_gone_from_every_read_and_makes_room(world: World) -> None:
    space = world.tenant(plan="sandbox")
    key = world.key(space)
    avatar = world.avatar(key)
    path = f"{URL}/{avatar['id']}"
    answer = world.call("DELETE", path, key)
    assert (answer.status_code, answer.json()) == (200, {"id": avatar["id"], "deleted": True})
    refused(world.call("GET", path, key), 404, "not_found")
    refused(world.call("DELETE", path, key), 404, "not_found")
    assert world.call("GET", URL, key).json() == {"data": []}
    world.avatar(key)


def test_the_sandbox_plan_keeps_one_avatar(world: World) -> None:
    space = world.tenant(plan="sandbox")
    key = world.key(space)
    world.avatar(key)
    before = world.wallet(space)
    body = {"displayName": "Second", "sourceKind": "image"}
    refused(world.call("POST", URL, key, json=body), 403, "avatar_limit_reached")
    assert world.wallet(space) == before


def test_beyond_the_allowance_an_avatar_costs_a_dollar_in_credits(world: World, space: Space, key: str) -> None:
    for _ in range(25):
        assert world.call("POST", URL, key, json={"displayName": "x", "sourceKind": "image"}).status_code == 201
    before = world.wallet(space)
    assert world.call("POST", URL, key, json={"displayName": "x", "sourceKind": "image"}).status_code == 201
    # $1 at $0.085 a minute.
    assert before.balance - world.wallet(space).balance == 705_882_353
    world.drain(space)
    refused(world.call("POST", URL, key, json={"displayName": "x", "sourceKind": "image"}), 402, "insufficient_credits")


def test_an_avatar_needs_an_image_that_is_there_and_was_not_refused(world: World, space: Space, key: str) -> None:
    body = {"displayName": "x", "sourceKind": "image"}
    sound = world.sound(key)
    refused(world.call("POST", URL, key, json={**body, "sourceAssetId": sound["id"]}), 422, "invalid_request")
    refused(world.call("POST", URL, key, json={**body, "sourceAssetId": "ast_nowhere1"}), 404, "not_found")
    world.verdicts["image"] = None
    picture = world.picture(key)
    world.stores.assets.update(space, picture["id"], NO_FACE, world.clock.at)
    answer = world.call("POST", URL, key, json={**body, "sourceAssetId": picture["id"]})
    assert refused(answer, 422, "no_face")["error"] == NO_FACE["advice"]


@pytest.mark.parametrize(
    "body",
    [
        {"sourceKind": "image"},
        {"displayName": "", "sourceKind": "image"},
        {"displayName": "x" * 161, "sourceKind": "image"},
        {"displayName": 7, "sourceKind": "image"},
        {"displayName": "x"},
        {"displayName": "x", "sourceKind": "audio"},
        {"displayName": "x", "sourceKind": "image", "defaultVoiceId": "short"},
        {"displayName": "x", "sourceKind": "image", "defaultVoiceId": "v" * 161},
        {"displayName": "x", "sourceKind": "image", "modelId": "gpt"},
        {"displayName": "x", "sourceKind": "image", "sourceAssetId": "ava_12345678"},
        {"displayName": "x", "sourceKind": "image", "motionPrompt": "m" * 1201},
        {"displayName": "x", "sourceKind": "image", "settings": []},
        {"displayName": "x", "sourceKind": "image", "colour": "red"},
        {"display_name": "x", "sourceKind": "image"},
        {"displayName": "x\x00", "sourceKind": "image"},
        {"displayName": "x", "sourceKind": "image", "metadata": {"big": 10**40}},
        [],
        "x",
        None,
    ],
)
def test_a_body_that_is_wrong_is_refused_and_says_where(world: World, space: Space, key: str, body: object) -> None:
    before = world.wallet(space)
    refused(world.call("POST", URL, key, json=body), 422, "invalid_request")
    assert world.wallet(space) == before
    assert world.call("GET", URL, key).json() == {"data": []}


@pytest.mark.parametrize(
    "body", [{}, {"displayName": None}, {"settings": None}, {"id": "x"}, {"displayName": ""}, {"status": "ready"}]
)
def test_a_patch_that_says_nothing_or_too_much_is_refused(world: World, key: str, body: object) -> None:
    avatar = world.avatar(key)
    refused(world.call("PATCH", f"{URL}/{avatar['id']}", key, json=body), 422, "invalid_request")
    assert world.call("GET", f"{URL}/{avatar['id']}", key).json() == avatar
