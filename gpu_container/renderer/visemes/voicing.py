"""How much of each short-time spectrum is a voice's: its periodicity at the pitch of a speaker."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.types import Floats
from renderer.visemes.spectrum import ANALYSIS_RATE, BIN_HZ, WINDOW

# Pitch from 80 to 400 Hz; the band holds the harmonics that carry it.
_PITCH_LAGS: Final = (ANALYSIS_RATE // 400, ANALYSIS_RATE // 80)
_PITCH_BAND_HZ: Final = (90.0, 1_200.0)


def voicing_of(power: Floats) -> Floats:
    """`power_spectra` rows -> float32 (T,) 0..1: the highest normalised autocorrelation at a voice's periods."""
    voiced = np.zeros_like(power)
    first, last = round(_PITCH_BAND_HZ[0] / BIN_HZ), round(_PITCH_BAND_HZ[1] / BIN_HZ)
    voiced[:, first:last] = power[:, first:last]
    correlation = np.fft.irfft(voiced, n=WINDOW, axis=1)
    low, high = _PITCH_LAGS
    ratio = correlation[:, low:high] / (correlation[:, :1] * _OVERLAP[low:high] + 1e-12)
    return np.clip(ratio.max(axis=1), 0.0, 1.0).astype(np.float32)


def _overlap() -> Floats:
    """The autocorrelation of the analysis window itself, which a longer lag loses whatever the sound."""
    window = np.hanning(WINDOW + 1)[:WINDOW]
    full = np.correlate(window, window, "full")[WINDOW - 1 :]
    return (full / full[0]).astype(np.float32)


_OVERLAP: Final = _overlap()
