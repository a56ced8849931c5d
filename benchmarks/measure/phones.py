"""What lips ought to do, from phones and their times: how open, when shut, when at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.types import RATE, Phoneme, Samples

Reals = NDArray[np.float64]

GRID: Final = 200
"""Points a second of the phones' curve."""
SLOWNESS_SEC: Final = 0.05
"""Half width of the window that smooths it: lips take about 100 ms from one sound to the next."""

# How far apart lips are for a sound, by the height of the vowel, an unstressed one less; most consonants leave them to
# the vowels around, and h has the shape of the sound after it.
_OPENNESS: Final = {
    **dict.fromkeys("aɑæʌɒ", 1.0),
    **dict.fromkeys("ɛeɜɔoɝ", 0.7),
    **dict.fromkeys("əɐɚ", 0.5),
    **dict.fromkeys("iɪᵻuʊɨyɯ", 0.4),
    **dict.fromkeys("pbm", 0.0),
    **dict.fromkeys("fvw", 0.1),
}
_OTHER_SOUND: Final = 0.3
_MARKS: Final = "ˈˌː̩ʲʷʰ˞"
_LABIALS: Final = "pbm"

QUIET_DB: Final = -35.0
"""Where phones are unknown, sound this far below the loudest 5 % is a pause."""
PAUSE_SEC: Final = 0.25


@dataclass(frozen=True)
class Span:
    """Seconds from `start` to `end` during which `letter`, one letter of IPA, sounds."""

    letter: str
    start: float
    end: float


def spans_of(phonemes: tuple[Phoneme, ...]) -> tuple[Span, ...]:
    """The letters of all phonemes but pauses, each with an even share of its phoneme's time."""
    found: list[Span] = []
    for phoneme in phonemes:
        letters = [letter for letter in phoneme.symbol if letter not in _MARKS]
        edges = np.linspace(phoneme.start_sec, phoneme.end_sec, len(letters) + 1)
        found += [Span(letter, float(a), float(b)) for letter, a, b in zip(letters, edges, edges[1:], strict=False)]
    return tuple(found)


def openness(spans: tuple[Span, ...], duration_sec: float) -> Reals:
    """How open lips should be, 0..1, at GRID points a second: 0 in pauses, smoothed as lips are slow."""
    curve = np.zeros(int(duration_sec * GRID) + 1)
    for span, after in zip(spans, (*spans[1:], None), strict=True):
        shape = after.letter if span.letter == "h" and after is not None else span.letter
        curve[round(span.start * GRID) : round(span.end * GRID)] = _OPENNESS.get(shape, _OTHER_SOUND)
    window = np.hanning(2 * round(SLOWNESS_SEC * GRID) + 1)
    return np.convolve(curve, window / window.sum(), mode="same").astype(np.float64)


def labials(spans: tuple[Span, ...]) -> list[Span]:
    """The sounds during which the lips must touch."""
    return [span for span in spans if span.letter in _LABIALS]


def voiced_stretches(spans: tuple[Span, ...]) -> list[tuple[float, float]]:
    """(start, end) seconds of the stretches of speech between pauses of PAUSE_SEC or more."""
    found: list[tuple[float, float]] = []
    for span in spans:
        if found and span.start - found[-1][1] < PAUSE_SEC:
            found[-1] = (found[-1][0], span.end)
        else:
            found.append((span.start, span.end))
    return found


def loud_stretches(samples: Samples) -> list[tuple[float, float]]:
    """The same from loudness alone, for speech whose phones are not known."""
    step = RATE // 100
    blocks = samples[: len(samples) // step * step].reshape(-1, step).astype(np.float64)
    level = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-3)
    loud = np.flatnonzero(level > np.percentile(level, 95) + QUIET_DB)
    return voiced_stretches(tuple(Span("a", index / 100, (index + 1) / 100) for index in loud.tolist()))
