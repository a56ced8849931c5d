"""What an ear would note of each 10 ms of sound: level, voicing, formant balance, frication. All of it free of gain."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.types import TRACK_RATE, Floats
from renderer.visemes.loudness import SPEECH_BAND_HZ, Levels, band_db, running_peak
from renderer.visemes.spectrum import ANALYSIS_RATE, BIN_HZ, WINDOW

AHEAD: Final = 12
"""Columns (10 ms) of the future that a column's cues depend on: its neighbour's 6 and that one's level's 6."""

# Pitch from 80 to 400 Hz; the band holds the harmonics that carry it.
_PITCH_LAGS: Final = (ANALYSIS_RATE // 400, ANALYSIS_RATE // 80)
_PITCH_BAND_HZ: Final = (90.0, 1_200.0)
_STEPS: Final = (-6, -3, 3, 6)
"""Where else than at its own column the spectrum is read: sounds are told apart by how they begin and end."""
_STEPPED: Final = 6
"""How many of the own cues are read there too."""

# The average voice and microphone, and how long (s) a new one must speak before it counts as much: the balance of the
# spectrum is read against the speaker's own, learnt as the sound goes on and never from its future.
# What lies this far under the speaker counts as evenly spread hiss: rooms differ in the silence of a closure.
_ROOM_UNDER_PEAK_DB: Final = 46.0
_USUAL_BALANCE: Final = (-0.46, -0.05, -0.62, -1.57, 0.07, 0.15)
_TRUSTED_SEC: Final = 1.0
_OWN: Final = 2 + len(_USUAL_BALANCE)


def voicing_of(power: Floats) -> Levels:
    """(T,) 0..1: how periodic each window is at the pitch of a voice: the highest normalised autocorrelation."""
    voiced = np.zeros_like(power)
    first, last = round(_PITCH_BAND_HZ[0] / BIN_HZ), round(_PITCH_BAND_HZ[1] / BIN_HZ)
    voiced[:, first:last] = power[:, first:last]
    correlation = np.fft.irfft(voiced, n=WINDOW, axis=1)
    low, high = _PITCH_LAGS
    ratio = correlation[:, low:high] / (correlation[:, :1] * _OVERLAP[low:high] + 1e-12)
    return np.clip(ratio.max(axis=1), 0.0, 1.0).astype(np.float64)


def _overlap() -> Floats:
    """The autocorrelation of the analysis window itself, which a longer lag loses whatever the sound."""
    window = np.hanning(WINDOW + 1)[:WINDOW]
    full = np.correlate(window, window, "full")[WINDOW - 1 :]
    return (full / full[0]).astype(np.float32)


_OVERLAP: Final = _overlap()


def cues_of(power: Floats) -> NDArray[np.float64]:
    """float64 (T, 69): cues of each column, scaled to about -2..2, products of them, and a last column of ones."""
    own = _against_usual(_own_cues(power))
    near = [_moved(own[:, cue], step) for step in _STEPS for cue in range(_STEPPED)]
    products = [own[:, i] * own[:, j] for i in range(_OWN) for j in range(i, _OWN)]
    return np.stack([*own.T, *near, *products, np.ones(len(own))], axis=1)


def _own_cues(power: Floats) -> NDArray[np.float64]:
    """(T, 8): level, voicing, then six balances of two bands: openness (F1), frontness (F2), middle, hiss, [ʃ], [ɹ]."""
    level = band_db(power, *SPEECH_BAND_HZ)
    peak = running_peak(level)
    heard = power + _room(peak)
    level = band_db(heard, *SPEECH_BAND_HZ)
    balances = (
        band_db(heard, 500, 1000) - band_db(heard, 180, 450),
        band_db(heard, 1600, 2700) - band_db(heard, 700, 1300),
        band_db(heard, 900, 4000) - band_db(heard, 180, 900),
        band_db(heard, 4000, 7500) - level,
        band_db(heard, 2700, 4200) - band_db(heard, 1500, 2500),
        band_db(heard, 2000, 3400) - band_db(heard, 1200, 1900),
    )
    return np.stack(
        [(level - peak) / 20 + 1, voicing_of(heard) * 2 - 1, *(np.clip(each, -45, 45) / 20 for each in balances)],
        axis=1,
    )


def _room(peak: Levels) -> Floats:
    """(T, 1): the power of each bin that makes up a room's hiss."""
    bins = (SPEECH_BAND_HZ[1] - SPEECH_BAND_HZ[0]) / BIN_HZ
    return (10.0 ** ((peak - _ROOM_UNDER_PEAK_DB) / 10.0) / bins).astype(np.float32)[:, None]


def _against_usual(own: NDArray[np.float64]) -> NDArray[np.float64]:
    """The balances less their mean over the voiced columns so far."""
    voiced = ((own[:, 1] > 0.2) & (own[:, 0] > 0.0)).astype(np.float64)[:, None]
    prior = _TRUSTED_SEC * TRACK_RATE
    sums = np.cumsum(own[:, 2:] * voiced, axis=0) + prior * np.array(_USUAL_BALANCE)
    means = sums / (np.cumsum(voiced, axis=0) + prior)
    return np.concatenate([own[:, :2], own[:, 2:] - means], axis=1)


def _moved(values: Levels, step: int) -> Levels:
    """values[t + step] at t; beyond either end, the value there is."""
    return values[np.clip(np.arange(len(values)) + step, 0, len(values) - 1)]
