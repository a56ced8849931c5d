"""What a feeling does to a speaking face: what it should, more with intensity, and never to closures and touches."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from renderer.motion.expression import EMOTIONS, Emotion, Expression
from renderer.motion.head import head_track
from renderer.motion.mouth import mouth_track
from renderer.speech import speak
from renderer.types import HEAD_AXES, MOUTH_AXES, Floats, VisemeTrack
from renderer.visemes import track_of

FRAMES = 200


@lru_cache(maxsize=1)
def spoken() -> VisemeTrack:
    return track_of(speak("My mother put a big pepper on the table. Five wives have fifty fine vans, people may hope."))


def head(emotion: Emotion, intensity: float = 1.0) -> dict[str, Floats]:
    tracks = [head_track(FRAMES, 25, seed, spoken().energy, Expression(emotion, intensity)).axes for seed in range(6)]
    return {name: np.concatenate(tracks)[:, index] for index, name in enumerate(HEAD_AXES)}


def mouth(emotion: Emotion, intensity: float = 1.0) -> dict[str, Floats]:
    axes = mouth_track(spoken(), 25, FRAMES, Expression(emotion, intensity)).axes
    return {name: axes[:, index] for index, name in enumerate(MOUTH_AXES)}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_closures_and_touches_are_the_same_in_every_feeling(emotion: Emotion) -> None:
    plain, felt = mouth("neutral"), mouth(emotion)
    for axis in ("press", "lower", "upper", "round", "wide", "tongue"):
        np.testing.assert_array_equal(felt[axis], plain[axis])
    assert felt["jaw"].max() <= 1.0
    np.testing.assert_array_equal(felt["jaw"] == 0, plain["jaw"] == 0)


def test_no_expression_is_neutral_and_so_is_any_at_nothing() -> None:
    plain = mouth_track(spoken(), 25, FRAMES).axes
    still = head_track(FRAMES, 25, 1, spoken().energy).axes
    for emotion in EMOTIONS:
        nothing = Expression(emotion, 0.0)
        np.testing.assert_array_equal(mouth_track(spoken(), 25, FRAMES, nothing).axes, plain)
        np.testing.assert_array_equal(head_track(FRAMES, 25, 1, spoken().energy, nothing).axes, still)


def test_corners_rise_in_joy_and_fall_in_sorrow() -> None:
    assert mouth("happy")["corner"].mean() > mouth("excited")["corner"].mean() > 0.3
    assert mouth("sad")["corner"].mean() < mouth("serious")["corner"].mean() < 0
    assert not mouth("neutral")["corner"].any()


def test_each_feeling_has_its_brows_and_lids() -> None:
    neutral, serious, curious, sad = (head(e) for e in ("neutral", "serious", "curious", "sad"))
    assert serious["brow"].mean() < neutral["brow"].mean() - 0.15
    assert serious["frown"].mean() > neutral["frown"].mean() + 0.4
    assert curious["brow"].mean() > neutral["brow"].mean() + 0.4
    assert curious["roll"].mean() > neutral["roll"].mean() + 0.02
    assert sad["pitch"].mean() > neutral["pitch"].mean() + 0.03
    assert head("happy")["squint"].mean() > 0.3 > -0.2 > head("excited")["squint"].mean()


def test_excitement_moves_further_and_faster_than_sorrow() -> None:
    excited, neutral, sad = (head(emotion) for emotion in ("excited", "neutral", "sad"))
    for axis in ("yaw", "roll", "pitch"):
        speeds = [np.abs(np.diff(each[axis])).mean() for each in (excited, neutral, sad)]
        assert speeds[0] > 1.2 * speeds[1] > 1.2 * 1.2 * speeds[2]


def test_half_the_intensity_is_half_the_face() -> None:
    assert mouth("happy", 0.5)["corner"].mean() == pytest.approx(mouth("happy")["corner"].mean() / 2, rel=0.01)
    base = head("neutral")["frown"].mean()
    half, full = (head("serious", share)["frown"].mean() - base for share in (0.5, 1.0))
    assert half == pytest.approx(full / 2, rel=0.15)


def test_a_feeling_shows_in_silence_too_but_less() -> None:
    corner = mouth("happy")["corner"]
    assert 0.5 * corner.max() < corner[0] < corner.max()


@pytest.mark.parametrize(("emotion", "intensity"), [("angry", 0.5), ("happy", -0.1), ("happy", 1.1), ("sad", np.nan)])
def test_what_is_no_expression_is_refused(emotion: Emotion, intensity: float) -> None:
    with pytest.raises(ValueError, match=r"(emotion|intensity) "):
        Expression(emotion, intensity)
