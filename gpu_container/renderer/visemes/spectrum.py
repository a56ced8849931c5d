"""48 kHz samples become short-time power spectra at the viseme grid, each row from its own window alone."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from renderer.filtering import thinned
from renderer.types import RATE, TRACK_RATE, Floats, Samples

ANALYSIS_RATE: Final = 16_000
"""Hz. All that tells visemes apart lies below 8 kHz."""
WINDOW: Final = 512
"""Samples at ANALYSIS_RATE: 32 ms, two periods of the lowest voice."""
HOP: Final = ANALYSIS_RATE // TRACK_RATE
BIN_HZ: Final = ANALYSIS_RATE / WINDOW

_COLUMN: Final = RATE // TRACK_RATE
_DECIMATE: Final = RATE // ANALYSIS_RATE
_TAPS: Final = 72
_PAST: Final = 2
"""Columns before its own that a row sees in part."""
_REACH: Final = (HOP // 2 + WINDOW // 2) * _DECIMATE + _TAPS // 2
"""Samples at RATE from a column's start to the end of what its row sees."""
AHEAD_SEC: Final = _REACH / RATE
"""A row depends on no sound later than this after its column's start."""
_ROWS_AT_ONCE: Final = 2_000
"""Rows per step: 20 s, which bounds memory for half an hour of sound."""


def rows_after(samples: int) -> int:
    """How many rows are sure once so many samples have come."""
    return max(0, (samples - _REACH) // _COLUMN + 1)


def columns_of(samples: int) -> int:
    """How many columns of the viseme grid this many samples at RATE fill, the last perhaps in part."""
    return -(-samples // _COLUMN)


def power_spectra(samples: Samples) -> Floats:
    """int16 (N,) at RATE -> float32 (columns_of(len(samples)), WINDOW // 2 + 1): power, 1.0 = a full-scale sine's.

    Row t sees 32 ms around the middle of column t, silence outside the sound; the same bytes wherever the sound is cut.
    """
    stream = SpectrumStream()
    return np.concatenate([stream.push(samples), stream.finish()])


class SpectrumStream:
    """`power_spectra` of sound that comes in pieces: joined, what `push` and `finish` return is the same bytes."""

    def __init__(self) -> None:
        self._samples = np.zeros(_PAST * _COLUMN, np.int16)
        self._next = _PAST
        """The next row to give, counted in columns from the start of `_samples`."""
        self._seen = np.zeros(0, np.float32)
        """Of the sound at ANALYSIS_RATE what the next row sees and the one before it saw."""

    def push(self, samples: Samples) -> Floats:
        """int16 (N,) at RATE, what comes next -> float32 (T, 257): the rows that are now sure."""
        self._samples = np.concatenate([self._samples, samples])
        sure = (len(self._samples) - _REACH) // _COLUMN + 1
        return self._give(max(self._next, sure))

    def finish(self) -> Floats:
        """The rows that are left, as if silence followed."""
        return self._give(columns_of(len(self._samples)))

    def _give(self, until: int) -> Floats:
        starts = range(self._next, until, _ROWS_AT_ONCE)
        rows = [self._rows(first, min(first + _ROWS_AT_ONCE, until)) for first in starts]
        old = until - _PAST
        self._samples, self._next = self._samples[old * _COLUMN :], _PAST
        return np.concatenate(rows) if rows else np.zeros((0, WINDOW // 2 + 1), np.float32)

    def _rows(self, first: int, last: int) -> Floats:
        start = first * HOP + HOP // 2 - WINDOW // 2 + len(self._seen)
        length = (last - first - 1) * HOP + WINDOW - len(self._seen)
        sound = np.concatenate([self._seen, _decimated(self._samples, start, length)])
        self._seen = sound[len(sound) - (WINDOW - HOP) :]
        return power_of(sound)


def power_of(sound: Floats) -> Floats:
    """float32 (N,) at ANALYSIS_RATE, 1.0 = full scale -> power of each whole WINDOW of it, one every HOP."""
    windows = sliding_window_view(sound, WINDOW)[::HOP]
    spectra = np.fft.rfft(windows * _HANN, axis=1)
    return (spectra.real**2 + spectra.imag**2).astype(np.float32)


def _decimated(samples: Samples, start: int, length: int) -> Floats:
    """float32 (length,) at ANALYSIS_RATE from its sample `start` on (may lie before 0), 1.0 = full scale."""
    begin = start * _DECIMATE - _TAPS // 2
    wanted = np.zeros(length * _DECIMATE + _TAPS, np.float32)
    low, high = max(begin, 0), min(begin + len(wanted), len(samples))
    if high > low:
        wanted[low - begin : high - begin] = samples[low:high]
    return thinned(wanted, _LOW_PASS, _DECIMATE, length)


def _low_pass() -> Floats:
    """Linear-phase taps centred on _TAPS // 2; passes to 6.5 kHz, 60 dB down from 9 kHz."""
    offset = np.arange(_TAPS + 1) - _TAPS / 2
    taps = np.sinc(offset / _DECIMATE * 0.97) * np.kaiser(_TAPS + 1, 7.0)
    return (taps[:_TAPS] / taps.sum() / 32768.0).astype(np.float32)


_LOW_PASS: Final = _low_pass()
_HANN: Final = (np.hanning(WINDOW + 1)[:WINDOW] * (4.0 / WINDOW)).astype(np.float32)
