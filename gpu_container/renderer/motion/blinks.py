"""When the lids fall, and how: at phrase ends, with large shifts of gaze or head, and now and then by themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.motion.voice import Cue
from renderer.types import Reals

MEDIAN_SEC: Final = 3.7
SPREAD: Final = 0.42
"""Of the log-normal gap to a blink that nothing calls for. With those that something does: 15 to 23 a minute."""
LEAST_SEC: Final = 1.1
PAUSE_CHANCE: Final = 0.50
SHIFT_CHANCE: Final = 0.24
DRY_SEC: Final = 2.2
"""After a blink, beyond LEAST_SEC, until whatever calls for the next has its full chance."""
WAITS_SEC: Final = 0.06
"""From what calls for a blink to the blink."""

CLOSING_SEC: Final = 0.070
SHUT_SEC: Final = 0.042
"""One picture at 24 a second: every blink is seen whole."""
OPENING_SEC: Final = 0.130
"""Lids fall faster than they rise. The eye is less than half open for 60 to 150 ms."""


class Blinks:
    """Blinks one after another. `at` is asked for ever later times. `often` multiplies the rate.

    Drawn in the order of time: what comes later changes nothing before it.
    """

    def __init__(self, rng: np.random.Generator, often: float) -> None:
        self._rng, self._often = rng, often
        self._calls: list[tuple[float, float]] = []
        self._last = 0.0
        self._own = 0.4 + float(rng.uniform(0.2, 1.0)) * _gap(rng) / often
        self._begun: list[float] = []

    def at(self, times: Reals, pauses: Sequence[Cue], shifts: Sequence[Cue]) -> Reals:
        """(N,) seconds -> 0 (open) to 1 (shut). `pauses` and `shifts`, of gaze or head: the new ones."""
        called = [(cue.sec, PAUSE_CHANCE) for cue in pauses] + [(cue.sec, SHIFT_CHANCE) for cue in shifts]
        self._calls = sorted([*self._calls, *called])
        end = float(times[-1]) if len(times) else 0.0
        self._blink_until(end)
        closed: Reals = np.zeros(len(times))
        for start in self._begun:
            first, beyond = np.searchsorted(times, [start, start + CLOSING_SEC + SHUT_SEC + OPENING_SEC])
            closed[first:beyond] = np.maximum(closed[first:beyond], _blink(times[first:beyond] - start))
        self._begun = [start for start in self._begun if start + CLOSING_SEC + SHUT_SEC + OPENING_SEC > end]
        return closed

    def _blink_until(self, end: float) -> None:
        following = 0
        while True:
            taken = True
            called = following < len(self._calls) and self._calls[following][0] + WAITS_SEC < self._own
            start = self._calls[following][0] + WAITS_SEC if called else self._own
            if start > end:
                break
            if called:
                dry = min(1.0, max(0.0, start - self._last - LEAST_SEC) / DRY_SEC)
                taken = self._rng.uniform() < self._calls[following][1] * min(self._often, 1.5) * dry
                following += 1
            if taken:
                self._begun.append(start)
                self._last, self._own = start, start + max(LEAST_SEC, _gap(self._rng) / self._often)
        del self._calls[:following]


def _gap(rng: np.random.Generator) -> float:
    return float(rng.lognormal(math.log(MEDIAN_SEC), SPREAD))


def _blink(since: Reals) -> Reals:
    """One blink's lid position, `since` seconds from its beginning."""
    closing = np.clip(since / CLOSING_SEC, 0, 1)
    opening = np.clip((since - CLOSING_SEC - SHUT_SEC) / OPENING_SEC, 0, 1)
    return np.square(np.sin(closing * np.pi / 2)) * np.square(np.cos(opening * np.pi / 2))
