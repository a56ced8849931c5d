"""A head that is told of its voice piece by piece: the same poses as of the whole, and nothing kept that grows."""

import pickle

import numpy as np
import pytest

from renderer.motion.expression import Expression
from renderer.motion.head import head_track
from renderer.motion.head_stream import HeadStream
from renderer.types import TRACK_RATE, Floats


def voice(seconds: int) -> Floats:
    """Phrases with pauses between them, and syllables in them."""
    at = np.arange(seconds * TRACK_RATE) / TRACK_RATE
    phrases = np.sin(at / 1.7) > -0.3
    return (np.abs(np.sin(at * 7.7)) * phrases * np.random.default_rng(3).uniform(0.6, 1.0, len(at))).astype(np.float32)


@pytest.mark.parametrize("fps", [24, 25, 30])
@pytest.mark.parametrize("longest", [1, 7, 300])
def test_however_the_voice_is_cut_the_poses_are_those_of_the_whole(fps: int, longest: int) -> None:
    energy, feeling = voice(60), Expression("happy", 0.8)
    stream, at, poses = HeadStream(fps, 9, feeling), 0, list[Floats]()
    for size in np.random.default_rng(longest).integers(1, longest + 1, len(energy)).tolist():
        poses.append(stream.push(energy[at : at + size]))
        at += size
    poses.append(stream.finish(62 * fps))
    assert np.array_equal(np.concatenate(poses), head_track(62 * fps, fps, 9, energy, feeling).axes)


def test_what_it_keeps_does_not_grow() -> None:
    energy, stream, kept = voice(600), HeadStream(25, 9), list[int]()
    for at in range(0, len(energy), 50):
        stream.push(energy[at : at + 50])
        kept.append(len(pickle.dumps(stream)))
    half = len(kept) // 2
    assert max(kept[half:]) <= 1.1 * max(kept[:half])
