"""Feelings on pictures: lips still close on p, b, m; corners, brows and lids show what is felt."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from renderer.face.check import check_face
from renderer.face.mesh import Mesh, refit
from renderer.motion.expression import EMOTIONS, Emotion, Expression
from renderer.motion.head import head_track
from renderer.motion.mouth import mouth_track
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.speech import speak
from renderer.types import HEAD_AXES, MOUTH_AXES, Floats, VisemeTrack
from renderer.visemes import track_of
from tests.renderer.poses import head
from tests.renderer.seeing import shown

PRESS, JAW = MOUTH_AXES.index("press"), MOUTH_AXES.index("jaw")
FRAMES = 75


@lru_cache(maxsize=1)
def spoken() -> VisemeTrack:
    return track_of(speak("Papa and Bob may beam: my mum made me a map."))


def mouth(emotion: Emotion) -> Floats:
    return mouth_track(spoken(), 25, FRAMES, Expression(emotion, 1.0)).axes


@pytest.fixture(scope="module")
def start(runtime: MeshRuntime) -> Mesh:
    return check_face(shown(runtime, np.zeros(len(MOUTH_AXES), np.float32), head())).mesh


def points_of(runtime: MeshRuntime, start: Mesh, lips: Floats, pose: Floats) -> Floats:
    return refit(shown(runtime, lips, pose), start).points


def gap(points: Floats) -> float:
    """Between the inner lips' middles, in mouth widths."""
    return float(np.linalg.norm(points[13] - points[14]) / np.linalg.norm(points[61] - points[291]))


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_lips_are_seen_shut_on_closures_whatever_is_felt(runtime: MeshRuntime, start: Mesh, emotion: Emotion) -> None:
    lips = mouth(emotion)
    closed = np.flatnonzero(lips[:, PRESS] > 0.97)[:8]
    widest = int(np.argmax(lips[:, JAW] * (1 - lips[:, PRESS])))
    gaps = [gap(points_of(runtime, start, lips[index], head())) for index in closed]
    assert len(closed) >= 5
    assert np.median(gaps) < 0.07
    assert max(gaps) < 0.10 < 0.20 < gap(points_of(runtime, start, lips[widest], head()))


def test_corners_are_seen_up_in_joy_and_down_in_sorrow(runtime: MeshRuntime, start: Mesh) -> None:
    def corners(emotion: Emotion) -> float:
        """How far the corners lie above the upper lip's middle, mouth widths, lips at rest."""
        points = points_of(runtime, start, mouth(emotion)[0], head())
        return float((points[13, 1] - points[[61, 291], 1].mean()) / np.linalg.norm(points[61] - points[291]))

    assert corners("happy") > corners("neutral") + 0.03
    assert corners("sad") < corners("neutral") - 0.02


def test_brows_are_seen_high_in_wonder_and_low_in_earnest(runtime: MeshRuntime, start: Mesh) -> None:
    def brows(emotion: Emotion) -> float:
        axes = head_track(FRAMES, 25, 4, spoken().energy, Expression(emotion, 1.0)).axes[20].copy()
        axes[[HEAD_AXES.index(name) for name in ("blink", "gaze_x", "gaze_y")]] = 0
        points = points_of(runtime, start, mouth("neutral")[0], axes)
        unit = np.linalg.norm(points[33] - points[263])
        return float((points[[33, 133, 362, 263], 1].mean() - points[[105, 66, 334, 296], 1].mean()) / unit)

    assert brows("curious") > brows("neutral") + 0.015 > brows("neutral") > brows("serious") + 0.005
