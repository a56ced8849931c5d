"""48 kHz samples become short-time power spectra at the viseme grid, each row from its own window alone."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from renderer.types import RATE, TRACK_RATE, Floats, Samples

ANALYSIS_RATE: Final = 16_000
"""Hz. All that tells visemes apart lies below 8 kHz."""
WINDOW: Final = 512
"""Samples at ANALYSIS_RATE: 32 ms, two periods of the lowest voice."""
HOP: Final = ANALYSIS_RATE // TRACK_RATE
BIN_HZ: Final = ANALYSIS_RATE / WINDOW

_DECIMATE: Final = RATE // ANALYSIS_RATE
_TAPS: Final = 72
_ROWS_AT_ONCE: Final = 2_000
"""Rows per step: 20 s, which bounds memory for half an hour of sound."""


def columns_of(samples: Samples) -> int:
    """How many columns of the viseme grid `samples` fill, the last perhaps in part."""
    return -(-len(samples) * TRACK_RATE // RATE)


def power_spectra(samples: Samples) -> Floats:
    """int16 (N,) at RATE -> float32 (columns_of(samples), WINDOW // 2 + 1): power, 1.0 = a full-scale sine's.

    Row t sees 32 ms around the middle of column t, silence outside the sound; the same bytes wherever the sound is cut.
    """
    count = columns_of(samples)
    starts = range(0, count, _ROWS_AT_ONCE)
    rows = [_rows(samples, first, min(first + _ROWS_AT_ONCE, count)) for first in starts]
    return np.concatenate(rows) if rows else np.zeros((0, WINDOW // 2 + 1), np.float32)


def _rows(samples: Samples, first: int, last: int) -> Floats:
    """Rows first..last of `power_spectra`."""
    start = first * HOP + HOP // 2 - WINDOW // 2
    length = (last - first - 1) * HOP + WINDOW
    sound = _decimated(samples, start, length)
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
    total = np.zeros(length, np.float32)
    # Tap by tap, not as a matrix product: that would sum in an order that depends on the length.
    for tap, amount in enumerate(_LOW_PASS.tolist()):
        total += wanted[tap : tap + length * _DECIMATE : _DECIMATE] * np.float32(amount)
    return total


def _low_pass() -> Floats:
    """Linear-phase taps centred on _TAPS // 2; passes to 6.5 kHz, 60 dB down from 9 kHz."""
    offset = np.arange(_TAPS + 1) - _TAPS / 2
    taps = np.sinc(offset / _DECIMATE * 0.97) * np.kaiser(_TAPS + 1, 7.0)
    return (taps[:_TAPS] / taps.sum() / 32768.0).astype(np.float32)


_LOW_PASS: Final = _low_pass()
_HANN: Final = (np.hanning(WINDOW + 1)[:WINDOW] * (4.0 / WINDOW)).astype(np.float32)
