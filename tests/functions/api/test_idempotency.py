"""A write sent twice acts once and answers the same."""

import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from functions.api.services import ApiOptions
from parley.domain.spaces import Space
from parley.store.idempotency import CLAIM_SECONDS
from parley.store.ports import ItemKey, Write
from tests.functions.api.world import PNG, World, refused
from tests.waiting import HANG_SECONDS, wait_for

AVATARS = "/api/v1/avatars"
RENDERS = "/api/v1/renders"
ONCE = {"Idempotency-Key": "once"}


@pytest.fixture(scope="module")
def options() -> ApiOptions:
    return ApiOptions(upload_wait_seconds=0.1, lipsync_wait_seconds=0.1, repeat_wait_seconds=HANG_SECONDS)


def replayed(answer: httpx.Response, first: httpx.Response) -> bool:
    return (
        answer.status_code == first.status_code
        and answer.content == first.content
        and answer.headers.get("Idempotency-Replayed") == "true"
        and answer.headers.get("Location") == first.headers.get("Location")
        and "Idempotency-Replayed" not in first.headers
    )


def test_every_write_replays_its_first_answer(world: World, key: str) -> None:
    avatar = world.avatar(key)["id"]
    sound, picture, spare = world.sound(key)["id"], world.picture(key), world.avatar(key)["id"]
    made = world.call("POST", "/api/v1/api-keys", key, json={"name": "x"}).json()["id"]
    render = world.call("POST", RENDERS, key, json={"avatarId": avatar, "text": "Hi."}).json()["id"]
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", AVATARS, {"json": {"displayName": "x", "sourceKind": "image"}}),
        ("PATCH", f"{AVATARS}/{avatar}", {"json": {"displayName": "y"}}),
        ("DELETE", f"{AVATARS}/{spare}", {}),
        ("POST", "/api/v1/assets", {"files": {"file": ("a.png", PNG, "image/png")}, "data": {"kind": "image"}}),
        ("POST", "/api/v1/assets/remote", {"json": {"kind": "image", "remoteUrl": picture["publicUrl"]}}),
        (
            "POST",
            "/api/v1/assets/uploads",
            {"json": {"kind": "audio", "contentType": "audio/wav", "sizeBytes": 9}},
        ),
        ("DELETE", f"/api/v1/assets/{sound}", {}),
        ("POST", f"{RENDERS}/{render}/cancel", {}),
        ("POST", RENDERS, {"json": {"avatarId": avatar, "text": "Hello."}}),
        ("POST", "/api/v1/lipsync", {"json": {"avatarId": avatar, "audioUrl": "https://example.com/a.mp3"}}),
        ("POST", "/api/v1/batches", {}),
        ("POST", "/api/v1/api-keys", {"json": {"name": "y"}}),
        ("DELETE", f"/api/v1/api-keys/{made}", {}),
    ]
    for number, (method, path, body) in enumerate(writes):
        headers = {"Idempotency-Key": f"key-{number}"}
        first = world.call(method, path, key, headers=headers, **body)
        assert first.is_success, first.text
        again = world.call(method, path, key, headers=headers, **body)
        assert replayed(again, first), (method, path, again.text, first.text)


def test_a_repeated_order_is_charged_and_handed_over_once(world: World, space: Space, key: str) -> None:
    avatar = world.avatar(key)["id"]
    body = {"avatarId": avatar, "text": "Hello."}
    first = world.call("POST", RENDERS, key, json=body, headers=ONCE)
    after = world.wallet(space)
    assert replayed(world.call("POST", RENDERS, key, json=body, headers=ONCE), first)
    assert world.wallet(space) == after
    assert len(world.submitted()) == 1
    assert len(world.call("GET", RENDERS, key).json()["data"]) == 1


def test_another_request_under_the_key_is_409_and_does_nothing(world: World, space: Space, key: str) -> None:
    body = {"displayName": "x", "sourceKind": "image"}
    world.call("POST", AVATARS, key, json=body, headers=ONCE)
    before = world.wallet(space)
    refused(
        world.call("POST", AVATARS, key, json={**body, "displayName": "y"}, headers=ONCE), 409, "idempotency_conflict"
    )
    order = {"avatarId": "ava_12345678", "text": "Hi."}
    refused(world.call("POST", RENDERS, key, json=order, headers=ONCE), 409, "idempotency_conflict")
    assert world.wallet(space) == before
    assert len(world.call("GET", AVATARS, key).json()["data"]) == 1


def test_the_same_body_in_another_spelling_is_the_same_request(world: World, key: str) -> None:
    headers = {**ONCE, "Content-Type": "application/json"}
    first = world.call("POST", AVATARS, key, content=b'{"displayName":"x","sourceKind":"image"}', headers=headers)
    spelled = b'{ "sourceKind": "image",\n "displayName": "\\u0078" }'
    assert replayed(world.call("POST", AVATARS, key, content=spelled, headers=headers), first)


def test_an_upload_is_known_by_its_content_not_by_its_boundary(world: World, space: Space, key: str) -> None:
    def upload(boundary: str, data: bytes) -> httpx.Response:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
        headers = {**ONCE, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        content = head + data + f"\r\n--{boundary}--\r\n".encode()
        return world.call("POST", "/api/v1/assets", key, content=content, headers=headers)

    first = upload("first", PNG)
    assert first.status_code == 201, first.text
    assert replayed(upload("second", PNG), first)
    refused(upload("third", PNG + b"!"), 409, "idempotency_conflict")
    assert len(world.objects(space)) == 1


def test_keys_are_each_tenants_own(world: World, key: str) -> None:
    body = {"displayName": "x", "sourceKind": "image"}
    first = world.call("POST", AVATARS, key, json=body, headers=ONCE)
    other = world.call("POST", AVATARS, world.key(world.tenant()), json=body, headers=ONCE)
    assert other.json()["id"] != first.json()["id"]


def test_a_refusal_gives_the_key_up(world: World, space: Space, key: str) -> None:
    avatar = world.avatar(key)["id"]
    wallet = world.wallet(space)
    world.drain(space)
    body = {"avatarId": avatar, "text": "Hi."}
    refused(world.call("POST", RENDERS, key, json=body, headers=ONCE), 402, "insufficient_credits")
    refused(world.call("POST", RENDERS, key, json={}, headers=ONCE), 422, "invalid_request")
    world.stores.wallets.grant(space, world.stores.ids.new("grt"), wallet.balance, world.clock.at)
    assert world.call("POST", RENDERS, key, json=body, headers=ONCE).status_code == 201


def test_a_failure_half_way_is_taken_up_where_it_stopped(
    world: World, space: Space, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"avatarId": world.avatar(key)["id"], "text": "Hi."}

    def broken(*_: object) -> None:
        raise RuntimeError("the queue is gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.stores.submitted_queue), "send", broken)
        failed = world.call("POST", RENDERS, key, json=body, headers=ONCE)
    assert "queue" not in refused(failed, 500, "internal_error")["error"]
    reserved = world.wallet(space).reserved
    assert reserved > 0
    again = world.call("POST", RENDERS, key, json=body, headers=ONCE)
    assert again.status_code == 201
    assert world.wallet(space).reserved == reserved
    assert [one["renderId"] for one in world.submitted()] == [again.json()["id"]]
    assert len(world.call("GET", RENDERS, key).json()["data"]) == 1


def test_a_repeat_waits_for_the_first_to_answer(world: World, space: Space, key: str) -> None:
    """The client's own retry, sent while the first request is still at work, gets the first one's answer."""
    avatar = world.avatar(key)["id"]
    body = {"avatarId": avatar, "audioUrl": "https://example.com/a.mp3"}
    answers: list[httpx.Response] = []

    def send() -> None:
        headers = {**ONCE, "Prefer": "wait=100"}
        answers.append(world.call("POST", "/api/v1/lipsync", key, json=body, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: world.call("GET", RENDERS, key).json()["data"])
    (render,) = world.call("GET", RENDERS, key).json()["data"]
    world.finish(space, render["id"])
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, True]


def test_a_claim_nobody_answers_is_taken_over(
    world: World, space: Space, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = world.app.state.services
    hurried = replace(services, options=replace(services.options, repeat_wait_seconds=0.2))
    monkeypatch.setitem(world.app.state._state, "services", hurried)
    body = {"displayName": "x", "sourceKind": "image"}
    first = world.call("POST", AVATARS, key, json=body, headers=ONCE)
    _forget_the_answer(world, space)
    refused(world.call("POST", AVATARS, key, json=body, headers=ONCE), 409, "request_in_progress")
    world.clock.forward(CLAIM_SECONDS)
    again = world.call("POST", AVATARS, key, json=body, headers=ONCE)
    assert again.json() == first.json()
    assert len(world.call("GET", AVATARS, key).json()["data"]) == 1


@pytest.mark.parametrize("name", ["", "x" * 181, "a b", "\x7f"])
def test_a_key_that_is_no_key_is_422(world: World, key: str, name: str) -> None:
    body = {"displayName": "x", "sourceKind": "image"}
    answer = world.call("POST", AVATARS, key, json=body, headers={"Idempotency-Key": name})
    refused(answer, 422, "invalid_request")
    assert world.call("GET", AVATARS, key).json()["data"] == []


def test_a_key_of_180_characters_is_taken_and_reads_ignore_keys(world: World, key: str) -> None:
    body = {"displayName": "x", "sourceKind": "image"}
    headers = {"Idempotency-Key": "k" * 180}
    assert world.call("POST", AVATARS, key, json=body, headers=headers).status_code == 201
    assert world.call("GET", AVATARS, key, headers=headers).status_code == 200


def _forget_the_answer(world: World, space: Space) -> None:
    """What a process leaves that died between acting and answering."""
    (item,) = world.stores.table.query_all(space.partition, "IDEMPOTENCY#")
    del item["reply"]
    item["state"] = "working"
    world.stores.table.write(Write(kind="put", key=ItemKey(item["pk"], item["sk"]), item=item))
