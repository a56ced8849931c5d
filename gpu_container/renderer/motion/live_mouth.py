"""A mouth for speech that comes as it is spoken: nothing of the track beyond a picture's own moment is waited for."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.motion.coarticulation import AHEAD, BEHIND, closure_columns, mouth_columns
from renderer.motion.expression import NEUTRAL, Expression, manner_of
from renderer.motion.mouth import LEAD_SEC, feel, followed_by_silence, level_of, mouth_axes, worn
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, Floats, Reals, VisemeTrack

_BACK: Final = BEHIND + 1
"""Columns before the last one that a picture is made of: it lies between that and the one before."""


class LiveMouth:
    """As MouthStream, 80 ms sooner: what a whole track would tell of the columns to come is taken to be as the last one
    that is known. Which one that is depends on the picture alone, so the same sound gives the same mouth, however cut.
    """

    def __init__(self, fps: int, expression: Expression | None = None) -> None:
        self._fps = fps
        self._manner = NEUTRAL if expression is None else manner_of(expression)
        self._track = VisemeTrack(np.zeros((0, len(VISEMES)), np.float32), np.zeros(0, np.float32))
        self._level: Reals = np.zeros(1)
        self._base = self._next = 0
        self._shown = -1
        """The last column that a picture was made of."""

    def push(self, track: VisemeTrack) -> Floats:
        """The columns that come next -> float32 (N, 8), MOUTH_AXES: the pictures that are now sure."""
        self._take(track)
        known = self._base + len(self._track.energy)
        pictures: list[Floats] = []
        while self._last_column(self._next) < known:
            pictures.append(self._picture(self._track))
        self._forget()
        return _stacked(pictures)

    def finish(self, frames: int) -> Floats:
        """The rest of `frames` pictures in all: after the track is silence."""
        whole = followed_by_silence(self._track)
        after = whole.energy[len(self._track.energy) :]
        self._level = np.concatenate([self._level, level_of(after, float(self._level[-1]))[1:]])
        return _stacked([self._picture(whole) for _ in range(frames - self._next)])

    def _take(self, track: VisemeTrack) -> None:
        if not len(track.energy):
            return
        held, shape = self._track, track.shape
        if held.shape is not None:
            assert shape is not None, "a track has shapes throughout or not at all"
            shape = np.concatenate([held.shape, shape])
        self._track = VisemeTrack(
            np.concatenate([held.weights, track.weights]), np.concatenate([held.energy, track.energy]), shape
        )
        self._level = np.concatenate([self._level, level_of(track.energy, float(self._level[-1]))[1:]])

    def _picture(self, track: VisemeTrack) -> Floats:
        last = min(self._last_column(self._next), self._base + len(track.energy) - 1)
        first = max(self._base, last - _BACK)
        seconds = np.array([(2 * self._next + 1) / (2 * self._fps) + LEAD_SEC])
        seen = _held_on(track, first - self._base, last - self._base + 1)
        # A closure that began and ended since the picture before is shown now: every p, b and m is seen shut.
        since = closure_columns(seen)[max(0, self._shown + 1 - first) : last - first + 1]
        closed = np.zeros(last - first + 1)
        closed[-1] = since.max(initial=0.0)
        axes = mouth_axes(mouth_columns(seen)[: last - first + 1], closed, seconds, first)
        if self._manner != NEUTRAL:
            feel(axes, self._manner, worn(self._level, seconds, self._base))
        self._next, self._shown = self._next + 1, last
        return axes[0].astype(np.float32)

    def _last_column(self, picture: int) -> int:
        return int(((2 * picture + 1) / (2 * self._fps) + LEAD_SEC) * TRACK_RATE - 0.5) + 1

    def _forget(self) -> None:
        old = min(self._shown - _BACK - self._base, len(self._track.energy))
        if old <= 0:
            return
        track, self._base = self._track, self._base + old
        shape = None if track.shape is None else track.shape[old:]
        self._track = VisemeTrack(track.weights[old:], track.energy[old:], shape)
        self._level = self._level[old:]


def _held_on(track: VisemeTrack, first: int, beyond: int) -> VisemeTrack:
    """Columns first..beyond, and the last of them AHEAD times more."""

    def of(values: Floats) -> Floats:
        return np.concatenate([values[first:beyond], np.repeat(values[beyond - 1 : beyond], AHEAD, axis=0)])

    return VisemeTrack(of(track.weights), of(track.energy), None if track.shape is None else of(track.shape))


def _stacked(pictures: list[Floats]) -> Floats:
    return np.stack(pictures) if pictures else np.zeros((0, len(MOUTH_AXES)), np.float32)
