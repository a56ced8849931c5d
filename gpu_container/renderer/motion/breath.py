"""Breath: in, quickly, when a phrase is over or the last breath is used up; out, slowly, with the voice."""

from __future__ import annotations

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


def breath(times: Reals, pauses: Sequence[Cue], rng: np.random.Generator) -> Reals:
    """(N,) seconds -> 0 (out) to 1 (in). Drawn in the order of time."""
    end = float(times[-1]) if len(times) else 0.0
    filled: Reals = np.zeros(len(times))
    now, level, following = -float(rng.uniform(0.0, PERIOD_SEC[0])), 0.0, 0
    while now <= end:
        peak = float(rng.uniform(*DEPTH))
        until = now + float(rng.uniform(*PERIOD_SEC))
        while following < len(pauses) and pauses[following].sec < now + LEAST_SEC:
            following += 1
        if following < len(pauses):
            until = min(until, pauses[following].sec)
        first, beyond = np.searchsorted(times, [now, until])
        filled[first:beyond] = _one(times[first:beyond] - now, level, peak)
        level = float(_one(np.array([until - now]), level, peak)[0])
        now = until
    return filled


def _one(since: Reals, level: float, peak: float) -> Reals:
    """One breath, from `level` up to `peak` and out again."""
    rising = level + (peak - level) * glide(since / IN_SEC)
    return rising - peak * glide((since - IN_SEC) / OUT_SEC)
