"""Where a track knows the mouth's shape, the opening follows it; touches and silence stay the classes' business."""

import numpy as np

from renderer.motion.mouth import mouth_track, widened
from renderer.types import MOUTH_AXES, VISEMES, Floats, VisemeTrack

JAW, WIDE, ROUND, PRESS = (MOUTH_AXES.index(axis) for axis in ("jaw", "wide", "round", "press"))


def track(*runs: tuple[str, int], shape: tuple[float, float, float]) -> VisemeTrack:
    said = [viseme for viseme, count in runs for _ in range(count)]
    weights = np.zeros((len(said), len(VISEMES)), np.float32)
    weights[np.arange(len(said)), [VISEMES.index(viseme) for viseme in said]] = 1.0
    energy = (weights[:, 0] < 0.5).astype(np.float32)
    return VisemeTrack(weights, energy, np.tile(np.array(shape, np.float32), (len(said), 1)))


def axes(said: VisemeTrack, frames: int) -> Floats:
    return mouth_track(said, 25, frames).axes


def test_the_opening_is_the_shape_s_while_somebody_speaks() -> None:
    seen = axes(track(("aa", 100), shape=(0.31, -0.2, 0.4)), 25)
    assert np.allclose(seen[5:20, [WIDE, ROUND]], [-0.2, 0.4], atol=1e-6)
    assert np.allclose(seen[5:20, JAW], 0.31 * widened(np.array(0.31)), atol=1e-6)


def test_a_closure_is_pressed_whatever_the_shape_says() -> None:
    seen = axes(track(("aa", 40), ("PP", 12), ("aa", 40), shape=(0.5, 0.0, 0.0)), 20)
    assert seen[:, PRESS].max() == 1.0
    assert seen[[2, 17], PRESS].max() == 0.0


def test_silence_closes_the_mouth_whatever_the_shape_says() -> None:
    seen = axes(track(("aa", 40), ("sil", 100), ("aa", 40), shape=(0.6, 0.3, 0.2)), 45)
    quiet = seen[16:30]
    assert not quiet.any()
    assert seen[5, JAW] > 0.5 < seen[40, JAW]


def test_speech_up_to_the_last_sample_closes_afterwards() -> None:
    seen = axes(track(("aa", 50), shape=(0.6, 0.0, 0.0)), 25)
    assert seen[8, JAW] > 0.5
    assert not seen[19:].any()
    steps = np.abs(np.diff(seen[:, JAW]))
    assert steps.max() < 0.5


def test_an_empty_track_is_a_mouth_at_rest() -> None:
    none = VisemeTrack(np.zeros((0, 15), np.float32), np.zeros(0, np.float32), np.zeros((0, 3), np.float32))
    assert not axes(none, 5).any()
