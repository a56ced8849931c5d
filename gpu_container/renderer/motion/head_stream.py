"""`head_track` for a voice that comes in pieces: each picture's pose as soon as it is sure."""

from __future__ import annotations

import numpy as np

from renderer.motion.expression import Expression, manner_of
from renderer.motion.head import head_axes
from renderer.motion.voice import Voice, VoiceStream
from renderer.types import HEAD_AXES, TRACK_RATE, Floats


class HeadStream:
    """Joined, what `push` and `finish` return is `head_track` of the whole voice, bit for bit.

    The moves are decided anew from the start at each push: some 20 microseconds for each second that has passed.
    """

    def __init__(self, fps: int, seed: int, expression: Expression | None = None) -> None:
        self._fps, self._seed = fps, seed
        self._manner = manner_of(expression or Expression())
        self._voice = VoiceStream()
        self._next = 0

    def push(self, energy: Floats) -> Floats:
        """float32 (T,) 0..1 at TRACK_RATE, what comes next -> float32 (N, 12), HEAD_AXES: the pictures now sure."""
        self._voice.push(energy)
        sure = int((self._voice.columns - 2) / TRACK_RATE * self._fps - 0.5)
        return self._pictures(sure, self._voice.voice())

    def finish(self, frames: int) -> Floats:
        """The rest of `frames` pictures in all: silence follows."""
        return self._pictures(frames, self._voice.followed_by_silence(frames / self._fps))

    def _pictures(self, until: int, voice: Voice) -> Floats:
        first, self._next = self._next, max(self._next, until)
        if until <= first:
            return np.zeros((0, len(HEAD_AXES)), np.float32)
        return head_axes(range(first, until), self._fps, self._seed, voice, self._manner)
