"""Brows that take part: up where a phrase begins and on some stresses, a little together on others; never still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.motion.course import bumps, waves
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


def brows(times: Reals, voice: Voice, seed: Sequence[int], energy: float) -> Reals:
    """(N,) seconds -> (N, 2): brow and frown, as in HEAD_AXES, about the place that a feeling gives them."""
    streams = [np.random.default_rng([*seed, index]) for index in range(4)]
    raised = bumps(times, _answered(voice.starts, streams[0], START), RISE_SEC, FALL_SEC)
    raised = raised + bumps(times, _answered(voice.stresses, streams[1], STRESS), RISE_SEC, FALL_SEC)
    knit = bumps(times, _answered(voice.stresses, streams[2], KNIT), RISE_SEC, FALL_SEC)
    drift = DRIFT * waves(times, streams[3], PERIODS_SEC)
    return energy * np.stack([np.minimum(raised, 0.9) + drift, np.minimum(knit, 0.5)], axis=1)


def _answered(cues: Sequence[Cue], rng: np.random.Generator, how: tuple[float, float]) -> list[Cue]:
    """Which cues the brows answer, and how far they go; more cues begin with the same ones."""
    chance, most = how
    drawn = rng.uniform(0.0, 1.0, (len(cues), 2)).tolist()
    return [
        Cue(cue.sec, most * cue.strength * (0.5 + 0.5 * size))
        for cue, (lot, size) in zip(cues, drawn, strict=True)
        if lot < chance
    ]
