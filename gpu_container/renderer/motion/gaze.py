"""Where the eyes look: at the viewer mostly, in small jumps from one fixation to the next; away for a thought."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.motion.course import Held
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


class Gaze:
    """Fixations one after another. `at` is asked for ever later times. Drawn in the order of time."""

    def __init__(self, rng: np.random.Generator, manner: Manner) -> None:
        self._rng, self._manner = rng, manner
        self._held = Held(np.zeros(2))
        self._thoughts: deque[float] = deque()
        self._now = 0.0
        self._own = self._next()

    def at(self, times: Reals, thoughts: Sequence[Cue], turned: Reals) -> Look:
        """`thoughts`: new phrases' beginnings. `turned` (N, 2): the head's yaw and pitch, which the eyes undo."""
        self._thoughts.extend(cue.sec for cue in thoughts)
        jumps = tuple(self._jumps(float(times[-1]) if len(times) else 0.0))
        angles = self._held.at(times) - STEADY * turned
        angles[:, 1] += self._manner.gaze_y
        return Look(np.clip(angles, -np.array(FURTHEST_RAD), FURTHEST_RAD), jumps)

    def _jumps(self, end: float) -> Iterator[Cue]:
        """Makes those up to `end`; the large ones."""
        while True:
            while self._thoughts and self._thoughts[0] < self._now + LEAST_FIXATION_SEC:
                self._thoughts.popleft()
            thinks = bool(self._thoughts) and self._thoughts[0] < self._own
            now, chance = (self._thoughts[0], THOUGHT_CHANCE) if thinks else (self._own, AWAY_CHANCE)
            if now > end:
                return
            place = _fixation(self._rng, chance * self._manner.roving)
            if np.abs(place - self._held.place).max() > BLINKED_FROM_RAD:
                yield Cue(now)
            self._held.add(now, place, SACCADE_SEC)
            self._now = now
            self._own = self._next()

    def _next(self) -> float:
        """When the eyes jump if no thought comes before."""
        lasts = float(self._rng.lognormal(math.log(FIXATION_MEDIAN_SEC), FIXATION_SPREAD))
        if np.abs(self._held.place).max() > BLINKED_FROM_RAD:
            return self._now + float(self._rng.uniform(*AWAY_SEC))
        return self._now + max(LEAST_FIXATION_SEC, lasts)


def _fixation(rng: np.random.Generator, chance: float) -> Reals:
    lot, side, across, down = rng.uniform(0.0, 1.0, 4).tolist()
    near = np.clip(rng.normal(0.0, 1.0, 2), -2.2, 2.2) * ABOUT_RAD
    if lot >= chance:
        return near
    (least, most), (up, low) = AWAY_RAD
    return np.array([(least + (most - least) * across) * (1 if side < 0.5 else -1), up + (low - up) * down])
