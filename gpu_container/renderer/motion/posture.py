"""How a head is carried: it takes a posture, holds it, takes another as phrases begin and end, and never rests."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.motion.course import Bumps, Held, Waves
from renderer.motion.expression import Manner
from renderer.motion.voice import Cue, Voice
from renderer.types import Reals

POSE: Final = ("x", "y", "roll", "yaw", "pitch")
"""The columns of a pose, as in HEAD_AXES; x and y in eye distances, angles in radians."""

SPREAD: Final = np.array([0.006, 0.064, 0.060, 0.042, 0.032])
"""Standard deviation of the postures that a speaking head takes. Two filmed speakers: 0.07 to 0.09 eye distances
sideways and 0.07 up and down, 2.8 degrees of roll. Most of the way sideways comes from the roll, about the neck."""
BACK: Final = 0.4
"""Who leant to one side leans to the other next: no minute is all on one side, nor twice as lively as another."""
FURTHEST: Final = 2.0
"""No posture is more than so many standard deviations away."""
SWAY: Final = np.array([0.010, 0.042, 0.026, 0.022, 0.016])
"""Amplitude of the slow sway on top of it, that keeps a held posture alive."""
PERIODS_SEC: Final = (7.4, 5.3, 2.3)
REST_SHARE: Final = 0.5
"""A silent head moves this much of what a speaking one does."""
NECK: Final = {"yaw": 0.10, "roll": -0.60, "pitch": 0.55}
"""Eye distances per radian by which the neck carries the head: sideways as it turns; back as it tilts, which it does
about the skull's base and not, as the picture's field has it, about the collar; down as it nods."""

GAP_MEDIAN_SEC: Final = 3.6
GAP_SPREAD: Final = 0.45
LEAST_GAP_SEC: Final = 1.3
MOVE_SEC: Final = (0.55, 1.15)

NOD_RAD: Final = 0.034
NOD_RISE_SEC: Final = 0.11
"""A stress is known some 30 ms after its peak, so the nod's own peak comes 80 to 160 ms after it, as heads do."""
NOD_FALL_SEC: Final = 0.34
NOD_CHANCE: Final = 0.5
SETTLE_RAD: Final = 0.030
SETTLE_CHANCE: Final = 0.7
SETTLE_SEC: Final = (0.28, 0.70)


@dataclass(frozen=True)
class Carriage:
    """`pose` (N, 5) columns POSE; `turns`: when the head begins to turn, and by how many radians."""

    pose: Reals
    turns: tuple[Cue, ...]


class Posture:
    """Postures one after another. `at` is asked for ever later times.

    Numbers are drawn in the order of time, so what comes later changes nothing before it; a move that was drawn and
    lies ahead is made once its time has come, unless a cue comes first.
    """

    def __init__(self, seed: Sequence[int], manner: Manner) -> None:
        self._manner = manner
        self._rng = np.random.default_rng([*seed, 0])
        self._lot = _lot(self._rng, np.zeros(len(POSE)))
        self._held = Held(_place(self._lot, REST_SHARE * manner.energy, settled=False))
        self._cues: deque[tuple[float, bool]] = deque()
        self._now = 0.0
        self._own = self._next()
        self._nods = _Nods([*seed, 2])
        rng = np.random.default_rng([*seed, 1])
        self._sways = [Waves(rng, PERIODS_SEC) for _ in POSE]

    def at(self, times: Reals, voice: Voice) -> Carriage:
        """The pose at `times` seconds. Each depends on the voice before it alone."""
        manner = self._manner
        self._cues.extend(sorted([(cue.sec, False) for cue in voice.starts] + [(cue.sec, True) for cue in voice.ends]))
        turns = tuple(self._moves(float(times[-1]) if len(times) else 0.0, voice))
        pose = self._held.at(times)
        share = (REST_SHARE + (1 - REST_SHARE) * voice.level_at(times)) * manner.energy
        for column, sway in enumerate(self._sways):
            pose[:, column] += SWAY[column] * share * sway.at(times * manner.tempo)
        pose[:, 4] += manner.nod * self._nods.at(times, voice)
        pose[:, 0] += NECK["yaw"] * pose[:, 3] + NECK["roll"] * pose[:, 2]
        pose[:, 1] += NECK["pitch"] * pose[:, 4]
        pose[:, 2] += manner.roll
        pose[:, 4] += manner.pitch
        return Carriage(pose, turns)

    def _moves(self, end: float, voice: Voice) -> Iterator[Cue]:
        """Makes those up to `end`: when each begins, and how far it turns."""
        manner, cues = self._manner, self._cues
        while True:
            while cues and cues[0][0] < self._now + LEAST_GAP_SEC / manner.tempo and self._now > 0:
                cues.popleft()
            cued = bool(cues) and cues[0][0] < self._own
            now, settles = cues[0] if cued else (self._own, False)
            if now > end:
                return
            level = max(float(voice.level_at(np.array([now]))[0]), 0.6 * cued)
            takes = float(self._rng.uniform(*MOVE_SEC)) / manner.tempo
            self._lot = _lot(self._rng, self._lot)
            place = _place(self._lot, (REST_SHARE + (1 - REST_SHARE) * level) * manner.energy, settles)
            yield Cue(now, abs(float(place[3] - self._held.place[3])))
            self._held.add(now, place, takes)
            if cued:
                cues.popleft()
            self._now = now
            self._own = self._next()

    def _next(self) -> float:
        """When the next move begins if nothing calls for one before."""
        return self._now + max(LEAST_GAP_SEC / self._manner.tempo, _gap(self._rng) / self._manner.tempo)


def _gap(rng: np.random.Generator) -> float:
    return float(rng.lognormal(math.log(GAP_MEDIAN_SEC), GAP_SPREAD))


def _lot(rng: np.random.Generator, last: Reals) -> Reals:
    """Where the next posture lies, in standard deviations: rather on the other side of the middle than the `last`."""
    return np.clip(rng.normal(0.0, 0.93, len(POSE)) - BACK * last, -FURTHEST, FURTHEST)


def _place(lot: Reals, share: float, settled: bool) -> Reals:
    """A posture. One that settles at a phrase's end is nearer to the middle, the chin a little down."""
    drawn = lot * SPREAD
    drawn[2] += 0.22 * drawn[3]  # who turns the head tilts it a little as well
    place = drawn * share
    if settled:
        place *= 0.6
        place[4] += 0.3 * SPREAD[4]
    return place


class _Nods:
    """Some stressed syllables, and most phrase ends, are nodded."""

    def __init__(self, seed: Sequence[int]) -> None:
        self._rngs = [np.random.default_rng([*seed, index]) for index in range(2)]
        self._stressed, self._settling = Bumps(NOD_RISE_SEC, NOD_FALL_SEC), Bumps(*SETTLE_SEC)

    def at(self, times: Reals, voice: Voice) -> Reals:
        """(N,) seconds -> radians of pitch (N,)."""
        stressed = _some(voice.stresses, self._rngs[0], NOD_CHANCE, NOD_RAD)
        settling = _some(voice.ends, self._rngs[1], SETTLE_CHANCE, SETTLE_RAD)
        return self._stressed.at(times, stressed) + self._settling.at(times, settling)


def _some(cues: Sequence[Cue], rng: np.random.Generator, chance: float, most: float) -> list[Cue]:
    """Which of the cues are nodded and how deep; those that come later change nothing."""
    drawn = rng.uniform(0.0, 1.0, (len(cues), 2)).tolist()
    return [
        Cue(cue.sec, most * cue.strength * (0.4 + 0.6 * depth))
        for cue, (lot, depth) in zip(cues, drawn, strict=True)
        if lot < chance
    ]
