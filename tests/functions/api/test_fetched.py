"""Files fetched from the web on a caller's behalf, from a server that the developer allowed."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from parley.domain.spaces import Space
from parley.store.fetch import GuardedFetcher
from tests.functions.api.world import NO_FACE, PNG, World, refused
from tests.parley.store.loopback_web import Web, answer

REMOTE = "/api/v1/assets/remote"


@pytest.fixture
def web(world: World) -> Iterator[Web]:
    """A web server, and an API that was started with its address allowed."""
    with Web() as opened:
        before = world.app.state.services
        allowed = GuardedFetcher(frozenset({("127.0.0.1", opened.port)}))
        world.app.state.services = replace(before, fetcher=allowed)
        yield opened
        world.app.state.services = before


def test_a_remote_picture_becomes_an_asset(world: World, web: Web, key: str) -> None:
    web.routes["/pictures/rin%20one.png"] = answer(200, PNG, content_type="image/png")
    url = web.url("/pictures/rin%20one.png")
    created = world.call("POST", REMOTE, key, json={"kind": "image", "remoteUrl": url})
    assert created.status_code == 201, created.text
    asset = created.json()
    assert (asset["status"], asset["sizeBytes"], asset["originalFilename"]) == ("ready", len(PNG), "rin one.png")


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (404, {"content_type": "text/html"}, "url_not_found"),
        (200, {"content_type": "text/html"}, "url_wrong_type"),
        (200, {"content_type": "image/png", "content_length": str(17 * 1024 * 1024)}, "url_too_large"),
        (302, {"location": "http://169.254.169.254/latest/"}, "url_private_address"),
        (302, {"location": "file:///etc/passwd"}, "url_scheme"),
        (500, {}, "url_failed"),
    ],
)
def test_what_cannot_be_fetched_leaves_nothing(
    world: World, web: Web, space: Space, key: str, status: int, headers: dict[str, str], code: str
) -> None:
    web.routes["/x"] = answer(status, b"hello", **headers)
    before = world.wallet(space)
    refused(world.call("POST", REMOTE, key, json={"kind": "image", "remoteUrl": web.url("/x")}), 422, code)
    body = {"audioUrl": "https://example.com/a.mp3", "portraitUrl": web.url("/x")}
    refused(world.call("POST", "/api/v1/lipsync", key, json=body), 422, code)
    assert world.call("GET", "/api/v1/assets", key).json()["data"] == []
    assert world.call("GET", "/api/v1/avatars", key).json()["data"] == []
    assert world.objects(space) == []
    assert world.wallet(space).reserved == before.reserved


def test_a_refused_remote_picture_leaves_nothing(world: World, web: Web, space: Space, key: str) -> None:
    web.routes["/cat.png"] = answer(200, PNG, content_type="image/png")
    world.verdicts["image"] = NO_FACE
    refused(world.call("POST", REMOTE, key, json={"kind": "image", "remoteUrl": web.url("/cat.png")}), 422, "no_face")
    assert world.objects(space) == []


def test_a_portrait_is_fetched_once_made_an_avatar_and_known_again(
    world: World, web: Web, space: Space, key: str
) -> None:
    web.routes["/rin.png"] = answer(200, PNG, content_type="image/png")
    body = {"audioUrl": "https://example.com/a.mp3", "portraitUrl": web.url("/rin.png")}
    first = world.call("POST", "/api/v1/lipsync", key, json=body)
    again = world.call("POST", "/api/v1/lipsync", key, json=body)
    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert first.json()["avatarId"] == again.json()["avatarId"]
    assert len(world.objects(space)) == 1
    (avatar,) = world.call("GET", "/api/v1/avatars", key).json()["data"]
    assert (avatar["displayName"], avatar["status"]) == ("rin.png", "ready")


def test_a_portrait_made_for_a_call_that_is_then_refused_is_taken_back(
    world: World, web: Web, space: Space, key: str
) -> None:
    web.routes["/rin.png"] = answer(200, PNG, content_type="image/png")
    other = world.avatar(key, displayName="Other")
    for _ in range(2):
        world.call("POST", "/api/v1/renders", key, json={"avatarId": other["id"], "text": "Hi."})
    held = world.wallet(space)
    kept = world.objects(space)
    body = {"audioUrl": "https://example.com/a.mp3", "portraitUrl": web.url("/rin.png")}
    refused(world.call("POST", "/api/v1/lipsync", key, json=body), 429, "concurrency_limit_reached")
    assert [one["id"] for one in world.call("GET", "/api/v1/avatars", key).json()["data"]] == [other["id"]]
    assert json.dumps(world.objects(space)) == json.dumps(kept)
    assert world.wallet(space) == held
