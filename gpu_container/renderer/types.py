"""The plain values that flow through the renderer, left to right: speech, visemes, mouth shapes, head poses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.int16]
Floats: TypeAlias = NDArray[np.float32]
Reals: TypeAlias = NDArray[np.floating[Any]]
"""Inside a computation, where numpy may widen; what crosses a seam is Floats."""
Picture: TypeAlias = NDArray[np.uint8]

RATE: Final = 48_000
"""Sample rate of all speech inside the renderer, Hz: AAC's native rate, so no later resampling."""

TRACK_RATE: Final = 100
"""Viseme columns per second: 10 ms, the grid of forced aligners, finer than any frame rate."""

VISEMES: Final = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""The Oculus/OpenXR set of 15: every other viseme set maps onto it."""

MOUTH_AXES: Final = ("jaw", "wide", "round", "upper", "lower", "press", "tongue", "corner")
"""Columns of a MouthTrack, in order.

jaw 0..1: chin and lower teeth down (1 = widest speech opening). wide -1..1: corners apart. round 0..1: lips pursed
and forward. upper 0..1: upper lip raised off the teeth. lower -1..1: lower lip lowered (+) or tucked up under the upper
teeth (-1, f/v). press 0..1: lips closed and pressed; 1 closes the lips whatever the jaw does. tongue 0..1: tip up and
forward. corner -1..1: corners down, or up and out in a smile. All zeros is the rest: lips closed, exactly as in the
portrait.
"""


@dataclass(frozen=True)
class Phoneme:
    """One sounded segment. `symbol` is IPA as espeak-ng writes it, "" for a pause; times in seconds from the start."""

    symbol: str
    start_sec: float
    end_sec: float


@dataclass(frozen=True)
class Word:
    """One written word, its punctuation with it, and when it is heard; times in seconds from the start.

    `joined`: no space parts it from the word before (Chinese, Japanese, Thai).
    """

    text: str
    start_sec: float
    end_sec: float
    joined: bool = False


@dataclass(frozen=True)
class Speech:
    """Mono speech: `samples` int16 (N,) at RATE. `phonemes` and `words` when the text was known, else None."""

    samples: Samples
    phonemes: tuple[Phoneme, ...] | None = None
    words: tuple[Word, ...] | None = None

    @property
    def duration_sec(self) -> float:
        return len(self.samples) / RATE


@dataclass(frozen=True)
class VisemeTrack:
    """What is said: `weights` float32 (T, 15), rows sum to 1, at TRACK_RATE; `energy` float32 (T,) 0..1 loudness.

    `shape` float32 (T, 3) or None: jaw, wide, round as MOUTH_AXES has them, where they are known better than from the
    weights: read from sound, coarticulation and all.
    """

    weights: Floats
    energy: Floats
    shape: Floats | None = None


@dataclass(frozen=True)
class MouthTrack:
    """What is drawn: `axes` float32 (frames, 8), columns MOUTH_AXES, one row per picture."""

    axes: Floats
    fps: int


HEAD_AXES: Final = (
    "x", "y", "roll", "yaw", "pitch", "breath", "blink", "brow", "frown", "gaze_x", "gaze_y", "squint",
)  # fmt: skip
"""Columns of a HeadTrack: x, y in eye distances; roll, yaw, pitch in radians; breath and blink 0..1 (1 = eyes shut);
brow -1..1 lowered to raised; frown 0..1 inner brows together and down; gaze_x, gaze_y radians, right and down in the
picture; squint -1..1 lids wide to narrowed."""


@dataclass(frozen=True)
class HeadTrack:
    """How the head moves: `axes` float32 (frames, 12), columns HEAD_AXES. Zeros is the portrait as it is."""

    axes: Floats
    fps: int
