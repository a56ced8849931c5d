"""A turn of a chat: the reply is spoken while it is written, and shown as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from parley.wire.turn_job import ChatMessage
from renderer.chat import Chat, ChatFailed, ChatSettings
from renderer.chat.reply import Question
from renderer.rig import Rig, save_rig
from tests.renderer.turns.turn_server import RunningServer, records_of, running_server
from tests.waiting import HANG_SECONDS


@dataclass
class Written(Question):
    """A language model that writes the words of `first` one after the other, waits until it is told to go on, and
    writes the rest or fails."""

    first: Sequence[str]
    rest: str | ChatFailed
    told: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def deltas(self) -> Iterator[str]:
        yield from self.first
        self.told.wait(HANG_SECONDS)
        if isinstance(self.rest, ChatFailed):
            raise self.rest
        yield self.rest

    def stop(self) -> None:
        self.stopped.set()
        self.told.set()

    def ask(self, system: str, turns: Sequence[ChatMessage]) -> Question:
        del system, turns
        return self


PATIENT = ChatSettings(
    "http://localhost/v1", "m", first_seconds=HANG_SECONDS, pause_seconds=HANG_SECONDS, total_seconds=HANG_SECONDS
)


class Model:
    def __init__(self) -> None:
        self.writes: Written | None = None

    def __call__(self) -> Chat:
        assert self.writes is not None
        return Chat(self.writes.ask, PATIENT)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def server(presenter_rig: Rig, model: Model) -> Iterator[RunningServer]:
    with running_server({"rigs/a": save_rig(presenter_rig)}, chat=model) as running:
        yield running


CHAT = {"mode": "chat", "text": None, "messages": [{"role": "user", "content": "Hi"}]}


def test_the_first_clause_is_seen_while_the_rest_is_not_written_yet(server: RunningServer, model: Model) -> None:
    model.writes = written = Written("I think so, yes. ", "Let us begin.")
    records = []
    for record in records_of(server.turn("c1", **CHAT)):
        records.append(record)
        if record.type == "video":
            written.told.set()
    texts = [each.header["text"] for each in records if each.type == "text_delta"]
    assert texts == ["I think so, ", "yes. ", "Let us begin."]
    assert records[-1].header["reason"] == "completed"


def test_a_clause_that_does_not_end_is_spoken_all_the_same(server: RunningServer, model: Model) -> None:
    model.writes = written = Written(["what I wanted to say abo"], "ut it is this.")
    texts = []
    for record in records_of(server.turn("c2", **CHAT, maxBufferDelayMs=50)):
        if record.type == "text_delta":
            texts.append(record.header["text"])
            written.told.set()
    assert texts == ["what I wanted to say ", "about it is this."]


def test_a_silent_pause_is_filled_so_that_the_clock_never_stands(server: RunningServer, model: Model) -> None:
    model.writes = written = Written("Yes. ", "No.")
    frames = 0
    for record in records_of(server.turn("c3", **CHAT)):
        frames += record.type == "video"
        if frames == 60:
            written.told.set()
        if record.type == "end":
            assert record.header["frames"] == frames
    assert frames > 70


def test_a_model_that_fails_ends_the_turn_with_its_error(server: RunningServer, model: Model) -> None:
    model.writes = written = Written("Well then, ", ChatFailed("chat_busy", "The language model is busy."))
    written.told.set()
    last = list(records_of(server.turn("c4", **CHAT)))[-1]
    assert last.type == "error" and last.header["code"] == "chat_busy" and last.header["retryable"]


def test_an_interrupt_drops_the_question(server: RunningServer, model: Model) -> None:
    model.writes = written = Written("", "")
    answer = server.turn("c5", **CHAT)
    stream = records_of(answer)
    assert next(stream).type == "start"
    assert server.post("/turns/c5/interrupt", {}, server.token("c5")).status == 202
    assert [each.header.get("reason") for each in stream] == ["interrupted"]
    assert written.stopped.wait(HANG_SECONDS)
