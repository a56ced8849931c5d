"""What is true of every request: sizes, JSON, headers, unknown paths, faults of our own."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from parley.domain.spaces import Space
from parley.store.avatars import Avatars
from tests.functions.api.world import World, refused

AVATARS = "/api/v1/avatars"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b'{"displayName": "x",}', "invalid_json"),
        (b"displayName=x", "invalid_json"),
        (b"{'displayName': 'x'}", "invalid_json"),
        (b'\xff\xfe{"displayName"', "invalid_json"),
        (b'{"displayName": "\xff", "sourceKind": "image"}', "invalid_request"),
        (b"[" * 30_000, "invalid_request"),
        (b"", "invalid_request"),
        (b"null", "invalid_request"),
        (b'{"displayName": "\\ud800", "sourceKind": "image"}', "invalid_request"),
        (b'{"displayName": "x", "sourceKind": "image", "metadata": {"a": NaN}}', "invalid_request"),
        (b'{"displayName": "x", "sourceKind": "image", "metadata": {"a": 1e999}}', "invalid_request"),
        (b'{"displayName": "x", "sourceKind": "image", "metadata": {"": 1}}', "invalid_request"),
        (b'{"displayName": "x", "sourceKind": "image", "metadata": {"a": "\\ud800"}}', "invalid_request"),
        (
            b'{"displayName": "x", "sourceKind": "image", "metadata": ' + b'{"a":' * 40 + b"1" + b"}" * 41,
            "invalid_request",
        ),
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_422(
    world: World, space: Space, key: str, body: bytes, code: str
) -> None:
    before = world.wallet(space)
    refused(world.call("POST", AVATARS, key, content=body, headers=JSON), 422, code)
    refused(world.call("POST", AVATARS, key, content=body, headers={**JSON, "Idempotency-Key": "k"}), 422, code)
    assert world.wallet(space) == before
    assert world.call("POST", AVATARS, key, json={"displayName": "x", "sourceKind": "image"}).status_code == 201


def test_a_body_of_another_type_says_which_type_to_send(world: World, key: str) -> None:
    answer = world.call("POST", AVATARS, key, data={"displayName": "x"})
    assert "Content-Type: application/json" in refused(answer, 422, "invalid_request")["error"]


def test_the_message_names_each_field_as_the_client_wrote_it(world: World, key: str) -> None:
    body = {"avatarId": "ava_12345678", "text": "x", "size": 9, "fps": 99, "colour": "red"}
    error = refused(world.call("POST", "/api/v1/renders", key, json=body), 422, "invalid_request")["error"]
    for part in ("size is wrong", "fps is wrong", "colour is not a field of this request"):
        assert part in error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": "512"}, "size is wrong: must be a number"),
        ({"seed": True}, "seed is wrong: must be a number"),
        ({"seed": "7"}, "seed is wrong: must be a number"),
        ({"text": ""}, "text must have at least 1 character(s)"),
        ({"text": "x" * 4001}, "text must have at most 4000 characters"),
    ],
)
def test_a_value_of_another_type_or_length_says_so(
    world: World, space: Space, key: str, change: dict[str, Any], said: str
) -> None:
    before = world.wallet(space)
    body = {"avatarId": "ava_12345678", "text": "x", **change}
    assert said in refused(world.call("POST", "/api/v1/renders", key, json=body), 422, "invalid_request")["error"]
    assert world.wallet(space) == before


def test_bytes_that_are_not_json_at_all_are_told_what_to_send(world: World, key: str) -> None:
    for body in (b'{"displayName": "\xff"}', b"[" * 30_000, b'{"a":' + b"9" * 5000 + b"}"):
        answer = world.call("POST", AVATARS, key, content=body, headers=JSON)
        assert "send plain JSON in UTF-8" in refused(answer, 422, "invalid_request")["error"]


@pytest.mark.parametrize("declared", [True, False])
def test_more_than_32_kb_of_json_is_413(world: World, space: Space, key: str, declared: bool) -> None:
    whole = json.dumps({"displayName": "x", "sourceKind": "image", "metadata": {"a": "y" * 32 * 1024}}).encode()

    async def pieces() -> Any:
        for start in range(0, len(whole), 1000):
            yield whole[start : start + 1000]

    before = world.wallet(space)
    body = whole if declared else pieces()
    refused(world.call("POST", AVATARS, key, content=body, headers=JSON), 413, "too_large")
    assert world.wallet(space) == before
    fits = {"displayName": "x", "sourceKind": "image", "metadata": {"a": "y" * 32_000}}
    assert world.call("POST", AVATARS, key, json=fits).status_code == 201


def test_a_length_that_lies_does_not_get_more_in(world: World, key: str) -> None:
    headers = {**JSON, "Content-Length": "10"}
    refused(world.call("POST", AVATARS, key, content=b"[" * 50_000, headers=headers), 413, "too_large")


def test_an_unknown_path_and_a_wrong_method_have_the_same_body(world: World, key: str) -> None:
    refused(world.call("GET", "/api/v1/nothing", key), 404, "not_found")
    refused(world.call("PUT", AVATARS, key), 405, "method_not_allowed")
    refused(world.call("GET", f"{AVATARS}/", key), 404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/avatars/ast_12345678", "/api/v1/renders/x", "/api/v1/assets/ast_../x"])
def test_an_id_of_the_wrong_form_is_refused(world: World, key: str, path: str) -> None:
    assert world.call("GET", path, key).status_code in (404, 422)


def test_every_answer_names_its_request_and_forbids_caching(world: World, key: str) -> None:
    first, second = (world.call("GET", AVATARS, key) for _ in range(2))
    assert first.headers["Cache-Control"] == "no-store"
    assert len(first.headers["X-Request-Id"]) == 36
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_store_that_is_down_is_503_and_a_fault_is_500_that_tells_nothing(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.secret")

    def broken(*_: object) -> None:
        raise KeyError("a secret of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Avatars, "list", down)
        answer = world.call("GET", AVATARS, key)
        body = refused(answer, 503, "service_unavailable")
        assert answer.headers["Retry-After"]
        patch.setattr(Avatars, "list", broken)
        body = {**body, **refused(world.call("GET", AVATARS, key), 500, "internal_error")}
    assert body["retryable"] is True
    assert "secret" not in json.dumps(body)
    assert world.call("GET", AVATARS, key).status_code == 200


def test_a_request_leaves_one_line_with_its_id_and_never_its_key(
    world: World, space: Space, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = world.call("GET", AVATARS, key)
    (line,) = [record for record in caplog.records if record.message == "answered"]
    assert line.__dict__["requestId"] == answer.headers["X-Request-Id"]
    assert (line.__dict__["route"], line.__dict__["status"], line.__dict__["tenant"]) == (AVATARS, 200, space.tenant)
    assert key.split("_", 3)[3] not in str([record.__dict__ for record in caplog.records])


def test_metrics_are_written_in_the_embedded_format(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world.call("GET", f"{AVATARS}/ava_12345678", key)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    (metrics,) = lines
    assert metrics["route"] == "GET /api/v1/avatars/{avatarId}"
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert (metrics["Requests"], metrics["ClientErrors"], metrics["ServerErrors"]) == ([1.0], [1.0], [0.0])


def test_the_balance_is_this_months_allowance_and_what_is_held(world: World, space: Space, key: str) -> None:
    url = "/api/v1/credits/balance"
    allowance = 600 * 60_000_000
    assert world.call("GET", url, key).json() == {
        "tenantId": space.tenant,
        "balanceCreditMicros": allowance,
        "reservedCreditMicros": 0,
        "availableCreditMicros": allowance,
        "lifetimeGrantedCreditMicros": allowance,
        "lifetimeUsedCreditMicros": 0,
        "updatedAt": "2026-06-10T12:00:00.000Z",
    }
    avatar = world.avatar(key)["id"]
    world.call("POST", "/api/v1/renders", key, json={"avatarId": avatar, "text": "x" * 10})
    seen = world.call("GET", url, key).json()
    assert (seen["balanceCreditMicros"], seen["reservedCreditMicros"]) == (allowance, 2_000_000)
    assert seen["availableCreditMicros"] == allowance - 2_000_000


def test_usage_adds_the_ledger_up_by_day(world: World, space: Space, key: str) -> None:
    avatar = world.avatar(key)["id"]

    def render(text: str) -> str:
        body = {"avatarId": avatar, "text": text}
        return world.call("POST", "/api/v1/renders", key, json=body).json()["id"]

    world.finish(space, render("x" * 100), frames=50)
    world.call("POST", f"/api/v1/renders/{render('x' * 20)}/cancel", key)
    world.clock.forward(24 * 3600)
    world.finish(space, render("x" * 100), frames=25)
    render("x" * 10)
    usage = world.call("GET", "/api/v1/usage", key).json()
    assert (usage["from"], usage["to"]) == ("2026-05-13", "2026-06-11")
    by_day = {day["date"]: day for day in usage["data"]}
    assert by_day["2026-06-01"]["grantedCreditMicros"] == 600 * 60_000_000
    assert (by_day["2026-06-10"]["renders"], by_day["2026-06-10"]["billedCreditMicros"]) == (1, 2_000_000)
    assert (by_day["2026-06-11"]["renders"], by_day["2026-06-11"]["billedCreditMicros"]) == (1, 1_000_000)
    assert by_day["2026-06-11"]["reservedCreditMicros"] == 2_000_000
    totals = usage["totals"]
    assert (totals["renders"], totals["billedCreditMicros"]) == (2, 3_000_000)
    assert totals["billedCreditMicros"] == world.wallet(space).lifetime_used
    day = world.call("GET", "/api/v1/usage?from=2026-06-10&to=2026-06-10", key).json()
    assert [one["date"] for one in day["data"]] == ["2026-06-10"]
    for bad in (
        "from=x",
        "from=2026-06-11&to=2026-06-10",
        "from=2025-01-01&to=2026-06-10",
        "to=2026-13-01",
        "to=0001-01-01",
    ):
        refused(world.call("GET", f"/api/v1/usage?{bad}", key), 422, "invalid_request")
