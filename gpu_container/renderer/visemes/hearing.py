"""What the network hears: each 10 ms spectrum against the level of the speech so far, so that gain leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.types import TRACK_RATE, Floats
from renderer.visemes.loudness import SPEECH_BAND_HZ, Levels, band_db
from renderer.visemes.spectrum import WINDOW
from renderer.visemes.voicing import voicing_of

AHEAD: Final = 3
"""Columns (10 ms) of the future that a column's level is read against."""
HEARD: Final = WINDOW // 2 + 2
"""Width of a heard column: relative power of each bin, and the voicing."""

_SUSTAINED_COLUMNS: Final = 4
"""A click fills fewer columns than this (the analysis window is 32 ms) and sets no level."""
_LEVEL_FALLS_DB_PER_SEC: Final = 4.0
_QUIETEST_PEAK_DB: Final = -52.0
"""Speech is never weaker than this at its peaks; what is, is room noise."""
_SILENT_DB: Final = -120.0


@dataclass(frozen=True)
class Heard:
    """`columns` float32 (T, HEARD); `level_db` float32 (T,): the speech band's level against the peak so far."""

    columns: Floats
    level_db: Floats


class Hearing:
    """Turns spectra into heard columns as they come; each is AHEAD columns late. The same bytes however they come."""

    def __init__(self) -> None:
        self._waiting = np.zeros((0, WINDOW // 2 + 1), np.float32)
        self._levels = np.full(_SUSTAINED_COLUMNS - 1, _SILENT_DB)
        self._highest = -np.inf
        self._seen = 0

    def push(self, power: Floats) -> Heard:
        """`power_spectra` rows -> what can be told now, in order. Push AHEAD rows of silence to get the last."""
        peak = self._peak(band_db(power, *SPEECH_BAND_HZ))
        waiting = np.concatenate([self._waiting, power])
        self._waiting = waiting[len(peak) :]
        return _against(waiting[: len(peak)], peak)

    def _peak(self, level: Levels) -> Levels:
        """The peak as known at each pushed row, for the row AHEAD columns before it; fewer at the very start."""
        levels = np.concatenate([self._levels, level])
        sustained = levels[: len(level)]
        for shift in range(1, _SUSTAINED_COLUMNS):
            sustained = np.minimum(sustained, levels[shift : shift + len(level)])
        self._levels = levels[len(level) :]
        fall = np.arange(self._seen, self._seen + len(level)) * (_LEVEL_FALLS_DB_PER_SEC / TRACK_RATE)
        highest = np.maximum(np.maximum.accumulate(sustained + fall), self._highest)
        late = max(0, AHEAD - self._seen)
        self._seen += len(level)
        self._highest = highest[-1] if len(highest) else self._highest
        return np.maximum(highest - fall, _QUIETEST_PEAK_DB)[late:]


def _against(power: Floats, peak_db: NDArray[np.float64]) -> Heard:
    scale = (10.0 ** (-peak_db / 10.0)).astype(np.float32)
    columns = np.empty((len(power), HEARD), np.float32)
    columns[:, :-1] = power * scale[:, None]
    columns[:, -1] = voicing_of(power)
    return Heard(columns, (band_db(power, *SPEECH_BAND_HZ) - peak_db).astype(np.float32))
