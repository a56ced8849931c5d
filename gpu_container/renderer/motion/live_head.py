"""A head for a stream that has no length: what it does is decided anew every so often, and eased from pose to pose."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.motion.expression import Expression
from renderer.motion.head_stream import HeadStream
from renderer.types import HEAD_AXES, TRACK_RATE, Floats, Reals

STRETCH_SEC: Final = 20
"""Whole pictures and whole columns at every rate. A HeadStream costs the more the longer it goes on."""
_EASE_SEC: Final = 0.9
_LID_SEC: Final = 0.16
"""Lids that were caught half shut do not stay so."""


class LiveHead:
    """As HeadStream, for speech after speech, as often as `begin` is called: the pose goes on where it was."""

    def __init__(self, fps: int, seed: int, expression: Expression) -> None:
        self._fps, self._seed, self._expression = fps, seed, expression
        self._stretch = 0
        self._last: Floats | None = None
        self._offset: Floats | None = None
        self.begin()

    def begin(self) -> None:
        """Another speech: its first column is the next that is pushed."""
        self._before = 0
        """Pictures of this speech in the stretches that are over."""
        self._anew()

    def goes_on_from(self, pose: Floats | None) -> None:
        """What comes next is eased from this pose (12,), None: from none."""
        self._last = pose

    def push(self, energy: Floats) -> Floats:
        """float32 (T,) 0..1 at TRACK_RATE, what comes next -> float32 (N, 12), HEAD_AXES: the pictures now sure."""
        given = [np.zeros((0, len(HEAD_AXES)), np.float32)]
        while self._columns + len(energy) >= STRETCH_SEC * TRACK_RATE:
            left = STRETCH_SEC * TRACK_RATE - self._columns
            given += [self._eased(self._heads.push(energy[:left])), self._last_of_stretch()]
            energy = energy[left:]
        self._columns += len(energy)
        return np.concatenate([*given, self._eased(self._heads.push(energy))])

    def finish(self, frames: int) -> Floats:
        """The rest of `frames` pictures in all: silence follows."""
        given = [np.zeros((0, len(HEAD_AXES)), np.float32)]
        while frames - self._before > STRETCH_SEC * self._fps:
            given.append(self._last_of_stretch())
        return np.concatenate([*given, self._eased(self._heads.finish(frames - self._before))])

    def _anew(self) -> None:
        self._heads = HeadStream(self._fps, self._seed + self._stretch, self._expression)
        self._stretch += 1
        self._columns = self._given = 0
        self._offset = None

    def _last_of_stretch(self) -> Floats:
        rest = self._eased(self._heads.finish(STRETCH_SEC * self._fps))
        self._before += STRETCH_SEC * self._fps
        self._anew()
        return rest

    def _eased(self, axes: Floats) -> Floats:
        if not len(axes):
            return axes
        offset = self._offset
        if offset is None:
            offset = np.zeros(len(HEAD_AXES), np.float32) if self._last is None else self._last - axes[0]
        since: Reals = (np.arange(self._given, self._given + len(axes)) / self._fps)[:, np.newaxis]
        left = 1.0 - np.clip(since / _TAKES, 0.0, 1.0)
        share: Floats = (left * left * (3.0 - 2.0 * left)).astype(np.float32)
        eased: Floats = (axes + offset * share).astype(np.float32)
        self._offset = offset
        self._given, self._last = self._given + len(axes), eased[-1]
        return eased


_TAKES: Final = np.where(np.array(HEAD_AXES) == "blink", _LID_SEC, _EASE_SEC)
