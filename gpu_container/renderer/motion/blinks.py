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


def blinks(times: Reals, pauses: Sequence[Cue], shifts: Sequence[Cue], rng: np.random.Generator, often: float) -> Reals:
    """(N,) seconds -> 0 (open) to 1 (shut). `often` multiplies the rate.

    Drawn in the order of time: what comes later changes nothing before it.
    """
    calls = sorted([(c.sec, PAUSE_CHANCE) for c in pauses] + [(c.sec, SHIFT_CHANCE) for c in shifts])
    closed: Reals = np.zeros(len(times))
    end = float(times[-1]) if len(times) else 0.0
    following, last = 0, 0.0
    own = 0.4 + float(rng.uniform(0.2, 1.0)) * _gap(rng) / often
    while True:
        taken = True
        called = following < len(calls) and calls[following][0] + WAITS_SEC < own
        start = calls[following][0] + WAITS_SEC if called else own
        if start > end:
            return closed
        if called:
            dry = min(1.0, max(0.0, start - last - LEAST_SEC) / DRY_SEC)
            taken = rng.uniform() < calls[following][1] * min(often, 1.5) * dry
            following += 1
        if taken:
            first = int(np.searchsorted(times, start))
            beyond = int(np.searchsorted(times, start + CLOSING_SEC + SHUT_SEC + OPENING_SEC))
            closed[first:beyond] = np.maximum(closed[first:beyond], _blink(times[first:beyond] - start))
            last, own = start, start + max(LEAST_SEC, _gap(rng) / often)


def _gap(rng: np.random.Generator) -> float:
    return float(rng.lognormal(math.log(MEDIAN_SEC), SPREAD))


def _blink(since: Reals) -> Reals:
    """One blink's lid position, `since` seconds from its beginning."""
    closing = np.clip(since / CLOSING_SEC, 0, 1)
    opening = np.clip((since - CLOSING_SEC - SHUT_SEC) / OPENING_SEC, 0, 1)
    return np.square(np.sin(closing * np.pi / 2)) * np.square(np.cos(opening * np.pi / 2))
