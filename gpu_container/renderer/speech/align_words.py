"""Words of a recording whose text is known: placed where its voice is heard, paced as our own voice would read them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.speech.clean_text import MAX_CHARACTERS, clean_text, unspeakable
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.speak import speak
from renderer.speech.word_times import Token, tokens_of
from renderer.types import RATE, Floats, Samples, Word

MAX_TRANSCRIPT: Final = 40_000
"""Characters: half an hour of fast speech has some 30,000."""
_BLOCK_SEC: Final = 0.01
_BLOCKS_AT_ONCE: Final = 4_000
"""Bounds memory: 40 s of sound at a time."""
_QUIET_UNDER_LOUD_DB: Final = 28.0
"""A block so far under the loudest twentieth is no speech: room, breath, a pause."""
_SHORTEST_PAUSE_SEC: Final = 0.14
_PAUSE_NEAR: Final = 0.22
"""A phrase's end is taken to be the pause at hand if it lies within this share of the phrase, or _NEAR_SEC."""
_NEAR_SEC: Final = 0.35
_PHRASE_ENDS: Final = ".,;:!?\u2026\u3002\uff0c\uff1b\uff1a\uff01\uff1f\u3001\u060c\u061b\u061f\u0964\u2014"
_SPOKEN_AT_ONCE: Final = MAX_CHARACTERS // 2


@dataclass(frozen=True)
class _Heard:
    """Where a voice sounds: `start_sec` and `end_sec` of each stretch, and how much sounded before it."""

    starts: list[float]
    ends: list[float]
    before: list[float]

    @property
    def total(self) -> float:
        return self.before[-1] + self.ends[-1] - self.starts[-1]

    def at(self, sounded: float, *, ending: bool) -> float:
        """The second at which so much has sounded; at a pause its end, or with `ending` its beginning."""
        sounded = min(max(sounded, 0.0), self.total)
        index = bisect_right(self.before, sounded) - 1
        if ending and index > 0 and sounded - self.before[index] < 1e-9:
            return self.ends[index - 1]
        return min(self.starts[index] + sounded - self.before[index], self.ends[index])


def align_words(samples: Samples, transcript: str, language: str | None = None) -> tuple[Word, ...]:
    """The words of `transcript` with the times at which `samples`, int16 (N,) at RATE, should say them.

    An estimate: each word lasts its share of the voice heard, as espeak-ng reads it in `language`, and phrases that end
    at a comma or full stop end at the pause that is near. Off by 0.2 s on average on radio speech without punctuation,
    by 0.6 s in one word of ten; by 0.03 s where another voice of ours reads a text with its commas.
    Raises SpeechRejected text_too_long, text_unspeakable.
    """
    if len(transcript) > MAX_TRANSCRIPT:
        raise SpeechRejected("text_too_long", f"The transcript has over {MAX_TRANSCRIPT} characters: send less.")
    readable = " ".join(clean_text(piece) for piece in _pieces(transcript) if any(char.isalnum() for char in piece))
    tokens = tokens_of(readable)
    if not tokens:
        raise unspeakable()
    heard = _heard(samples)
    spans = _paced(tokens, _lengths(readable, tokens, language), heard)
    words: list[Word] = []
    for token, (low, high) in zip(tokens, spans, strict=True):
        start = round(heard.at(low, ending=False), 4)
        words.append(Word(token.text, start, max(start, round(heard.at(high, ending=True), 4)), token.joined))
    return tuple(words)


def _pieces(text: str) -> list[str]:
    """Parts that our voice takes at once, cut at spaces where there are any."""
    pieces: list[str] = []
    while len(text) > _SPOKEN_AT_ONCE:
        cut = text.rfind(" ", 1, _SPOKEN_AT_ONCE)
        cut = cut if cut > 0 else _SPOKEN_AT_ONCE
        pieces.append(text[:cut])
        text = text[cut:].lstrip()
    return [*pieces, text]


def _lengths(text: str, tokens: Sequence[Token], language: str | None) -> list[float]:
    """How long each word takes our voice, in seconds; where it cannot read them, as long as it has letters."""
    lengths: list[float] = []
    try:
        for piece in _pieces(text):
            spoken = speak(piece, voice=language or "en-us")
            lengths += [word.end_sec - word.start_sec for word in spoken.words or ()]
    except (SpeechRejected, SpeechUnavailable):
        lengths = []
    if len(lengths) != len(tokens):
        lengths = [float(len(token.text)) for token in tokens]
    return [max(length, 0.02) for length in lengths]


def _heard(samples: Samples) -> _Heard:
    levels, end = _levels_db(samples), len(samples) / RATE
    if not len(levels):
        return _Heard([0.0], [end], [0.0])
    loud = levels > max(float(np.percentile(levels, 95)) - _QUIET_UNDER_LOUD_DB, 10.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    starts, ends = list[float](), list[float]()
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if ends and start * _BLOCK_SEC - ends[-1] < _SHORTEST_PAUSE_SEC:
            ends[-1] = stop * _BLOCK_SEC
        else:
            starts.append(start * _BLOCK_SEC)
            ends.append(stop * _BLOCK_SEC)
    if not starts:
        return _Heard([0.0], [end], [0.0])
    lasting = np.cumsum([0.0, *(stop - start for start, stop in zip(starts, ends, strict=True))])
    return _Heard(starts, ends, lasting[:-1].tolist())


def _levels_db(samples: Samples) -> Floats:
    """Of each whole block; 0 dB is an amplitude of 1."""
    block = round(_BLOCK_SEC * RATE)
    blocks = samples[: len(samples) // block * block].reshape(-1, block)
    levels = np.zeros(len(blocks), np.float32)
    for first in range(0, len(blocks), _BLOCKS_AT_ONCE):
        part = blocks[first : first + _BLOCKS_AT_ONCE].astype(np.float32)
        levels[first : first + len(part)] = 10.0 * np.log10(np.mean(part**2, axis=1) + 1.0)
    return levels


def _paced(tokens: Sequence[Token], lengths: Sequence[float], heard: _Heard) -> list[tuple[float, float]]:
    """From when to when each word sounds, in seconds of sounding voice; phrases end at pauses where they nearly do."""
    spans: list[tuple[float, float]] = []
    left, done = sum(lengths), 0.0
    first = 0
    for last, token in enumerate(tokens):
        if token.text[-1] not in _PHRASE_ENDS and last + 1 < len(tokens):
            continue
        phrase = lengths[first : last + 1]
        expected = (heard.total - done) * sum(phrase) / max(left, 1e-6)
        end = heard.total if last + 1 == len(tokens) else _pause_near(heard, done + expected, expected)
        end = max(end, done)
        scale, place = (end - done) / sum(phrase), done
        for length in phrase:
            spans.append((place, place + length * scale))
            place += length * scale
        left -= sum(phrase)
        done, first = end, last + 1
    return spans


def _pause_near(heard: _Heard, sounded: float, phrase: float) -> float:
    """The pause nearest to where a phrase should end; there itself when none is near."""
    pauses = heard.before[1:]
    if not pauses:
        return sounded
    nearest = min(pauses, key=lambda pause: abs(pause - sounded))
    return nearest if abs(nearest - sounded) <= max(_NEAR_SEC, _PAUSE_NEAR * phrase) else sounded
