"""`head_track` for a voice that comes in pieces: each picture's pose as soon as it is sure."""

from __future__ import annotations

from math import floor

import numpy as np

from renderer.motion.expression import Expression, manner_of
from renderer.motion.head import HeadCourse
from renderer.motion.voice import VoiceStream
from renderer.types import HEAD_AXES, TRACK_RATE, Floats


class HeadStream:
    """Joined, what `push` and `finish` return is `head_track` of the whole voice, bit for bit. Memory stays flat."""

    def __init__(self, fps: int, seed: int, expression: Expression | None = None) -> None:
        self._fps = fps
        self._course = HeadCourse(fps, seed, manner_of(expression or Expression()))
        self._voice = VoiceStream()
        self._next = 0

    def push(self, energy: Floats) -> Floats:
        """float32 (T,) 0..1 at TRACK_RATE, what comes next -> float32 (N, 12), HEAD_AXES: the pictures now sure."""
        self._voice.push(energy)
        # All whose middle is behind what was heard.
        return self._pictures(floor((self._voice.columns - 2) / TRACK_RATE * self._fps - 0.5) + 1)

    def finish(self, frames: int) -> Floats:
        """The rest of `frames` pictures in all: silence follows."""
        self._voice.silence(frames / self._fps)
        return self._pictures(frames)

    def _pictures(self, until: int) -> Floats:
        first, self._next = self._next, max(self._next, until)
        if until <= first:
            return np.zeros((0, len(HEAD_AXES)), np.float32)
        axes = self._course.axes(range(first, until), self._voice.news())
        self._voice.forget((until - 0.5) / self._fps)
        return axes
