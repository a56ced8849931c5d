"""Motion as a course of moves: each begins at its time, takes a while, and holds until the next begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from renderer.motion.voice import Cue
from renderer.types import Reals


def glide(share: Reals) -> Reals:
    """0 to 1 for `share` 0..1 with the least jerk, as limbs and heads move (Flash and Hogan 1985)."""
    t = np.minimum(np.maximum(share, 0.0), 1.0)
    return t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)


class Held:
    """Moves in order of time, kept as long as they are seen. `at` is asked for ever later times."""

    def __init__(self, place: Reals) -> None:
        """`place` (K,): where it is before the first move."""
        self._moves: list[tuple[float, Reals, float]] = [(-np.inf, place, 1.0)]

    @property
    def place(self) -> Reals:
        """Where the last move leads."""
        return self._moves[-1][1]

    def add(self, begins: float, place: Reals, takes: float) -> None:
        """A move that arrives at `place` so many seconds later. None may begin before the one before has arrived."""
        self._moves.append((begins, place, takes))

    def at(self, times: Reals) -> Reals:
        """(N,) seconds -> (N, K)."""
        starts, lengths = np.array([move[0] for move in self._moves]), np.array([move[2] for move in self._moves])
        places = np.array([move[1] for move in self._moves])
        index = np.searchsorted(starts, times, side="right") - 1
        before = places[np.maximum(index - 1, 0)]
        share = glide((times - starts[index]) / lengths[index])
        path = before + (places[index] - before) * share[:, np.newaxis]
        del self._moves[: max(0, int(index[-1]) - 1) if len(index) else 0]
        return path


class Bumps:
    """From each cue on a rise to its strength and a slower way back; they add up. `at` takes ever later times."""

    def __init__(self, rise_sec: float, fall_sec: float) -> None:
        self._rise, self._fall = rise_sec, fall_sec
        self._cues: list[Cue] = []

    def at(self, times: Reals, cues: Sequence[Cue]) -> Reals:
        """(N,) seconds -> (N,). `cues`: those that are new."""
        self._cues += cues
        total: Reals = np.zeros(len(times))
        for cue in self._cues:
            first, last = np.searchsorted(times, [cue.sec, cue.sec + self._rise + self._fall])
            since = times[first:last] - cue.sec
            total[first:last] += cue.strength * np.where(
                since < self._rise, glide(since / self._rise), 1.0 - glide((since - self._rise) / self._fall)
            )
        if len(times):
            self._cues = [cue for cue in self._cues if cue.sec + self._rise + self._fall > times[-1]]
        return total


class Waves:
    """A sum of sines, about -1 to 1, of spread 0.45, that is zero at no particular time and repeats at none."""

    def __init__(self, rng: np.random.Generator, periods_sec: Sequence[float]) -> None:
        phases = rng.uniform(0, 2 * np.pi, len(periods_sec))
        lengths = np.array(periods_sec) * rng.uniform(0.85, 1.2)
        weights = (0.55, 0.30, 0.15)[: len(periods_sec)]
        self._sines = list(zip(weights, lengths.tolist(), phases.tolist(), strict=True))

    def at(self, times: Reals) -> Reals:
        """(N,) seconds -> (N,)."""
        turned, total = 2 * np.pi * times, np.zeros(len(times))
        for weight, length, phase in self._sines:
            total += weight * np.sin(turned / length + phase)
        return total
