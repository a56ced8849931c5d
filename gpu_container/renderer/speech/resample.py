"""22,050 Hz becomes 48,000 Hz: a polyphase low-pass whose output length and timing are exact, so nothing drifts."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from renderer.types import Floats, Samples

_HALF_WIDTH: Final = 24
"""Filter reach to each side in input samples: images more than 70 dB down, transition band under 10 % of the rate."""


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """int16 (N,) -> int16 (round(N * to_rate / from_rate),); output i is the sound at exactly i / to_rate seconds."""
    if from_rate == to_rate or len(samples) == 0:
        return samples.copy()
    step_in, step_out = from_rate // gcd(from_rate, to_rate), to_rate // gcd(from_rate, to_rate)
    length = (2 * len(samples) * step_out + step_in) // (2 * step_in)
    blocks = -(-length // step_out)
    padded = np.zeros(blocks * step_in + 2 * _HALF_WIDTH + 1, np.float32)
    kept = min(len(samples), len(padded) - _HALF_WIDTH)
    padded[_HALF_WIDTH : _HALF_WIDTH + kept] = samples[:kept]
    windows = sliding_window_view(padded, step_in + 2 * _HALF_WIDTH)[::step_in][:blocks]
    sound = (windows @ _kernel(step_in, step_out)).reshape(-1)[:length]
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


@lru_cache(maxsize=4)
def _kernel(step_in: int, step_out: int) -> Floats:
    """float32 (step_in + 2 * half, step_out): column j has the taps of output j of each block of step_in inputs."""
    cutoff = 0.95 * min(1.0, step_out / step_in)
    position = np.arange(step_out) * step_in / step_out
    offset = np.arange(step_in + 2 * _HALF_WIDTH)[:, None] - _HALF_WIDTH - position[None, :]
    inside = np.clip(1.0 - (offset / _HALF_WIDTH) ** 2, 0.0, None)
    taps = np.sinc(cutoff * offset) * np.i0(8.0 * np.sqrt(inside)) * (inside > 0)
    return (taps / taps.sum(axis=0)).astype(np.float32)
