"""Sounds that are not speech, made by arithmetic: a mouth must stay shut through all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderer.types import RATE, Samples

Reals = NDArray[np.float64]


def negatives(seconds: float = 4.0) -> dict[str, Samples]:
    """Name -> int16 (seconds * RATE,): silence, hum, music, noise, breath. The same samples each time."""
    time = np.arange(round(seconds * RATE)) / RATE
    rng = np.random.default_rng(11)
    white = rng.standard_normal(len(time))
    return {
        "silence": _sound(10 ** (-80 / 20) * white),
        "hum": _sound(0.1 * sum(np.sin(2 * np.pi * 50 * k * time) / k for k in (1, 2, 3, 5))),
        "music": _sound(0.25 * _music(time)),
        "noise": _sound(0.06 * _shaped(white, 0.0, 1.0)),
        "breath": _sound(0.05 * _shaped(white, 500.0, 0.0) * np.sin(np.pi * time / 1.6) ** 2),
    }


def _sound(wave: Reals) -> Samples:
    return np.round(np.clip(wave, -1, 1) * 32767).astype(np.int16)


def _shaped(white: Reals, from_hz: float, slope: float) -> Reals:
    """Noise between `from_hz` and 6 kHz whose power falls with frequency to the power of `slope`, of unit strength."""
    spectrum = np.fft.rfft(white)
    hz = np.fft.rfftfreq(len(white), 1 / RATE)
    spectrum *= ((hz > max(from_hz, 20)) & (hz < 6000)) / np.maximum(hz, 20) ** (slope / 2)
    shaped = np.fft.irfft(spectrum, len(white))
    return shaped / shaped.std()


def _music(time: Reals) -> Reals:
    """Three-note chords plucked twice a second over a bass, each note six harmonics that die away."""
    wave = np.zeros(len(time))
    for beat, root in enumerate((220.0, 174.6, 261.6, 196.0) * (1 + int(time[-1]) // 2)):
        since = time - 0.5 * beat
        ring = np.where(since >= 0, np.exp(-4 * np.maximum(since, 0)), 0.0)
        for ratio in (0.5, 1.0, 1.25, 1.5):
            for harmonic in range(1, 7):
                wave += ring * np.sin(2 * np.pi * root * ratio * harmonic * since) / harmonic**1.5
    return wave / np.abs(wave).max()
