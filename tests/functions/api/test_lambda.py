"""The control plane as Lambda calls it: every form of event that API Gateway has, answered alike."""

import base64
import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.api.services import ApiOptions
from parley.domain.spaces import Space
from tests.functions.api.gateway_events import FORMS, Sent, http_api, rest_api
from tests.functions.api.world import PEPPER, PNG, World

INVOCATION = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
GATEWAY = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="r.png"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
JSON = {"Content-Type": "application/json"}


class Context:
    aws_request_id = INVOCATION
    function_name = "parley-api"


class Answer:
    """What API Gateway makes of a function's answer for the client."""

    def __init__(self, given: dict[str, Any]) -> None:
        assert isinstance(given["isBase64Encoded"], bool)
        json.dumps(given)  # Lambda's runtime does so
        self.status: int = given["statusCode"]
        self.headers: dict[str, str] = {**(given.get("headers") or {})}
        for name, values in (given.get("multiValueHeaders") or {}).items():
            self.headers[name] = ", ".join(values)
        body = given.get("body") or ""
        self.body: bytes = base64.b64decode(body) if given["isBase64Encoded"] else body.encode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Call = Callable[[Sent], Answer]


@pytest.fixture(scope="module")
def handler(opened: World) -> Any:  # noqa: ARG001 (the world is the cloud)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY_PEPPER", PEPPER)
        yield importlib.reload(importlib.import_module("functions.api.handler")).handler


@pytest.fixture(params=FORMS)
def call(request: pytest.FixtureRequest, handler: Any, world: World) -> Call:  # noqa: ARG001 (a fresh world)
    return lambda sent: Answer(handler(FORMS[request.param](sent), Context()))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_request_without_a_body_is_answered(call: Call, space: Space, key: str) -> None:
    assert call(Sent("GET", "/health")).json == {"status": "ok"}
    answer = call(Sent("GET", "/api/v1/credits/balance", bearer(key)))
    assert (answer.status, answer.json["tenantId"]) == (200, space.tenant)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_json_comes_through_as_text_letters_of_every_kind_too(call: Call, key: str) -> None:
    body = json.dumps({"displayName": "凛 Ñandú", "sourceKind": "image"}, ensure_ascii=False).encode()
    answer = call(Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON}, body))
    assert (answer.status, answer.json["displayName"]) == (201, "凛 Ñandú")
    read = call(Sent("GET", f"/api/v1/avatars/{answer.json['id']}", bearer(key)))
    assert read.json == answer.json


def test_a_binary_upload_comes_through_whole(call: Call, world: World, space: Space, key: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b", "Prefer": "respond-async"}
    answer = call(Sent("POST", "/api/v1/assets", {**bearer(key), **kind}, FORM))
    assert answer.status == 201, answer.body
    assert answer.headers["location"] == f"/api/v1/assets/{answer.json['id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert world.stores.uploads.get(f"assets/{space.path}/{answer.json['id']}") == PNG


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_json_that_was_sent_as_bytes_is_read_all_the_same(form: Any, handler: Any, key: str) -> None:
    """As a client sends it that names no Content-Type of text: the gateway makes base64 of it."""
    event = form(Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON}))
    body = json.dumps({"displayName": "Rin", "sourceKind": "image"}).encode()
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert Answer(handler(event, Context())).status == 201


def test_a_write_without_a_body_says_what_is_missing(call: Call, key: str) -> None:
    answer = call(Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON}))
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert "required" in answer.json["error"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(call: Call, key: str) -> None:
    answer = call(Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON}, b" " * 40_000))
    assert (answer.status, answer.json["code"]) == (413, "too_large")


def test_query_values_are_decoded_and_the_last_of_a_repeated_name_counts(call: Call, key: str) -> None:
    days = (("from", "2026-06-01"), ("from", "2026-06-05"), ("to", "2026-06-09"))
    answer = call(Sent("GET", "/api/v1/usage", bearer(key), query=days))
    assert (answer.json["from"], answer.json["to"]) == ("2026-06-05", "2026-06-09")
    refused = call(Sent("GET", "/api/v1/renders", bearer(key), query=(("cursor", "a b&c=d/é"), ("limit", "5"))))
    assert (refused.status, refused.json["code"]) == (422, "invalid_request")
    refused = call(Sent("GET", "/api/v1/renders", bearer(key), query=(("limit", "5"), ("limit", "0"))))
    assert "limit" in refused.json["error"]


@pytest.mark.parametrize("path", ["/api/v1/avatars/ava_凛", "/api/v1/avatars/ava_a%20b", "/api/v1/凛", "/a//b", "//"])
def test_paths_of_all_letters_are_refused_in_our_own_words(call: Call, key: str, path: str) -> None:
    answer = call(Sent("GET", path, bearer(key)))
    assert answer.status in (404, 422)
    assert answer.json["requestId"] == answer.headers["x-request-id"]


def test_cookies_are_no_key(call: Call, key: str) -> None:
    answer = call(Sent("GET", "/api/v1/avatars", cookies=(f"Authorization=Bearer {key}", "a=b")))
    assert (answer.status, answer.json["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert call(Sent("GET", "/api/v1/avatars", bearer(key), cookies=("a=b",))).status == 200


@pytest.mark.parametrize("source_ip", ["203.0.113.7", "2001:db8::1"])
def test_a_client_of_either_internet_is_answered(call: Call, source_ip: str) -> None:
    assert call(Sent("GET", "/health", source_ip=source_ip)).status == 200


def test_errors_keep_their_status_and_body(call: Call, key: str) -> None:
    assert call(Sent("GET", "/api/v1/avatars", bearer("sk_wrong"))).json["code"] == "unauthorized"
    assert call(Sent("GET", "/nowhere")).json["code"] == "not_found"
    assert call(Sent("DELETE", "/health")).json["code"] == "method_not_allowed"
    answer = call(Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON}, b"{"))
    assert (answer.status, answer.json["code"]) == (422, "invalid_json")


def test_the_request_id_is_the_gateways_where_it_is_a_uuid_and_else_lambdas(call: Call) -> None:
    answer = call(Sent("GET", "/nowhere", request_id=GATEWAY))
    assert answer.headers["x-request-id"] == answer.json["requestId"] == GATEWAY
    assert call(Sent("GET", "/nowhere")).headers["x-request-id"] == INVOCATION


def test_nobody_outside_chooses_the_request_id(call: Call) -> None:
    chosen = "11111111-2222-3333-4444-555555555555"
    headers = {"X-Request-Id": chosen, "x-amzn-lambda-context": json.dumps({"request_id": chosen})}
    assert call(Sent("GET", "/health", headers)).headers["x-request-id"] == INVOCATION


@pytest.mark.parametrize("form", [http_api, rest_api])
def test_a_request_repeated_under_its_key_gets_its_answer_again(form: Any, handler: Any, key: str) -> None:
    body = json.dumps({"displayName": "Rin", "sourceKind": "image"}).encode()
    sent = Sent("POST", "/api/v1/avatars", {**bearer(key), **JSON, "Idempotency-Key": "once"}, body)
    first, again = (Answer(handler(form(sent), Context())) for _ in range(2))
    assert (first.status, first.body) == (again.status, again.body)
    assert again.headers["idempotency-replayed"] == "true"


def test_an_answer_that_is_no_text_is_carried_in_base64(handler: Any) -> None:
    """None of ours is so today; the way is there, byte for byte."""
    given = handler.infer(http_api(Sent("GET", "/")), Context())(
        {"status": 200, "headers": [(b"content-type", b"image/png")], "body": PNG}
    )
    assert given["isBase64Encoded"] is True
    assert Answer(given).body == PNG


def test_what_no_gateway_sent_is_an_error_of_the_function(handler: Any) -> None:
    with pytest.raises(RuntimeError, match="infer"):
        handler({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, Context())


def test_every_wait_is_over_before_the_gateway_gives_up() -> None:
    from functions.api import handler as module

    options = module.gateway_options(ApiOptions())
    given_up = 29.0
    assert options.longest_wait_seconds < given_up
    fetched_and_inspected = module.FETCH_SECONDS + options.upload_wait_seconds
    assert options.repeat_wait_seconds + fetched_and_inspected < given_up
    assert module.gateway_options(ApiOptions(longest_wait_seconds=3)).longest_wait_seconds == 3


def test_a_fault_of_ours_tells_nothing_of_our_insides(
    handler: Any, world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("parley.store.avatars.Avatars.list", broken)
    answer = Answer(handler(http_api(Sent("GET", "/api/v1/avatars", bearer(key))), Context()))
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (500, "internal_error", True)
    assert b"hunter2" not in answer.body
    assert answer.headers["x-request-id"] == INVOCATION
    del world
