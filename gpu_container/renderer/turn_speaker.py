"""What a turn's job says, as pieces: its text in its voice, or the sound that was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from parley.wire.turn_job import TurnJob
from renderer.ahead import Ahead, Exhausted, NotYet
from renderer.chat import Chat, ChatFailed, ChatSettings, ChatUnavailable, chat_of
from renderer.given_sound import SoundFiles, given_sound
from renderer.speech.clauses import FIRST, FIRST_IN_A_HURRY
from renderer.speech.voice import voice_of
from renderer.turn import TurnFailed
from renderer.turn_control import TurnControl
from renderer.turn_pieces import Piece, given_pieces, spoken_pieces

DELTAS_AHEAD: Final = 64
LEAST_PATIENCE_SEC: Final = 0.01

GetChat: TypeAlias = Callable[[], Chat]
"""Raises ChatUnavailable."""


def pieces_of(job: TurnJob, files: SoundFiles, chat: GetChat, control: TurnControl) -> Iterator[Piece]:
    """Raises TurnFailed, SpeechRejected, SpeechUnavailable, as they come to be asked for."""
    if job.mode == "speak_audio":
        yield from given_pieces(given_sound(job.audio, files))
    elif job.mode == "speak_text":
        yield from _spoken(job, iter([job.text or ""]))
    else:
        yield from _spoken(job, _replied(job, chat, control))


def chat_from_env() -> Chat:
    """The language model of the environment. Raises ChatUnavailable."""
    try:
        return chat_of(ChatSettings.from_env())
    except ValueError as error:
        raise ChatUnavailable(str(error)) from error


def _replied(job: TurnJob, chat: GetChat, control: TurnControl) -> Iterator[str | None]:
    """The reply as it is written; None whenever it has been silent for `max_buffer_delay_ms`."""
    try:
        with chat().reply(job.persona, job.messages) as reply:
            control.at_end(reply.close)
            yield from _with_waits(Ahead(reply, DELTAS_AHEAD, "reply"), job.max_buffer_delay_ms / 1000)
    except (ChatUnavailable, ChatFailed) as error:
        raise TurnFailed(error.code, error.message, error.retryable) from error


def _with_waits(deltas: Ahead[str], patience_sec: float) -> Iterator[str | None]:
    try:
        while True:
            try:
                yield deltas.take(max(patience_sec, LEAST_PATIENCE_SEC))
            except NotYet:
                yield None
    except Exhausted:
        return
    finally:
        deltas.close()


def _spoken(job: TurnJob, texts: Iterator[str | None]) -> Iterator[Piece]:
    voice = voice_of(job.voice or job.language)
    say = partial(voice.speak, speed=job.speed)
    yield from spoken_pieces(texts, lambda text: say(text), FIRST_IN_A_HURRY if job.low_latency_first_chunk else FIRST)
