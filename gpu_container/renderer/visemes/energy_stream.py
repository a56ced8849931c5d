"""`energy_of` for sound that comes in pieces."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.types import TRACK_RATE, Floats
from renderer.visemes.loudness import (
    AHEAD,
    CLICK_COLUMNS,
    LEVEL_FALLS_DB_PER_SEC,
    SPEECH_BAND_HZ,
    Levels,
    against,
    band_db,
)

_PEAK_AHEAD: Final = AHEAD - CLICK_COLUMNS


class EnergyStream:
    """Joined, what `push` and `finish` return is `energy_of` of all the spectra, bit for bit."""

    def __init__(self) -> None:
        # Outside of the sound nothing counts: neither as the lowest of a click's neighbours nor as the highest peak.
        self._around_click: Levels = np.full(CLICK_COLUMNS, np.inf)
        self._peaks: Levels = np.zeros(0)
        self._levels: Levels = np.zeros(0)
        self._highest = -np.inf
        self._columns = 0

    def push(self, power: Floats) -> Floats:
        """`power_spectra` rows -> float32 (T,), the energy of the columns that are now sure."""
        level = band_db(power, *SPEECH_BAND_HZ)
        self._levels = np.concatenate([self._levels, level])
        self._hear(level)
        return self._give()

    def finish(self) -> Floats:
        """The energy of the columns that are left."""
        self._hear(np.full(CLICK_COLUMNS, np.inf))
        self._peaks = np.concatenate([self._peaks, np.full(_PEAK_AHEAD, -np.inf)])
        return self._give()

    def _hear(self, level: Levels) -> None:
        """The running peak at each column whose neighbours are all known."""
        sustained, self._around_click = _slid(
            np.minimum, np.concatenate([self._around_click, level]), 2 * CLICK_COLUMNS
        )
        if not len(sustained):
            return
        numbers = np.arange(self._columns, self._columns + len(sustained), dtype=np.float64)
        fall = numbers * (LEVEL_FALLS_DB_PER_SEC / TRACK_RATE)
        highest = np.maximum(np.maximum.accumulate(sustained + fall), self._highest)
        self._highest, self._columns = float(highest[-1]), self._columns + len(sustained)
        self._peaks = np.concatenate([self._peaks, highest - fall])

    def _give(self) -> Floats:
        highest, self._peaks = _slid(np.maximum, self._peaks, _PEAK_AHEAD)
        level, self._levels = self._levels[: len(highest)], self._levels[len(highest) :]
        return against(level, highest)


def _slid(operation: np.ufunc, values: Levels, width: int) -> tuple[Levels, Levels]:
    """`operation` over each `width` + 1 neighbours of `values`, and the values that the next ones need."""
    count = max(0, len(values) - width)
    result = values[:count]
    for shift in range(1, width + 1):
        result = operation(result, values[shift : shift + count])
    return result, values[count:]
