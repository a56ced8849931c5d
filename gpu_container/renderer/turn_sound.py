"""Speech at the renderer's rate becomes what a turn sends: 16 or 24 kHz, however it is cut, without drift."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from renderer.filtering import thinned
from renderer.types import RATE, Floats, Samples

_REACH: Final = 16
"""Taps to either side in output samples: passes to 0.86 of half the rate, 60 dB down where images would begin."""


class Decimator:
    """Takes RATE down to a rate that divides it. Output i is the sound at exactly i / rate seconds; joined, what `push`
    and `finish` return is the same bytes for any cut."""

    def __init__(self, rate: int) -> None:
        if RATE % rate:
            raise ValueError(f"{rate} Hz does not divide {RATE}")
        self._step = RATE // rate
        self._reach = _REACH * self._step
        self._held: Floats = np.zeros(self._reach, np.float32)
        self._taken = self._given = 0

    def push(self, samples: Samples) -> Samples:
        """int16 (N,) at RATE, what comes next -> int16 (M,): what is now sure."""
        self._held = np.concatenate([self._held, samples.astype(np.float32)])
        self._taken += len(samples)
        return self._give((len(self._held) - 2 * self._reach - 1) // self._step + 1)

    def finish(self) -> Samples:
        """The rest, as if silence followed: round(N / step) in all."""
        left = (2 * self._taken + self._step) // (2 * self._step) - self._given
        self._held = np.concatenate([self._held, np.zeros(2 * self._reach + self._step, np.float32)])
        return self._give(left)

    def _give(self, count: int) -> Samples:
        if count <= 0:
            return np.zeros(0, np.int16)
        total = thinned(self._held, _taps(self._step), self._step, count)
        self._held = self._held[count * self._step :]
        self._given += count
        return np.clip(np.rint(total), -32768, 32767).astype(np.int16)


@lru_cache(maxsize=4)
def _taps(step: int) -> Floats:
    if step == 1:
        return np.array([*[0.0] * _REACH, 1.0, *[0.0] * _REACH], np.float32)
    offset = np.arange(-_REACH * step, _REACH * step + 1)
    taps = np.sinc(offset / step * 0.93) * np.kaiser(len(offset), 7.0)
    return (taps / taps.sum()).astype(np.float32)
