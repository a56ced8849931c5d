"""Breath: in, quickly, when a phrase is over or the last breath is used up; out, slowly, with the voice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.motion.course import glide
from renderer.motion.voice import Cue
from renderer.types import Reals

PERIOD_SEC: Final = (3.6, 4.9)
"""Twelve to sixteen breaths a minute, at rest."""
LEAST_SEC: Final = 1.9
IN_SEC: Final = 0.95
OUT_SEC: Final = 2.9
DEPTH: Final = (0.7, 1.0)


class Breath:
    """Breaths one after another. `at` is asked for ever later times. Drawn in the order of time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._pauses: deque[float] = deque()
        self._now, self._level = -float(rng.uniform(0.0, PERIOD_SEC[0])), 0.0
        self._draw()

    def at(self, times: Reals, pauses: Sequence[Cue]) -> Reals:
        """(N,) seconds -> 0 (out) to 1 (in). `pauses`: the new ones."""
        self._pauses.extend(cue.sec for cue in pauses)
        end = float(times[-1]) if len(times) else 0.0
        filled: Reals = np.zeros(len(times))
        while True:
            while self._pauses and self._pauses[0] < self._now + LEAST_SEC:
                self._pauses.popleft()
            until = min(self._until, self._pauses[0]) if self._pauses else self._until
            first, beyond = np.searchsorted(times, [self._now, until])
            filled[first:beyond] = _one(times[first:beyond] - self._now, self._level, self._peak)
            if until > end:
                return filled
            self._level = float(_one(np.array([until - self._now]), self._level, self._peak)[0])
            self._now = until
            self._draw()

    def _draw(self) -> None:
        """How deep the next breath is, and how long it lasts if nothing calls for another."""
        self._peak = float(self._rng.uniform(*DEPTH))
        self._until = self._now + float(self._rng.uniform(*PERIOD_SEC))


def _one(since: Reals, level: float, peak: float) -> Reals:
    """One breath, from `level` up to `peak` and out again."""
    rising = level + (peak - level) * glide(since / IN_SEC)
    return rising - peak * glide((since - IN_SEC) / OUT_SEC)
