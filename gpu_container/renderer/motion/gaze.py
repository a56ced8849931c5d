"""Where the eyes look: at the viewer mostly, in small jumps from one fixation to the next; away for a thought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.motion.course import held
from renderer.motion.expression import Manner
from renderer.motion.voice import Cue
from renderer.types import Reals

FIXATION_MEDIAN_SEC: Final = 0.85
FIXATION_SPREAD: Final = 0.5
LEAST_FIXATION_SEC: Final = 0.18
ABOUT_RAD: Final = (0.022, 0.014)
"""Spread of fixations on the viewer's face, sideways and up and down: from eye to eye, to the mouth."""
AWAY_RAD: Final = ((0.075, 0.135), (-0.05, 0.06))
"""How far a thought takes the eyes: to either side; up or down."""
AWAY_CHANCE: Final = 0.07
THOUGHT_CHANCE: Final = 0.30
"""That a phrase begins with a glance away."""
AWAY_SEC: Final = (0.35, 0.95)
SACCADE_SEC: Final = 0.045
"""A jump of some degrees lasts 30 to 50 ms: one picture."""
STEADY: Final = 0.80
"""Of the head's turn that the eyes undo, to stay with the viewer."""
FURTHEST_RAD: Final = (0.20, 0.13)
BLINKED_FROM_RAD: Final = 0.06
"""Jumps from this size on call for a blink."""


@dataclass(frozen=True)
class Look:
    """`angles` (N, 2) radians, right and down; `jumps`: the large ones, when they begin."""

    angles: Reals
    jumps: tuple[Cue, ...]


def look(times: Reals, thoughts: Sequence[Cue], turned: Reals, rng: np.random.Generator, manner: Manner) -> Look:
    """`thoughts`: when phrases begin. `turned` (N, 2): the head's yaw and pitch, which the eyes undo."""
    end = float(times[-1]) if len(times) else 0.0
    begins: list[float] = [-1.0]
    places: list[Reals] = [np.zeros(2)]
    following, now = 0, 0.0
    while now < end:
        lasts = max(LEAST_FIXATION_SEC, float(rng.lognormal(math.log(FIXATION_MEDIAN_SEC), FIXATION_SPREAD)))
        if np.abs(places[-1]).max() > BLINKED_FROM_RAD:
            lasts = float(rng.uniform(*AWAY_SEC))
        own, chance = now + lasts, AWAY_CHANCE
        while following < len(thoughts) and thoughts[following].sec < now + LEAST_FIXATION_SEC:
            following += 1
        if following < len(thoughts) and thoughts[following].sec < own:
            own, chance = thoughts[following].sec, THOUGHT_CHANCE
        now = own
        begins.append(now)
        places.append(_fixation(rng, chance * manner.roving))
    path = np.array(places)
    angles = held(times, begins, path, [SACCADE_SEC] * len(begins)) - STEADY * turned
    angles[:, 1] += manner.gaze_y
    far = np.abs(np.diff(path, axis=0, prepend=path[:1])).max(axis=1) > BLINKED_FROM_RAD
    jumps = tuple(Cue(sec) for sec, large in zip(begins, far.tolist(), strict=True) if large)
    return Look(np.clip(angles, -np.array(FURTHEST_RAD), FURTHEST_RAD), jumps)


def _fixation(rng: np.random.Generator, chance: float) -> Reals:
    lot, side, across, down = rng.uniform(0.0, 1.0, 4).tolist()
    near = np.clip(rng.normal(0.0, 1.0, 2), -2.2, 2.2) * ABOUT_RAD
    if lot >= chance:
        return near
    (least, most), (up, low) = AWAY_RAD
    return np.array([(least + (most - least) * across) * (1 if side < 0.5 else -1), up + (low - up) * down])
