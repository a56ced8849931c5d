"""Where in a sound somebody speaks: voices make a gate open, and hum, hiss, clicks and silence do not."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.types import TRACK_RATE, Floats
from renderer.visemes.acoustics import voicing_of
from renderer.visemes.loudness import SPEECH_BAND_HZ, Levels, band_db, running_peak, window_reduce

AHEAD: Final = 14
"""Columns (10 ms) of the future that the gate depends on."""

# A voice: periodic, over the room's level, not far under the speaker's own, for 50 ms on end (a window of noise is
# sometimes periodic by chance, five in a row are not).
_VOICED: Final = 0.65
_OVER_FLOOR_DB: Final = 9.0
_UNDER_PEAK_DB: Final = 28.0
_WEAKEST_DB: Final = -56.0
_STEADY_COLUMNS: Final = 2
"""To either side."""

# The room's level is the lowest of late; it rises while nothing is lower, so that a steady hum becomes the room.
_FLOOR_AT_FIRST_DB: Final = -75.0
_FLOOR_RISES_DB_PER_SEC: Final = 15.0

# Speech reaches this far around a voice: closures and voiceless consonants. Further after it only what still sounds.
_BEFORE_COLUMNS: Final = 12
_AFTER_COLUMNS: Final = 9
_SOUNDING_AFTER_COLUMNS: Final = 30


def speaking(power: Floats) -> NDArray[np.bool_]:
    """bool (T,): True where somebody speaks."""
    level = band_db(power, *SPEECH_BAND_HZ)
    voiced = _steady(_is_voiced(power, level))
    around = window_reduce(np.maximum, voiced, _AFTER_COLUMNS, _BEFORE_COLUMNS)
    lately = window_reduce(np.maximum, voiced, _SOUNDING_AFTER_COLUMNS, 0)
    wide = band_db(power, SPEECH_BAND_HZ[0], 7_500.0)
    sounding = (wide > _floor(wide) + _OVER_FLOOR_DB) & (wide > _WEAKEST_DB)
    return (around > 0.5) | ((lately > 0.5) & sounding)


def _is_voiced(power: Floats, level: Levels) -> Levels:
    loud = (level > _floor(level) + _OVER_FLOOR_DB) & (level > running_peak(level) - _UNDER_PEAK_DB)
    return ((voicing_of(power) > _VOICED) & loud & (level > _WEAKEST_DB)).astype(np.float64)


def _steady(voiced: Levels) -> Levels:
    """Voiced runs of at least five columns, whole."""
    core = window_reduce(np.minimum, voiced, _STEADY_COLUMNS, _STEADY_COLUMNS)
    return window_reduce(np.maximum, core, _STEADY_COLUMNS, _STEADY_COLUMNS)


def _floor(level: Levels) -> Levels:
    rise = np.arange(len(level)) * (_FLOOR_RISES_DB_PER_SEC / TRACK_RATE)
    lowest = np.minimum.accumulate(np.minimum(level, _FLOOR_AT_FIRST_DB + rise) - rise) + rise
    return np.maximum(lowest, _FLOOR_AT_FIRST_DB)
