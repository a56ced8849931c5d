"""Bedrock's Converse stream through its own protocol on loopback: its binary events become the text of a reply."""

from __future__ import annotations

import json
import struct
import threading
import zlib
from typing import Any

import pytest

from parley.wire.turn_job import ChatMessage
from renderer.chat import ChatFailed, ChatSettings, ChatUnavailable, chat_of
from tests.renderer.chat.chat_server import PATIENT, Answering, Asked, serving
from tests.waiting import HANG_SECONDS

HELLO = (ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Hello!"))
KIND = "application/vnd.amazon.eventstream"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-west-1")


def event(kind: str, body: dict[str, Any], message: str = "event") -> bytes:
    """A message of AWS's event stream: lengths and their checksum, headers, payload, checksum of it all."""
    named = {f":{message}-type": kind, ":content-type": "application/json", ":message-type": message}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in named.items()
    )
    payload = json.dumps(body).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


def delta(text: str) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})


STOP = event("messageStop", {"stopReason": "end_turn"})


def settings(**limits: Any) -> ChatSettings:
    return ChatSettings(bedrock_model_id="amazon.nova-lite-v1:0", **limits)


def reply_of(monkeypatch: pytest.MonkeyPatch, url: str, **limits: Any) -> list[str]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url.removesuffix("/v1"))
    with chat_of(settings(**{**PATIENT, **limits})).reply("You are Linh.", HELLO) as reply:
        return list(reply)


def test_a_reply_comes_delta_by_delta(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin(kind=KIND)
        whole = event("messageStart", {"role": "assistant"}) + delta("Xin ") + delta("chào.") + STOP
        for begin in range(0, len(whole), 11):
            await out.write(whole[begin : begin + 11])
        await out.end()

    with serving(answer) as (url, asked, _):
        assert reply_of(monkeypatch, url) == ["Xin ", "chào."]
    assert asked[0].path == "/model/amazon.nova-lite-v1%3A0/converse-stream" or asked[0].path.endswith(
        "converse-stream"
    )
    body = asked[0].json
    assert body["system"][0]["text"].startswith("You are Linh.")
    assert body["system"][0]["text"].endswith("Be brief.")
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hello!"}]}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (delta("Well, "), "chat_failed"),
        (delta("Well, ") + event("throttlingException", {"message": "slow"}, "exception"), "chat_busy"),
        (delta("Well, ") + event("internalServerException", {"message": "no"}, "exception"), "chat_failed"),
        (b"hello" * 99, "chat_failed"),
        (STOP, "chat_failed"),
    ],
    ids=["ended too soon", "busy", "failed", "no events", "nothing said"],
)
def test_a_broken_stream_is_a_failure(monkeypatch: pytest.MonkeyPatch, body: bytes, code: str) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(body, kind=KIND)

    with serving(answer) as (url, *_), pytest.raises(ChatFailed) as failure:
        reply_of(monkeypatch, url)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("status", "name", "kind", "code"),
    [
        (403, "AccessDeniedException", ChatUnavailable, "chat_unavailable"),
        (404, "ResourceNotFoundException", ChatUnavailable, "chat_unavailable"),
        (429, "ThrottlingException", ChatFailed, "chat_busy"),
        (400, "ValidationException", ChatFailed, "chat_refused"),
        (500, "InternalServerException", ChatFailed, "chat_failed"),
    ],
)
def test_a_refusal_says_who_has_to_act(
    monkeypatch: pytest.MonkeyPatch, status: int, name: str, kind: type[Exception], code: str
) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(b'{"message": "no"}', status, **{"x-amzn-errortype": name})

    with serving(answer) as (url, asked, _), pytest.raises((ChatFailed, ChatUnavailable)) as failure:
        reply_of(monkeypatch, url)
    assert (type(failure.value), failure.value.code, len(asked)) == (kind, code, 1)
    assert ("BEDROCK_MODEL_ID" in str(failure.value)) == (kind is ChatUnavailable)


def test_closing_ends_the_wait_and_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin(kind=KIND)
        await out.write(delta("One"))
        await out.gone.wait()

    with serving(answer) as (url, _, left):
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url.removesuffix("/v1"))
        reply = chat_of(settings(**PATIENT)).reply(None, HELLO)
        assert next(reply) == "One"
        ended: list[str] = []
        waiting = threading.Thread(target=lambda: ended.extend([*reply, "end"]))
        waiting.start()
        reply.close()
        # The server says nothing more and ends nothing: the close alone ends both.
        waiting.join(HANG_SECONDS)
        assert ended == ["end"]
        assert left.wait(HANG_SECONDS)


def test_without_a_region_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    with pytest.raises(ChatUnavailable, match="AWS_REGION"):
        chat_of(settings())
