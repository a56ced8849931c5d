"""One call: a sound and a face in, a finished video out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from functions.api.services import ApiOptions
from parley.domain.renders import RenderError
from parley.domain.spaces import Space
from tests.functions.api.world import NO_FACE, PNG, SECOND, World, refused
from tests.waiting import HANG_SECONDS

URL = "/api/v1/lipsync"
AUDIO = "https://example.com/speech.mp3"


@pytest.fixture(scope="module")
def options() -> ApiOptions:
    """Long enough for a render that ends in another thread; a test that asks for less says so by Prefer."""
    return ApiOptions(
        upload_wait_seconds=0.1,
        lipsync_wait_seconds=HANG_SECONDS,
        longest_wait_seconds=HANG_SECONDS,
        repeat_wait_seconds=HANG_SECONDS,
    )


@pytest.fixture
def avatar(world: World, key: str) -> str:
    return world.avatar(key)["id"]


def when_submitted(world: World, act: Callable[[str], None]) -> threading.Thread:
    """Does `act` to the first render handed to the workflow, as the workflow would: in its own time."""

    def work() -> None:
        for _ in range(100):
            found = world.stores.submitted_queue.receive(wait_seconds=1)
            if found:
                world.stores.submitted_queue.delete(found[0].receipt)
                act(found[0].body.split('"renderId":"')[1].split('"')[0])
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def call(world: World, key: str, prefer: str | None = None, **body: Any) -> Any:
    headers = {"Prefer": prefer} if prefer else {}
    return world.call("POST", URL, key, json=body, headers=headers)


def test_the_call_waits_for_the_video(world: World, space: Space, key: str, avatar: str) -> None:
    thread = when_submitted(world, lambda render: world.finish(space, render, frames=150))
    answer = call(world, key, audioUrl=AUDIO, avatarId=avatar, backgroundId="plain_white")
    thread.join()
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["avatarId"], result["frames"], result["fps"], result["durationSeconds"]) == (avatar, 150, 25, 6.0)
    assert result["billedCreditMicros"] == 6 * SECOND
    assert result["url"].startswith("http")
    assert world.call("GET", f"/api/v1/renders/{result['renderId']}", key).json()["status"] == "completed"


@pytest.mark.parametrize(("prefer", "applied"), [("respond-async", "respond-async"), ("wait=0", "wait=0")])
def test_when_the_wait_is_over_the_answer_is_202_with_the_render(
    world: World, key: str, avatar: str, prefer: str, applied: str
) -> None:
    answer = call(world, key, prefer, audioUrl=AUDIO, avatarId=avatar)
    assert answer.status_code == 202
    render = answer.json()
    assert render["status"] == "queued"
    assert answer.headers["Location"] == f"/api/v1/renders/{render['id']}"
    assert answer.headers["Preference-Applied"] == applied
    assert world.call("GET", answer.headers["Location"], key).json() == render


def test_a_wait_that_was_long_enough_is_said_to_be_applied(world: World, space: Space, key: str, avatar: str) -> None:
    thread = when_submitted(world, lambda render: world.finish(space, render))
    answer = call(world, key, "wait=90", audioUrl=AUDIO, avatarId=avatar)
    thread.join()
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "wait=90")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RenderError(code="audio_too_long", message="Send at most 30 minutes.", status=422), 422, "audio_too_long"),
        (RenderError(code="insufficient_credits", message="Add credits.", status=402), 402, "insufficient_credits"),
        (RenderError(code="render_failed", message="The renderer failed.", status=502), 502, "render_failed"),
    ],
)
def test_a_render_that_fails_answers_with_its_own_status(
    world: World, space: Space, key: str, avatar: str, error: RenderError, status: int, code: str
) -> None:
    before = world.wallet(space)
    thread = when_submitted(world, lambda render: world.fail(space, render, error))
    answer = call(world, key, audioUrl=AUDIO, avatarId=avatar)
    thread.join()
    assert refused(answer, status, code)["error"] == error.message
    after = world.wallet(space)
    assert (after.balance, after.reserved) == (before.balance, 0)


def test_a_render_canceled_while_somebody_waits_is_409(world: World, key: str, avatar: str) -> None:
    thread = when_submitted(world, lambda render: world.call("POST", f"/api/v1/renders/{render}/cancel", key) and None)
    answer = call(world, key, audioUrl=AUDIO, avatarId=avatar)
    thread.join()
    refused(answer, 409, "render_canceled")


def test_a_portrait_becomes_an_avatar_on_the_fly_and_is_known_again(world: World, key: str) -> None:
    # The picture lies with us already: its link is resolved inside and nothing is fetched.
    picture = world.picture(key)
    first = call(world, key, "respond-async", audioUrl=AUDIO, portraitUrl=picture["publicUrl"])
    assert first.status_code == 202, first.text
    again = call(world, key, "respond-async", audioUrl=AUDIO, portraitUrl=picture["publicUrl"])
    assert again.json()["avatarId"] == first.json()["avatarId"]
    avatars = world.call("GET", "/api/v1/avatars", key).json()["data"]
    assert [(one["id"], one["status"], one["sourceAssetId"]) for one in avatars] == [
        (first.json()["avatarId"], "ready", picture["id"])
    ]


def test_a_portrait_whose_render_fails_leaves_no_avatar(world: World, space: Space, key: str) -> None:
    picture = world.picture(key)
    error = RenderError(code="url_not_found", message="Nothing is there.", status=422)
    thread = when_submitted(world, lambda render: world.fail(space, render, error))
    answer = call(world, key, audioUrl=AUDIO, portraitUrl=picture["publicUrl"])
    thread.join()
    refused(answer, 422, "url_not_found")
    assert world.call("GET", "/api/v1/avatars", key).json()["data"] == []
    assert world.stores.tenants.active(space).avatars == 0


def test_a_portrait_that_was_paid_for_stays_though_its_render_fails(world: World, space: Space, key: str) -> None:
    for _ in range(25):
        world.call("POST", "/api/v1/avatars", key, json={"displayName": "x", "sourceKind": "image"})
    picture = world.picture(key)
    error = RenderError(code="url_not_found", message="Nothing is there.", status=422)
    for _ in range(2):
        thread = when_submitted(world, lambda render: world.fail(space, render, error))
        refused(call(world, key, audioUrl=AUDIO, portraitUrl=picture["publicUrl"]), 422, "url_not_found")
        thread.join()
    assert len(world.call("GET", "/api/v1/avatars", key).json()["data"]) == 26
    assert world.wallet(space).lifetime_used == 705_882_353


def test_a_portrait_counts_against_the_avatar_cap(world: World) -> None:
    space = world.tenant(plan="sandbox")
    key = world.key(space)
    world.avatar(key)
    picture = world.call("POST", "/api/v1/assets", key, files={"file": ("b.png", PNG + b"b", "image/png")}).json()
    before = world.wallet(space)
    answer = call(world, key, audioUrl=AUDIO, portraitUrl=picture["publicUrl"])
    refused(answer, 403, "avatar_limit_reached")
    assert world.wallet(space) == before


def test_a_portrait_that_was_refused_leaves_nothing(world: World, space: Space, key: str) -> None:
    world.verdicts["image"] = None
    picture = world.picture(key)
    world.stores.assets.update(space, picture["id"], NO_FACE, world.clock.at)
    refused(call(world, key, audioUrl=AUDIO, portraitUrl=picture["publicUrl"]), 422, "no_face")
    assert world.call("GET", "/api/v1/avatars", key).json()["data"] == []
    assert world.wallet(space).reserved == 0


def test_nothing_is_fetched_for_a_call_that_could_not_be_paid(world: World, space: Space, key: str) -> None:
    world.drain(space)
    body = {"audioUrl": AUDIO, "portraitUrl": "https://example.com/rin.png"}
    refused(call(world, key, **body), 402, "insufficient_credits")
    refused(call(world, key, **{**body, "audioUrl": "http://127.0.0.1/a.mp3"}), 422, "url_private_address")
    assert world.call("GET", "/api/v1/assets", key).json()["data"] == []


def test_the_call_is_refused_as_a_render_would_be(world: World, space: Space, key: str, avatar: str) -> None:
    before = world.wallet(space)
    refused(call(world, key, audioUrl=AUDIO, avatarId="ava_12345678"), 404, "not_found")
    refused(call(world, key, audioUrl="http://localhost/a.mp3", avatarId=avatar), 422, "url_private_address")
    refused(call(world, key, audioUrl=AUDIO, portraitUrl="http://169.254.169.254/x"), 422, "url_private_address")
    draft = world.call("POST", "/api/v1/avatars", key, json={"displayName": "x", "sourceKind": "image"}).json()
    refused(call(world, key, audioUrl=AUDIO, avatarId=draft["id"]), 409, "avatar_not_ready")
    assert world.wallet(space) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"audioUrl": AUDIO},
        {"avatarId": "ava_12345678"},
        {"audioUrl": AUDIO, "avatarId": "ava_12345678", "portraitUrl": AUDIO},
        {"audioUrl": AUDIO, "avatarId": "ava_12345678", "backgroundId": "the moon"},
        {"audioUrl": 7, "avatarId": "ava_12345678"},
        {"audioUrl": AUDIO, "avatarId": "ava_12345678", "text": "Hello."},
        {"audio_url": AUDIO, "avatar_id": "ava_12345678"},
    ],
)
def test_a_body_that_is_wrong_is_refused(world: World, space: Space, key: str, body: dict[str, object]) -> None:
    before = world.wallet(space)
    refused(world.call("POST", URL, key, json=body), 422, "invalid_request")
    assert world.wallet(space) == before
