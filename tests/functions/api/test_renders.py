"""Renders through the API: orders, money, ends."""

from typing import Any

import pytest

from parley.domain.renders import RenderError
from parley.domain.spaces import Space
from tests.functions.api.world import NO_FACE, SECOND, World, refused
from tests.waiting import HANG_SECONDS

URL = "/api/v1/renders"


@pytest.fixture
def avatar(world: World, key: str) -> str:
    return world.avatar(key)["id"]


def submit(world: World, key: str, avatar: str, **body: Any) -> dict[str, Any]:
    answer = world.call("POST", URL, key, json={"avatarId": avatar, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_render_is_queued_reserved_and_handed_to_the_workflow(
    world: World, space: Space, key: str, avatar: str
) -> None:
    before = world.wallet(space).balance
    answer = world.call("POST", URL, key, json={"avatarId": avatar, "text": "Hello there.", "voiceId": "espeak:en-us"})
    assert answer.status_code == 201
    render = answer.json()
    assert answer.headers["Location"] == f"{URL}/{render['id']}"
    assert (render["status"], render["progress"], render["url"]) == ("queued", 0, None)
    assert (render["size"], render["fps"], render["background"]) == (512, 25, "as_is")
    # 0.1 s per character and 1 s.
    assert render["reservedCreditMicros"] == 2_200_000
    assert (render["billedCreditMicros"], render["error"], render["frames"]) == (0, None, None)
    assert world.wallet(space).balance == before - 2_200_000
    assert world.submitted() == [{"renderId": render["id"], "tenant": space.tenant, "environment": "test"}]
    assert world.call("GET", f"{URL}/{render['id']}", key).json() == render


@pytest.mark.parametrize(
    ("order", "stored", "shown"),
    [
        ({}, None, "as_is"),
        ({"background": "as_is"}, None, "as_is"),
        ({"background": "plain_white"}, "#ffffff", "plain_white"),
        ({"backgroundId": "plain_white"}, "#ffffff", "plain_white"),
        ({"background": "RebeccaPurple"}, "#663399", "RebeccaPurple"),
        ({"background": "#AbC"}, "#aabbcc", "#AbC"),
        ({"background": "#102030", "backgroundId": "#102030"}, "#102030", "#102030"),
    ],
)
def test_a_background_is_a_colour_or_the_portraits_own(
    world: World, space: Space, key: str, avatar: str, order: dict[str, str], stored: str | None, shown: str
) -> None:
    render = submit(world, key, avatar, text="Hi.", **order)
    assert render["background"] == shown
    assert world.stores.renders.get(space, render["id"]).background == stored


def test_an_assets_length_is_what_is_reserved(world: World, space: Space, key: str, avatar: str) -> None:
    sound = world.sound(key)
    render = submit(world, key, avatar, audioAssetId=sound["id"], fps=24)
    # 2.5 s at 24 fps are 60 frames.
    assert render["reservedCreditMicros"] == 2_500_000
    assert world.stores.renders.get(space, render["id"]).source.asset_id == sound["id"]


def test_our_own_link_as_audio_url_is_the_asset_itself(world: World, space: Space, key: str, avatar: str) -> None:
    sound = world.sound(key)
    render = submit(world, key, avatar, audioUrl=sound["publicUrl"])
    source = world.stores.renders.get(space, render["id"]).source
    assert (source.kind, source.asset_id) == ("asset", sound["id"])
    assert render["reservedCreditMicros"] == 2_520_000


def test_a_url_reserves_a_minute_and_is_not_fetched_here(world: World, space: Space, key: str, avatar: str) -> None:
    render = submit(world, key, avatar, audioUrl="https://example.com/speech.mp3")
    assert render["reservedCreditMicros"] == 60_000_000
    assert world.stores.renders.get(space, render["id"]).source.url == "https://example.com/speech.mp3"


def test_a_completed_render_has_a_video_and_costs_its_real_length(
    world: World, space: Space, key: str, avatar: str
) -> None:
    import requests

    before = world.wallet(space)
    render = submit(world, key, avatar, text="x" * 100)
    world.finish(space, render["id"], frames=50)
    done = world.call("GET", f"{URL}/{render['id']}", key).json()
    assert (done["status"], done["progress"], done["frames"], done["fps"]) == ("completed", 1, 50, 25)
    assert (done["durationSeconds"], done["width"], done["height"]) == (2.0, 512, 512)
    assert done["billedCreditMicros"] == 2 * SECOND
    assert done["startedAt"]
    assert done["completedAt"]
    video = requests.get(done["url"], timeout=HANG_SECONDS)
    assert (video.content, video.headers["Content-Type"]) == (b"an mp4", "video/mp4")
    after = world.wallet(space)
    assert (after.balance, after.reserved) == (before.balance - 2 * SECOND, 0)


def test_a_failed_render_says_why_and_costs_nothing(world: World, space: Space, key: str, avatar: str) -> None:
    before = world.wallet(space)
    render = submit(world, key, avatar, text="Hi.")
    world.fail(space, render["id"], RenderError(code="audio_unreadable", message="Send sound.", status=422))
    seen = world.call("GET", f"{URL}/{render['id']}", key).json()
    assert (seen["status"], seen["billedCreditMicros"]) == ("failed", 0)
    assert seen["error"] == {"code": "audio_unreadable", "message": "Send sound.", "status": 422}
    after = world.wallet(space)
    assert (after.balance, after.reserved) == (before.balance, 0)


def test_a_canceled_render_gives_everything_back_and_stays_canceled(
    world: World, space: Space, key: str, avatar: str
) -> None:
    before = world.wallet(space)
    render = submit(world, key, avatar, text="Hi.")
    path = f"{URL}/{render['id']}/cancel"
    answer = world.call("POST", path, key)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert world.call("POST", path, key).json()["status"] == "canceled"
    after = world.wallet(space)
    assert (after.balance, after.reserved) == (before.balance, 0)
    done = submit(world, key, avatar, text="Hi.")
    world.finish(space, done["id"])
    refused(world.call("POST", f"{URL}/{done['id']}/cancel", key), 409, "render_ended")
    refused(world.call("POST", f"{URL}/rnd_12345678/cancel", key), 404, "not_found")


def test_slots_bound_what_runs_at_once(world: World, space: Space, key: str, avatar: str) -> None:
    first = submit(world, key, avatar, text="One.")
    submit(world, key, avatar, text="Two.")
    before = world.wallet(space)
    answer = world.call("POST", URL, key, json={"avatarId": avatar, "text": "Three."})
    assert refused(answer, 429, "concurrency_limit_reached")["retryable"] is True
    assert int(answer.headers["Retry-After"]) >= 1
    assert world.wallet(space) == before
    world.call("POST", f"{URL}/{first['id']}/cancel", key)
    submit(world, key, avatar, text="Three.")


def test_an_empty_wallet_is_402_and_nothing_is_left(world: World, space: Space, key: str, avatar: str) -> None:
    world.drain(space)
    before = world.wallet(space)
    body = refused(world.call("POST", URL, key, json={"avatarId": avatar, "text": "Hi."}), 402, "insufficient_credits")
    assert body["billingUrl"] == "http://parley.test/billing"
    assert body["retryable"] is False
    assert world.wallet(space) == before
    assert world.call("GET", URL, key).json()["data"] == []
    assert world.submitted() == []


def test_sound_longer_than_the_wallet_is_402_at_once(world: World, space: Space, key: str, avatar: str) -> None:
    sound = world.sound(key)
    world.drain(space, leaving=2_000_000)
    before = world.wallet(space)
    answer = world.call("POST", URL, key, json={"avatarId": avatar, "audioAssetId": sound["id"]})
    refused(answer, 402, "insufficient_credits")
    assert world.wallet(space) == before
    assert world.submitted() == []


def test_a_keys_spend_limit_is_402_though_the_wallet_is_full(world: World, space: Space, avatar: str) -> None:
    capped = world.key(space, limit=1_500_000)
    first = submit(world, capped, avatar, text="x")
    world.finish(space, first["id"], frames=25)
    before = world.wallet(space)
    answer = world.call("POST", URL, capped, json={"avatarId": avatar, "text": "Too much for what is left."})
    assert refused(answer, 402, "spend_limit_exceeded")["billingUrl"]
    assert world.wallet(space) == before


def test_an_avatar_that_is_not_ready_is_409_and_reserves_nothing(world: World, space: Space, key: str) -> None:
    world.verdicts["image"] = None
    waiting = world.avatar(key)
    draft = world.call("POST", "/api/v1/avatars", key, json={"displayName": "x", "sourceKind": "image"}).json()
    before = world.wallet(space)
    for avatar in (waiting, draft):
        answer = world.call("POST", URL, key, json={"avatarId": avatar["id"], "text": "Hi."})
        assert refused(answer, 409, "avatar_not_ready")["retryable"] is True
    world.verdicts["audio"] = None
    sound = world.sound(key)
    world.begin()
    ready = world.avatar(key)
    answer = world.call("POST", URL, key, json={"avatarId": ready["id"], "audioAssetId": sound["id"]})
    refused(answer, 409, "asset_not_ready")
    assert world.wallet(space).reserved == before.reserved == 0


def test_speech_must_be_a_sound_that_was_not_refused(world: World, space: Space, key: str, avatar: str) -> None:
    picture = world.picture(key)
    answer = world.call("POST", URL, key, json={"avatarId": avatar, "audioAssetId": picture["id"]})
    refused(answer, 422, "invalid_request")
    world.verdicts["audio"] = None
    sound = world.sound(key)
    verdict = {**NO_FACE, "failure_code": "audio_unreadable"}
    world.stores.assets.update(space, sound["id"], verdict, world.clock.at)
    answer = world.call("POST", URL, key, json={"avatarId": avatar, "audioAssetId": sound["id"]})
    refused(answer, 422, "audio_unreadable")
    assert world.wallet(space).reserved == 0


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": ""},
        {"text": "   "},
        {"text": "x" * 4001},
        {"text": 7},
        {"audioUrl": "https://example.com/a.mp3"},
        {"audioAssetId": "ast_12345678"},
        {"avatarId": None},
        {"avatarId": "rnd_12345678"},
        {"size": 254},
        {"size": 1538},
        {"size": 513},
        {"size": "big"},
        {"fps": 26},
        {"fps": 25.5},
        {"background": "not a colour"},
        {"background": "#12345"},
        {"background": "red", "backgroundId": "blue"},
        {"backgroundId": "studio"},
        {"language": "e"},
        {"language": "x" * 17},
        {"seed": -1},
        {"emotion": "angry"},
        {"emotion": None},
        {"intensity": 1.01},
        {"intensity": -0.1},
        {"intensity": "0.5"},
        {"voice_id": "espeak:en"},
        {"tenantId": "ten_other"},
        {"status": "completed"},
        {"reservedCreditMicros": 0},
    ],
)
def test_an_order_that_is_wrong_is_refused_and_costs_nothing(
    world: World, space: Space, key: str, avatar: str, change: dict[str, object]
) -> None:
    before = world.wallet(space)
    refused(world.call("POST", URL, key, json={"avatarId": avatar, "text": "Hi.", **change}), 422, "invalid_request")
    assert world.wallet(space) == before
    assert world.call("GET", URL, key).json()["data"] == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("gopher://example.com/a", "url_scheme"),
        ("https://a:b@example.com/a.wav", "url_credentials"),
        ("http://10.0.0.1/a.wav", "url_private_address"),
        ("http://[fd00:ec2::254]/", "url_private_address"),
        ("https://example.com:8443/a.wav", "url_port"),
        ("https://exa mple.com/a.wav", "url_unresolvable"),
    ],
)
def test_a_url_that_must_not_be_fetched_reserves_nothing(
    world: World, space: Space, key: str, avatar: str, url: str, code: str
) -> None:
    before = world.wallet(space)
    refused(world.call("POST", URL, key, json={"avatarId": avatar, "audioUrl": url}), 422, code)
    assert world.wallet(space) == before


def test_the_list_pages_newest_first(world: World, space: Space, key: str, avatar: str) -> None:
    made: list[str] = []
    for _ in range(3):
        world.clock.forward(1)
        made.append(submit(world, key, avatar, text="Hi.")["id"])
        world.finish(space, made[-1])
    first = world.call("GET", f"{URL}?limit=2", key).json()
    assert [render["id"] for render in first["data"]] == [made[2], made[1]]
    rest = world.call("GET", URL, key, params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert ([render["id"] for render in rest["data"]], rest["nextCursor"]) == ([made[0]], None)
    for bad in ("limit=0", "limit=101", "limit=x", "cursor=x", "cursor=%00"):
        refused(world.call("GET", f"{URL}?{bad}", key), 422, "invalid_request")


def test_a_cursor_of_another_tenant_opens_nothing(world: World, space: Space, key: str, avatar: str) -> None:
    for _ in range(2):
        world.finish(space, submit(world, key, avatar, text="Hi.")["id"])
    cursor = world.call("GET", f"{URL}?limit=1", key).json()["nextCursor"]
    stranger = world.key(world.tenant())
    assert cursor
    answer = world.call("GET", URL, stranger, params={"cursor": cursor})
    assert answer.json() == {"data": [], "nextCursor": None}
