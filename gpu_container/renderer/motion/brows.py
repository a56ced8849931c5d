"""Brows that take part: up where a phrase begins and on some stresses, a little together on others; never still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.motion.course import Bumps, Waves
from renderer.motion.voice import Cue, Voice
from renderer.types import Reals

START: Final = (0.60, 0.70)
STRESS: Final = (0.25, 0.55)
KNIT: Final = (0.10, 0.30)
"""Chance that a brow answers, and how far at most: to a phrase's start, to a stress; together, to a stress."""
RISE_SEC: Final = 0.15
FALL_SEC: Final = 0.65
DRIFT: Final = 0.10
PERIODS_SEC: Final = (9.1, 4.3, 2.9)


class Brows:
    """What they answer, one after another. `at` is asked for ever later times."""

    def __init__(self, seed: Sequence[int], energy: float) -> None:
        self._energy = energy
        self._rngs = [np.random.default_rng([*seed, index]) for index in range(3)]
        self._drift = Waves(np.random.default_rng([*seed, 3]), PERIODS_SEC)
        self._started, self._stressed, self._knit = (Bumps(RISE_SEC, FALL_SEC) for _ in range(3))

    def at(self, times: Reals, voice: Voice) -> Reals:
        """(N,) seconds -> (N, 2): brow and frown, as in HEAD_AXES, about the place that a feeling gives them."""
        raised = self._started.at(times, _answered(voice.starts, self._rngs[0], START))
        raised = raised + self._stressed.at(times, _answered(voice.stresses, self._rngs[1], STRESS))
        knit = self._knit.at(times, _answered(voice.stresses, self._rngs[2], KNIT))
        drift = DRIFT * self._drift.at(times)
        return self._energy * np.stack([np.minimum(raised, 0.9) + drift, np.minimum(knit, 0.5)], axis=1)


def _answered(cues: Sequence[Cue], rng: np.random.Generator, how: tuple[float, float]) -> list[Cue]:
    """Which cues the brows answer, and how far they go; those that come later change nothing."""
    chance, most = how
    drawn = rng.uniform(0.0, 1.0, (len(cues), 2)).tolist()
    return [
        Cue(cue.sec, most * cue.strength * (0.5 + 0.5 * size))
        for cue, (lot, size) in zip(cues, drawn, strict=True)
        if lot < chance
    ]
