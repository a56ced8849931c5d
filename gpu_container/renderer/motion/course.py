"""Motion as a course of moves: each begins at its time, takes a while, and holds until the next begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from renderer.motion.voice import Cue
from renderer.types import Reals


def glide(share: Reals) -> Reals:
    """0 to 1 for `share` 0..1 with the least jerk, as limbs and heads move (Flash and Hogan 1985)."""
    t = np.clip(share, 0.0, 1.0)
    return t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)


def held(times: Reals, begins: Sequence[float], places: Reals, takes: Sequence[float]) -> Reals:
    """(N,) seconds -> (N, K). `places` (M, K): where move m, begun at `begins`[m], arrives `takes`[m] later.

    Before the first move the place is its own; no move may begin before the one before it has arrived.
    """
    starts, lengths = np.array(begins), np.array(takes)
    index = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(starts) - 1)
    before = places[np.maximum(index - 1, 0)]
    share = glide((times - starts[index]) / lengths[index])
    return before + (places[index] - before) * share[:, np.newaxis]


def bumps(times: Reals, cues: Sequence[Cue], rise_sec: float, fall_sec: float) -> Reals:
    """(N,) seconds -> (N,): from each cue on a rise to its strength and a slower way back; they add up."""
    total: Reals = np.zeros(len(times))
    for cue in cues:
        first, last = np.searchsorted(times, [cue.sec, cue.sec + rise_sec + fall_sec])
        since = times[first:last] - cue.sec
        total[first:last] += cue.strength * np.where(
            since < rise_sec, glide(since / rise_sec), 1.0 - glide((since - rise_sec) / fall_sec)
        )
    return total


def waves(times: Reals, rng: np.random.Generator, periods_sec: Sequence[float]) -> Reals:
    """A sum of sines, about -1 to 1, of spread 0.45, that is zero at no particular time and repeats at none."""
    phases = rng.uniform(0, 2 * np.pi, len(periods_sec))
    stretch = rng.uniform(0.85, 1.2)
    weights = np.array([0.55, 0.30, 0.15])[: len(periods_sec)]
    total: Reals = np.zeros(len(times))
    for weight, period, phase in zip(weights, periods_sec, phases, strict=True):
        total = total + weight * np.sin(2 * np.pi * times / (period * stretch) + phase)
    return total
