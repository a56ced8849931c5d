"""How loud speech is against its own running level: what colours the jaw, the same at any gain."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from renderer.types import TRACK_RATE, Floats
from renderer.visemes.spectrum import BIN_HZ

Levels: TypeAlias = NDArray[np.float64]
"""(T,) one number per column; levels in dB, 0 dB a full-scale sine."""

AHEAD: Final = 6
"""Columns (10 ms) of the future that a column's energy depends on."""

SPEECH_BAND_HZ: Final = (180.0, 4_000.0)
"""Above the first harmonics of mains hum, below where hiss dominates."""
_RANGE_DB: Final = 30.0
"""From a vowel's peak down to the weakest sound that still counts as heard."""
LEVEL_FALLS_DB_PER_SEC: Final = 4.0
_QUIETEST_PEAK_DB: Final = -52.0
"""Speech is never weaker than this at its peaks; what is, is room noise."""
CLICK_COLUMNS: Final = 2
"""A sound this short to either side is a click and sets no level."""


def band_db(power: Floats, low_hz: float, high_hz: float) -> Levels:
    """Level of the bins of [low, high) Hz of each row of `power_spectra`."""
    first, last = round(low_hz / BIN_HZ), round(high_hz / BIN_HZ)
    return 10.0 * np.log10(power[:, first:last].astype(np.float64).sum(axis=1) + 1e-12)


def running_peak(level: Levels) -> Levels:
    """The loudest sustained level so far, falling 4 dB a second, and never under the quietest speech. Looks AHEAD."""
    sustained = window_reduce(np.minimum, level, CLICK_COLUMNS, CLICK_COLUMNS)
    fall = np.arange(len(level), dtype=np.float64) * (LEVEL_FALLS_DB_PER_SEC / TRACK_RATE)
    peak: Levels = np.maximum.accumulate(sustained + fall) - fall
    return np.maximum(window_reduce(np.maximum, peak, 0, AHEAD - CLICK_COLUMNS), _QUIETEST_PEAK_DB)


def window_reduce(operation: np.ufunc, values: NDArray[np.float64], behind: int, ahead: int) -> NDArray[np.float64]:
    """`operation` over values[t - behind : t + ahead + 1] at each t; the ends repeat their last value."""
    padded = np.pad(values, (behind, ahead), mode="edge") if len(values) else values
    result = padded[: len(values)]
    for shift in range(1, behind + ahead + 1):
        result = operation(result, padded[shift : shift + len(values)])
    return result


def energy_of(power: Floats) -> Floats:
    """float32 (T,) 0..1: 1 at the running level of speech, 0 from 30 dB below it on and in silence."""
    level = band_db(power, *SPEECH_BAND_HZ)
    return against(level, running_peak(level))


def against(level: Levels, peak: Levels) -> Floats:
    """The energy of columns of that level, where speech has that peak."""
    loudest = np.maximum(peak, _QUIETEST_PEAK_DB)
    return np.clip(1.0 + (level - loudest) / _RANGE_DB, 0.0, 1.0).astype(np.float32)
