"""What each picture of a turn is made of, as soon as it is sure: a pure function of the sound, however it is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renderer.motion.expression import Expression
from renderer.motion.head_stream import HeadStream
from renderer.motion.live_head import LiveHead
from renderer.motion.live_mouth import LiveMouth
from renderer.motion.mouth_stream import MouthStream
from renderer.turn_sound import Decimator
from renderer.types import HEAD_AXES, MOUTH_AXES, RATE, VISEMES, Floats, Phoneme, Samples, VisemeTrack
from renderer.visemes.track_stream import TrackStream


@dataclass(frozen=True)
class Moment:
    """Picture `frame`: its mouth (8,) and head (12,), the sound it is shown with, and the visemes (15,) in its middle.
    `pts` counts samples of the turn's rate; the last moment's sound may be shorter than a picture lasts."""

    frame: int
    pts: int
    mouth: Floats
    head: Floats
    sound: Samples
    visemes: Floats


def timeline(fps: int, rate: int, seed: int, expression: Expression, has_phonemes: bool) -> Timeline:
    """Of a turn: from its first sound to its last."""
    mouths, heads = MouthStream(fps, expression), HeadStream(fps, seed, expression)
    return Timeline(fps, rate, mouths, heads, has_phonemes=has_phonemes)


class Timeline:
    """Push sound and take moments. Frame k has samples [k * rate / fps, (k + 1) * rate / fps), rounded down."""

    def __init__(
        self, fps: int, rate: int, mouths: MouthStream | LiveMouth, heads: HeadStream | LiveHead, *, has_phonemes: bool,
        first: int = 0,
    ) -> None:  # fmt: skip
        """`first`: the picture with which it begins, where others came before."""
        self._fps, self._rate, self._first = fps, rate, first
        self._track = TrackStream(has_phonemes)
        self._mouths, self._heads = mouths, heads
        self._decimator = Decimator(rate)
        self._waiting: list[Samples] = []
        self._mouth = np.zeros((0, len(MOUTH_AXES)), np.float32)
        self._head = np.zeros((0, len(HEAD_AXES)), np.float32)
        self._sound = np.zeros(0, np.int16)
        self._visemes, self._visemes_from = np.zeros((0, len(VISEMES)), np.float32), 0
        self._next = first
        self.samples = 0
        """Pushed so far, at RATE."""

    @property
    def position(self) -> int:
        """Where the next sound that is pushed begins, in samples of the turn's rate."""
        return self._pts(self._first) + self.samples * self._rate // RATE

    def push(self, samples: Samples, phonemes: tuple[Phoneme, ...] = ()) -> list[Moment]:
        """int16 (N,) at RATE; phonemes in seconds from the start of these samples."""
        offset = self.samples / RATE
        moved = [Phoneme(each.symbol, each.start_sec + offset, each.end_sec + offset) for each in phonemes]
        self.samples += len(samples)
        self._waiting.append(samples)
        track = self._track.push(samples, moved)
        if not len(track.energy):
            return []
        self._thin_out()
        self._move(track)
        ready = min(len(self._mouth), len(self._head))
        while ready and self._pts(self._next + ready) - self._pts(self._next) > len(self._sound):
            ready -= 1
        return self._take(ready)

    def finish(self) -> list[Moment]:
        """The moments that are left: silence follows. None where no sound was pushed."""
        self._thin_out()
        self._sound = np.concatenate([self._sound, self._decimator.finish()])
        self._move(self._track.finish())
        # As renderer.render counts them, and one for the sample by which a rate below RATE may round up.
        count = -(-self.samples * self._fps // RATE)
        left = self._first + count - self._next
        self._mouth = np.concatenate([self._mouth, self._mouths.finish(count)])
        self._head = np.concatenate([self._head, self._heads.finish(count)])
        return self._take(left, last=True)

    def _thin_out(self) -> None:
        """What waits is brought to the turn's rate: at once, for chunks of 10 ms cost as much as long ones."""
        samples = np.concatenate([np.zeros(0, np.int16), *self._waiting])
        self._waiting.clear()
        self._sound = np.concatenate([self._sound, self._decimator.push(samples)])

    def _move(self, track: VisemeTrack) -> None:
        self._mouth = np.concatenate([self._mouth, self._mouths.push(track)])
        self._head = np.concatenate([self._head, self._heads.push(track.energy)])
        self._visemes = np.concatenate([self._visemes, track.weights])

    def _take(self, count: int, last: bool = False) -> list[Moment]:
        moments: list[Moment] = []
        base = self._pts(self._next)
        for index in range(count):
            frame = self._next + index
            start, end = self._pts(frame) - base, self._pts(frame + 1) - base
            sound = self._sound[start : None if last and index == count - 1 else end]
            moments.append(
                Moment(frame, base + start, self._mouth[index], self._head[index], sound, self._visemes_at(frame))
            )
        self._next += count
        self._sound = self._sound[self._pts(self._next) - base :]
        self._mouth, self._head = self._mouth[count:], self._head[count:]
        old = (2 * (self._next - self._first) + 1) * 50 // self._fps - self._visemes_from
        old = min(max(0, old), len(self._visemes))
        self._visemes, self._visemes_from = self._visemes[old:], self._visemes_from + old
        return moments

    def _visemes_at(self, frame: int) -> Floats:
        column = (2 * (frame - self._first) + 1) * 50 // self._fps - self._visemes_from
        return self._visemes[min(max(column, 0), len(self._visemes) - 1)]

    def _pts(self, frame: int) -> int:
        return frame * self._rate // self._fps
