"""What a body hears in its own voice: how loud it is, where phrases begin and end, which syllables are stressed.

All of it from the past alone: a phrase's end is known when the pause has lasted END_SEC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.types import TRACK_RATE, Floats, Reals

ATTACK_SEC, RELEASE_SEC = 0.04, 0.14
"""Of the envelope in which syllables are peaks."""
LEVEL_ATTACK_SEC, LEVEL_RELEASE_SEC = 0.35, 1.2
START_ABOVE: Final = 0.30
END_BELOW: Final = 0.16
END_SEC: Final = 0.18
"""Longer than the closures inside of words."""
RISE: Final = 0.20
"""A syllable is stressed when the envelope rose by this much to its peak."""
FALL: Final = 0.03
"""A peak is over, and known, when the envelope fell by this much."""


@dataclass(frozen=True)
class Cue:
    """Something heard, known at `sec`. `strength` 0..1."""

    sec: float
    strength: float = 1.0


@dataclass(frozen=True)
class Voice:
    """What was heard, or what came to it. `level` (T + 1,) 0..1, at TRACK_RATE, from column `first` on: index i knows
    what sounded before (first + i) / TRACK_RATE. Cues in order of time, each given once."""

    level: Reals
    starts: tuple[Cue, ...]
    ends: tuple[Cue, ...]
    stresses: tuple[Cue, ...]
    first: int = 0

    def level_at(self, times: Reals) -> Reals:
        """The level at `times` seconds; the track's ends hold."""
        return np.interp(times * TRACK_RATE, np.arange(self.first, self.first + len(self.level)), self.level)


def hear(energy: Floats, seconds: float) -> Voice:
    """`energy` float32 (T,) 0..1 at TRACK_RATE, silence after it up to `seconds`."""
    stream = VoiceStream()
    stream.push(energy)
    stream.silence(seconds)
    return stream.news()


def follow(energy: Floats, attack_sec: float, release_sec: float, level: float = 0.0) -> Reals:
    """An envelope that rises with `attack_sec` and falls with `release_sec`: (T + 1,), causal, from `level` on."""
    up, down = (1 - float(np.exp(-1 / (TRACK_RATE * seconds))) for seconds in (attack_sec, release_sec))
    followed = np.full(len(energy) + 1, level)
    for index, value in enumerate(energy.tolist()):
        level += (value - level) * (up if value > level else down)
        followed[index + 1] = level
    return followed


class VoiceStream:
    """What is heard in a voice that comes in pieces: the same as in the whole. Memory stays flat if one forgets."""

    def __init__(self) -> None:
        self._level: Reals = np.zeros(1)
        self._first = 0
        self._starts: list[Cue] = []
        self._ends: list[Cue] = []
        self._stresses: list[Cue] = []
        self._heard = 0
        self._envelope = self._valley = self._peak = 0.0
        self._speaking = self._rising = False
        self._low = 0

    @property
    def columns(self) -> int:
        """How many were pushed."""
        return self._heard

    def push(self, energy: Floats) -> None:
        """float32 (T,) 0..1 at TRACK_RATE, what comes next."""
        level = follow(energy, LEVEL_ATTACK_SEC, LEVEL_RELEASE_SEC, float(self._level[-1]))
        self._level = np.concatenate([self._level, level[1:]])
        envelope = follow(energy, ATTACK_SEC, RELEASE_SEC, self._envelope)
        for value, now in zip(envelope[1:].tolist(), energy.tolist(), strict=True):
            self._heard += 1
            self._phrase(value, now)
            self._stress(value)
        self._envelope = float(envelope[-1])

    def news(self) -> Voice:
        """The level as far back as it is kept, and the cues since this was last asked."""
        voice = Voice(self._level, tuple(self._starts), tuple(self._ends), tuple(self._stresses), self._first)
        for cues in (self._starts, self._ends, self._stresses):
            cues.clear()
        return voice

    def forget(self, until_sec: float) -> None:
        """The level before that is not needed any more."""
        old = max(0, int(until_sec * TRACK_RATE) - 1 - self._first)
        self._level, self._first = self._level[old:], self._first + old

    def silence(self, seconds: float) -> None:
        """Nothing comes any more, up to `seconds` in all and a little more."""
        self.push(np.zeros(max(0, int(np.ceil(seconds * TRACK_RATE)) + 2 - self._heard), np.float32))

    def _phrase(self, value: float, now: float) -> None:
        self._low = self._low + 1 if now < END_BELOW else 0
        if not self._speaking and value > START_ABOVE:
            self._speaking = True
            self._starts.append(Cue(self._heard / TRACK_RATE))
        elif self._speaking and self._low >= END_SEC * TRACK_RATE:
            self._speaking = False
            self._ends.append(Cue(self._heard / TRACK_RATE))

    def _stress(self, value: float) -> None:
        """Peaks of the envelope, by how far it rose to them."""
        if self._rising:
            self._peak = max(self._peak, value)
            if value < self._peak - FALL:
                if self._peak - self._valley > RISE:
                    strength = min(1.0, (self._peak - self._valley) / 0.6)
                    self._stresses.append(Cue(self._heard / TRACK_RATE, strength))
                self._rising, self._valley = False, value
        else:
            self._valley = min(self._valley, value)
            if value > self._valley + FALL:
                self._rising, self._peak = True, value
