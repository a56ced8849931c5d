"""What head, brows, eyes and shoulders do while somebody speaks, and while nobody does. Seeded; causal in the voice."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.motion.blinks import Blinks
from renderer.motion.breath import Breath
from renderer.motion.brows import Brows
from renderer.motion.expression import Expression, Manner, manner_of
from renderer.motion.gaze import Gaze
from renderer.motion.posture import POSE, Posture
from renderer.motion.voice import Cue, Voice, hear
from renderer.types import HEAD_AXES, Floats, HeadTrack, Reals

FURTHEST: Final = {"x": 0.15, "y": 0.12, "roll": 0.10, "yaw": 0.16, "pitch": 0.12}
"""No seed, voice or feeling takes the head further: a picture holds no more of it. See `_eased`."""
FAR_TURN_RAD: Final = 0.07
"""A turn of the head from this size on calls for a blink."""
RESTING_FEELING: Final = 0.8
"""Of a feeling's face that is worn in silence; the voice brings out the rest."""

_COLUMN: Final = {name: index for index, name in enumerate(HEAD_AXES)}


def head_track(frames: int, fps: int, seed: int, energy: Floats, expression: Expression | None = None) -> HeadTrack:
    """`energy` float32 (T,) 0..1 at TRACK_RATE, silence after it -> poses for `frames` pictures at `fps`.

    The same seed gives the same motion; picture k depends on the energy before its middle alone, so a longer video
    begins with the same pictures.
    """
    course = HeadCourse(fps, seed, manner_of(expression or Expression()))
    return HeadTrack(course.axes(range(frames), hear(energy, frames / fps)), fps)


class HeadCourse:
    """Pictures in order, however many at a time: what is kept between them does not grow."""

    def __init__(self, fps: int, seed: int, manner: Manner) -> None:
        self._fps, self._manner = fps, manner
        self._posture = Posture([seed, 0], manner)
        self._gaze = Gaze(np.random.default_rng([seed, 1]), manner)
        self._breath = Breath(np.random.default_rng([seed, 2]))
        self._blinks = Blinks(np.random.default_rng([seed, 3]), manner.blinking)
        self._brows = Brows([seed, 4], manner.energy)

    def axes(self, frames: range, voice: Voice) -> Floats:
        """float32 (len(frames), 12), HEAD_AXES: the poses of the next pictures. `voice` has the cues that are new and
        the level up to there; what it hears later changes nothing."""
        times = (np.array(frames, dtype=np.float64) + 0.5) / self._fps
        carried = self._posture.at(times, voice)
        pose = _eased(carried.pose)
        turned = pose[:, [POSE.index("yaw"), POSE.index("pitch")]]
        looking = self._gaze.at(times, voice.starts, turned)
        turns = [Cue(turn.sec) for turn in carried.turns if turn.strength > FAR_TURN_RAD]
        axes = np.zeros((len(frames), len(HEAD_AXES)))
        axes[:, : len(POSE)] = pose
        axes[:, _COLUMN["breath"]] = self._breath.at(times, voice.ends)
        axes[:, _COLUMN["blink"]] = self._blinks.at(times, voice.ends, [*looking.jumps, *turns])
        axes[:, [_COLUMN["gaze_x"], _COLUMN["gaze_y"]]] = looking.angles
        worn = RESTING_FEELING + (1 - RESTING_FEELING) * voice.level_at(times)
        _wear(axes, self._manner, worn, self._brows.at(times, voice))
        return axes.astype(np.float32)


def _wear(axes: Reals, manner: Manner, worn: Reals, moving: Reals) -> None:
    """The feeling's brows and lids, as far as they are `worn` (N,), with the brows that go with the voice (N, 2)."""
    axes[:, _COLUMN["brow"]] = np.clip(manner.brow * worn + moving[:, 0], -1, 1)
    axes[:, _COLUMN["frown"]] = np.clip(manner.frown * worn + moving[:, 1], 0, 1)
    # Raised brows open the eyes a little.
    axes[:, _COLUMN["squint"]] = np.clip(manner.squint * worn - 0.15 * np.maximum(moving[:, 0], 0), -1, 1)


def _eased(pose: Reals) -> Reals:
    """Poses within FURTHEST, without a corner where the limit is met: straight up to half of it, then ever slower."""
    limits = np.array(list(FURTHEST.values()))
    share = np.abs(pose) / limits
    soft = np.where(share < 0.5, share, 0.5 + 0.5 * np.tanh((share - 0.5) / 0.5))
    return np.sign(pose) * limits * soft
