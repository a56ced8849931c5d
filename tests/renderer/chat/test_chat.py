"""Replies come from any server that speaks chat completions; slow, broken and endless ones are told apart and ended."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from parley.wire.turn_job import ChatMessage
from renderer.chat import ChatFailed, ChatSettings, ChatUnavailable, chat_of
from tests.renderer.chat.chat_server import PATIENT, Answering, Asked, serving
from tests.waiting import HANG_SECONDS

HELLO = (ChatMessage(role="user", content="Hello!"),)


def event(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {} if content is None else {"content": content}
    return f"data: {json.dumps({'choices': [{'delta': delta, 'finish_reason': finish}], **more})}\n\n".encode()


def settings_for(url: str, **limits: Any) -> ChatSettings:
    return ChatSettings(url=url, model="small", api_key="secret", **{**PATIENT, **limits})


def reply_of(url: str, messages: Sequence[ChatMessage] = HELLO, persona: str | None = None, **limits: Any) -> str:
    with chat_of(settings_for(url, **limits)).reply(persona, messages) as reply:
        return "".join(reply)


def test_deltas_come_while_the_rest_is_still_being_written() -> None:
    go_on = threading.Event()

    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        await out.write(event("Hel"))
        await asyncio.to_thread(go_on.wait, HANG_SECONDS)
        await out.write(event("lo.") + event(finish="stop") + b"data: [DONE]\n\n")
        await out.end()

    with serving(answer) as (url, asked, _), chat_of(settings_for(url)).reply("You are Linh.", HELLO) as reply:
        assert next(reply) == "Hel"
        go_on.set()
        assert list(reply) == ["lo."]
        assert next(reply, None) is None
    body = asked[0].json
    assert (asked[0].path, asked[0].headers["authorization"]) == ("/v1/chat/completions", "Bearer secret")
    assert (body["model"], body["stream"]) == ("small", True)
    assert body["messages"][0]["role"] == "system"
    assert body["messages"][0]["content"].startswith("You are Linh.")
    assert body["messages"][1:] == [{"role": "user", "content": "Hello!"}]


def test_events_may_come_in_pieces_of_any_size_with_comments_and_other_line_ends() -> None:
    whole = (
        b": hello\r\n\r\n"
        + event("Xin ch\u00e0o, ").replace(b"\n", b"\r\n")
        + b"event: x\nid: 1\n"
        + event("b\u1ea1n.")
    )
    whole = whole.replace(b"\\u00e0", "\u00e0".encode()) + event(finish="stop")

    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        for index in range(0, len(whole), 7):
            await out.write(whole[index : index + 7])
        await out.end()

    with serving(answer) as (url, *_):
        assert reply_of(url) == "Xin ch\u00e0o, b\u1ea1n."


def test_a_server_that_does_not_stream_is_understood() -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(json.dumps({"choices": [{"message": {"content": "Good day."}}]}).encode())

    with serving(answer) as (url, *_):
        assert reply_of(f"{url}/chat/completions") == "Good day."


@pytest.mark.parametrize("cut", [1, 3, 200])
def test_what_a_model_thinks_aloud_is_not_spoken(cut: int) -> None:
    text = "<think>The user greets. a < b?</think>\n\nHello <b>you</b>."

    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        for index in range(0, len(text), cut):
            await out.write(event(text[index : index + cut]))
        await out.write(event(finish="stop"))
        await out.end()

    with serving(answer) as (url, *_):
        assert reply_of(url) == "Hello <b>you</b>."


def test_an_endless_reply_is_cut_at_its_longest_and_the_server_is_told() -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        while not out.gone.is_set():
            await out.write(event("And so on, "))

    with serving(answer) as (url, _, left):
        assert len(reply_of(url, most_letters=500)) == 500
        assert left.wait(HANG_SECONDS)


@pytest.mark.parametrize("noise", [b": still thinking\n\n", b"x" * 9_999], ids=["comments", "one line"])
def test_an_endless_answer_without_a_word_is_broken_off(noise: bytes) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        while not out.gone.is_set():
            await out.write(noise * 200)

    with serving(answer) as (url, *_), pytest.raises(ChatFailed) as failure:
        reply_of(url)
    assert failure.value.code == "chat_failed"


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        (b"", {"first_seconds": 0.2}),
        (event("One. "), {"pause_seconds": 0.2}),
        (event("One. "), {"total_seconds": 0.2}),
    ],
    ids=["no first word", "silence after it", "too long in all"],
)
def test_a_slow_model_is_told_from_a_good_one(words: bytes, limits: dict[str, float]) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin()
        await out.write(words)
        await out.gone.wait()

    with serving(answer) as (url, _, left):
        with pytest.raises(ChatFailed) as failure:
            reply_of(url, **limits)
        assert (failure.value.code, failure.value.retryable) == ("chat_timeout", True)
        assert left.wait(HANG_SECONDS)


@pytest.mark.parametrize("begins", [False, True], ids=["before the answer", "inside it"])
def test_closing_ends_the_wait_and_the_request(begins: bool) -> None:
    arrived = threading.Event()

    async def answer(_: Asked, out: Answering) -> None:
        if begins:
            await out.begin()
            await out.write(event("One"))
        arrived.set()
        await out.gone.wait()

    with serving(answer) as (url, _, left):
        reply = chat_of(settings_for(url)).reply(None, HELLO)
        if begins:
            assert next(reply) == "One"
        ended: list[str] = []
        waiting = threading.Thread(target=lambda: ended.extend([*reply, "end"]))
        waiting.start()
        assert arrived.wait(HANG_SECONDS)
        reply.close()
        # The server says nothing more and ends nothing: the close alone ends both.
        waiting.join(HANG_SECONDS)
        assert ended == ["end"]
        assert left.wait(HANG_SECONDS)
        reply.close()
        assert next(reply, None) is None


BROKEN = {
    "no events": b"<html>hello</html>",
    "cut inside an event": b'data: {"choices": [{"del',
    "no json": b"data: hello\n\n",
    "other json": b"data: [1, 2]\n\n",
    "no choices": b"data: {}\n\n",
    "content of another kind": b'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
    "not utf-8": b"data: \xff\xfe\n\n",
    "an error inside": event("Well, ") + b'data: {"error": {"message": "out of memory"}}\n\n',
    "ended too soon": event("Well, "),
    "nothing said": event(finish="stop"),
    "deep": b"data: " + b"[" * 100_000 + b"\n\n",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_malformed_answer_is_a_failure_and_never_a_reply(body: bytes) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(body, kind="text/event-stream")

    with serving(answer) as (url, *_), pytest.raises(ChatFailed) as failure:
        reply_of(url)
    assert failure.value.code == "chat_failed"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}'])
def test_a_malformed_whole_answer_is_a_failure(body: bytes) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(body)

    with serving(answer) as (url, *_), pytest.raises(ChatFailed, match="CHAT_URL"):
        reply_of(url)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, ChatUnavailable, "chat_unavailable"),
        (401, ChatUnavailable, "chat_unavailable"),
        (404, ChatUnavailable, "chat_unavailable"),
        (400, ChatFailed, "chat_refused"),
        (429, ChatFailed, "chat_busy"),
        (500, ChatFailed, "chat_failed"),
    ],
)
def test_an_error_of_the_server_says_who_has_to_act(status: int, kind: type[Exception], code: str) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(b'{"error": "the key secret is wrong"}', status, location="http://169.254.169.254/")

    with serving(answer) as (url, asked, _), pytest.raises((ChatFailed, ChatUnavailable)) as failure:
        reply_of(url)
    assert (type(failure.value), failure.value.code, len(asked)) == (kind, code, 1)
    assert "secret" not in str(failure.value)
    assert ("CHAT_" in str(failure.value)) == (kind is ChatUnavailable)


def test_a_server_that_is_not_there_is_named_by_its_setting() -> None:
    with pytest.raises(ChatUnavailable, match="CHAT_URL"):
        reply_of("http://127.0.0.1:9/v1")


def test_no_language_model_names_the_settings() -> None:
    with pytest.raises(ChatUnavailable, match=r"CHAT_URL.*BEDROCK_MODEL_ID"):
        chat_of(ChatSettings.from_env({"CHAT_URL": ""}))


@pytest.mark.parametrize("env", [{"CHAT_URL": "localhost:11434", "CHAT_MODEL": "m"}, {"CHAT_URL": "http://x/v1"}])
def test_a_half_set_model_is_an_error_at_the_start(env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="CHAT_"):
        ChatSettings.from_env(env)


def said(role: Any, content: str) -> ChatMessage:
    return ChatMessage(role=role, content=content)


def test_turns_alternate_and_begin_with_the_user() -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(event("Yes.", "stop"), kind="text/event-stream")

    talk = [said("assistant", "Hi"), said("user", "a"), said("system", "Be brief."), said("user", "b")]
    with serving(answer) as (url, asked, _):
        assert reply_of(url, talk) == "Yes."
    system, *turns = asked[0].json["messages"]
    assert system["content"].endswith("Be brief.")
    assert turns == [{"role": "user", "content": "a\n\nb"}]


@pytest.mark.parametrize(
    ("persona", "talk"),
    [
        (None, [said("user", "a")] * 25),
        (None, [said("user", "a" * 4001)]),
        ("p" * 4001, [said("user", "a")]),
        (None, []),
        (None, [said("user", " ")]),
        (None, [said("user", "a"), said("assistant", "b")]),
    ],
)
def test_a_conversation_beyond_its_bounds_is_refused_before_anyone_is_asked(
    persona: str | None, talk: list[ChatMessage]
) -> None:
    with pytest.raises(ChatFailed) as refusal:
        chat_of(settings_for("http://127.0.0.1:9/v1")).reply(persona, talk)
    assert (refusal.value.code, refusal.value.retryable) == ("chat_refused", False)
