"""`mouth_track` for a viseme track that comes in pieces: each picture's mouth as soon as it is sure."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.motion.coarticulation import AHEAD, BEHIND, closure_columns, mouth_columns
from renderer.motion.expression import NEUTRAL, Expression, manner_of
from renderer.motion.mouth import LEAD_SEC, feel, followed_by_silence, level_of, mouth_axes, worn
from renderer.types import TRACK_RATE, VISEMES, Floats, Reals, VisemeTrack

_SURE: Final = AHEAD + 2
"""Columns after the one at a picture's moment that must be known."""
_NEAR: Final = 8
"""Columns to either side in which a short closure may lie that a picture shows."""
_BACK: Final = BEHIND + 2 * _NEAR
"""Columns before it that count."""
_BESIDE: Final = 3
"""Pictures to either side that may be nearer to a short closure."""


class MouthStream:
    """Joined, what `push` and `finish` return is `mouth_track` of the whole track, bit for bit. Memory stays flat."""

    def __init__(self, fps: int, expression: Expression | None = None) -> None:
        self._fps = fps
        self._manner = NEUTRAL if expression is None else manner_of(expression)
        self._track = VisemeTrack(np.zeros((0, len(VISEMES)), np.float32), np.zeros(0, np.float32))
        self._level: Reals = np.zeros(1)
        self._base = self._next = 0

    def push(self, track: VisemeTrack) -> Floats:
        """The columns that come next -> float32 (N, 8), MOUTH_AXES: the pictures that are now sure."""
        self._take(track)
        known = self._base + len(self._track.energy)
        count = self._next
        while int(_middle(count, self._fps) * TRACK_RATE - 0.5) + _SURE < known:
            count += 1
        axes = self._pictures(count, count + _BESIDE, self._track)
        self._forget()
        return axes

    def finish(self, frames: int) -> Floats:
        """The rest of `frames` pictures in all: after the track is silence."""
        whole = followed_by_silence(self._track)
        self._level = np.concatenate(
            [self._level, level_of(whole.energy[len(self._track.energy) :], float(self._level[-1]))[1:]]
        )
        return self._pictures(frames, frames, whole)

    def _take(self, track: VisemeTrack) -> None:
        if not len(track.energy):
            return
        held = self._track
        shape = track.shape if held.shape is None else _joined(held.shape, track.shape)
        self._track = VisemeTrack(
            np.concatenate([held.weights, track.weights]), np.concatenate([held.energy, track.energy]), shape
        )
        self._level = np.concatenate([self._level, level_of(track.energy, float(self._level[-1]))[1:]])

    def _pictures(self, until: int, known: int, track: VisemeTrack) -> Floats:
        """Pictures from the next one to `until`, of `known` or more in all."""
        first, self._next = self._next, max(self._next, until)
        if until <= first or not len(track.energy):
            return np.zeros((max(0, until - first), 8), np.float32)
        early = max(0, first - _BESIDE)
        seconds = (2 * np.arange(early, known) + 1) / (2 * self._fps) + LEAD_SEC
        columns, closed = mouth_columns(track), closure_columns(track)
        axes = mouth_axes(columns, closed, seconds, self._base)[first - early : until - early]
        if self._manner != NEUTRAL:
            feel(axes, self._manner, worn(self._level, seconds[first - early : until - early], self._base))
        return axes.astype(np.float32)

    def _forget(self) -> None:
        """What no picture to come depends on."""
        needed = int(_middle(max(0, self._next - _BESIDE), self._fps) * TRACK_RATE - 0.5) - _BACK
        old = min(needed - self._base, len(self._track.energy))
        if old <= 0:
            return
        track, self._base = self._track, self._base + old
        shape = None if track.shape is None else track.shape[old:]
        self._track = VisemeTrack(track.weights[old:], track.energy[old:], shape)
        self._level = self._level[old:]


def _middle(picture: int, fps: int) -> float:
    return (2 * picture + 1) / (2 * fps) + LEAD_SEC


def _joined(before: Floats, after: Floats | None) -> Floats:
    assert after is not None, "a track has shapes throughout or not at all"
    return np.concatenate([before, after])
