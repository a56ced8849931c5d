"""Text becomes speech: 48 kHz samples and, exactly timed, the phonemes and words in them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.speech.clean_text import clean_text, unspeakable
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.espeak_library import (
    BY_CHARACTER,
    EVENT_END_OF_LIST,
    EVENT_PHONEME,
    EVENT_WORD,
    PITCH_PARAMETER,
    RATE_PARAMETER,
    UTF8,
    EventArray,
    Library,
    SynthCallback,
    fresh_library,
)
from renderer.speech.phoneme_times import Mark, shifted, spans_of
from renderer.speech.resample import resample
from renderer.speech.voices import check_voice, voices
from renderer.speech.word_times import timed_words
from renderer.types import RATE, Samples, Speech

SPEED_RANGE: Final = (80, 450)
"""Words per minute espeak-ng can keep apart."""
PITCH_RANGE: Final = (0, 99)
MAX_SECONDS: Final = 1_800
LEAD_IN_SEC: Final = 0.10
"""Silence before the first sound, so that the mouth is seen to open before it is heard."""
TAIL_SEC: Final = 0.30
"""Silence after the last sound, so that the mouth is seen to close."""


def require_speech() -> None:
    """For the start of a process: raises SpeechUnavailable, saying what to install, when no voice can speak here."""
    if not voices():
        raise SpeechUnavailable("espeak-ng has no voices: its data is incomplete. Reinstall `espeakng-loader`.")


def speak(text: str, *, voice: str = "en-us", words_per_minute: int = 165, pitch: int = 50) -> Speech:
    """Speech at RATE with phonemes that cover it without gap. Same arguments, same bytes. Safe from several threads.

    `pitch` 0..99, 50 is the voice's own. Raises SpeechRejected (codes: see there) and SpeechUnavailable.
    """
    readable = clean_text(text)
    _check_range("words_per_minute", words_per_minute, SPEED_RANGE)
    _check_range("pitch", pitch, PITCH_RANGE)
    spoken = _synthesise(readable, check_voice(voice), words_per_minute, pitch)
    if not any(symbol for _, symbol in spoken.marks):
        raise unspeakable()
    phonemes = spans_of(spoken.marks, spoken.samples, spoken.rate)
    voiced = resample(spoken.samples, spoken.rate, RATE)
    samples = np.concatenate([_silence(LEAD_IN_SEC), voiced, _silence(TAIL_SEC)])
    covering = shifted(phonemes, LEAD_IN_SEC, len(samples) / RATE)
    marks = [(LEAD_IN_SEC + sample / spoken.rate, place) for sample, place in spoken.words]
    return Speech(samples, covering, timed_words(readable, marks, covering, len(samples) / RATE))


@dataclass(frozen=True)
class _Spoken:
    samples: Samples
    rate: int
    marks: list[Mark]
    words: list[tuple[int, int]]
    """(sample, index of the character read from then on)."""


def _synthesise(text: str, voice: str, words_per_minute: int, pitch: int) -> _Spoken:
    pieces: list[bytes] = []
    marks: list[Mark] = []
    words: list[tuple[int, int]] = []
    with fresh_library() as (library, rate):
        most_bytes = MAX_SECONDS * rate * 2
        taken = 0

        def take(wave: int | None, count: int, events: EventArray) -> int:
            nonlocal taken
            if wave and count > 0:
                pieces.append(ctypes.string_at(wave, count * 2))
                taken += count * 2
            _take_marks(events, marks, words)
            return int(taken > most_bytes)

        callback = SynthCallback(take)
        library.espeak_SetSynthCallback(callback)
        _require(library.espeak_SetVoiceByName(voice.encode()), f"voice {voice}")
        _require(library.espeak_SetParameter(RATE_PARAMETER, words_per_minute, 0), "speed")
        _require(library.espeak_SetParameter(PITCH_PARAMETER, pitch, 0), "pitch")
        _synth(library, text)
    if taken > most_bytes:
        raise SpeechRejected(
            "text_too_long", f"The text takes over {MAX_SECONDS // 60} minutes to speak: shorten it or speak faster."
        )
    return _Spoken(np.frombuffer(b"".join(pieces), np.int16), rate, marks, words)


def _synth(library: Library, text: str) -> None:
    data = text.encode()
    _require(library.espeak_Synth(data, len(data) + 1, 0, BY_CHARACTER, 0, UTF8, None, None), "text")


def _take_marks(events: EventArray, marks: list[Mark], words: list[tuple[int, int]]) -> None:
    """Appends (sample, symbol) of each phoneme event of a C array that an end-of-list event closes, and its words."""
    index = 0
    while True:
        event = events[index]
        if event.type == EVENT_END_OF_LIST:
            return
        if event.type == EVENT_WORD:
            words.append((event.sample, event.text_position - 1))
        if event.type == EVENT_PHONEME:
            symbol = bytes(event.id.symbol).partition(b"\0")[0].decode("utf-8", "ignore")
            # "(en)" announces a word of another language: not a sound.
            marks.append((event.sample, "" if symbol.startswith("(") else symbol))
        index += 1


def _require(code: int, what: str) -> None:
    if code != 0:
        raise SpeechUnavailable(f"espeak-ng refuses the {what} (code {code}): its data may be damaged, reinstall it.")


def _check_range(name: str, value: int, allowed: tuple[int, int]) -> None:
    low, high = allowed
    if not low <= value <= high:
        raise SpeechRejected("speech_setting_invalid", f"{name} must be from {low} to {high}; {value} was given.")


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)
