"""22,050 Hz becomes 48,000 Hz: a polyphase low-pass whose output length and timing are exact, so nothing drifts."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from renderer.types import Samples

_HALF_WIDTH: Final = 24
"""Filter reach to each side in input samples: images more than 70 dB down, transition band under 10 % of the rate."""
_BLOCKS_AT_ONCE: Final = 2_000
"""Bounds memory: 13 s of sound at a time."""


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """int16 (N,) -> int16 (round(N * to_rate / from_rate),); output i is the sound at exactly i / to_rate seconds."""
    if from_rate == to_rate or len(samples) == 0:
        return samples.copy()
    step_in, step_out = from_rate // gcd(from_rate, to_rate), to_rate // gcd(from_rate, to_rate)
    length = (2 * len(samples) * step_out + step_in) // (2 * step_in)
    blocks = -(-length // step_out)
    # Double precision: BLAS sums in an order that depends on the moment, and its rounding must not reach the result.
    padded = np.zeros(blocks * step_in + 2 * _HALF_WIDTH + 1, np.float64)
    kept = min(len(samples), len(padded) - _HALF_WIDTH)
    padded[_HALF_WIDTH : _HALF_WIDTH + kept] = samples[:kept]
    windows = sliding_window_view(padded, step_in + 2 * _HALF_WIDTH)[::step_in][:blocks]
    kernel = _kernel(step_in, step_out)
    sound = np.empty((blocks, step_out), np.int16)
    for first in range(0, blocks, _BLOCKS_AT_ONCE):
        part = windows[first : first + _BLOCKS_AT_ONCE] @ kernel
        sound[first : first + len(part)] = np.clip(np.rint(part), -32768, 32767)
    return sound.reshape(-1)[:length]


@lru_cache(maxsize=4)
def _kernel(step_in: int, step_out: int) -> NDArray[np.float64]:
    """float64 (step_in + 2 * half, step_out): column j has the taps of output j of each block of step_in inputs."""
    cutoff = 0.95 * min(1.0, step_out / step_in)
    position = np.arange(step_out) * step_in / step_out
    offset = np.arange(step_in + 2 * _HALF_WIDTH)[:, None] - _HALF_WIDTH - position[None, :]
    inside = np.clip(1.0 - (offset / _HALF_WIDTH) ** 2, 0.0, None)
    taps = np.sinc(cutoff * offset) * np.i0(8.0 * np.sqrt(inside)) * (inside > 0)
    return taps / taps.sum(axis=0)
