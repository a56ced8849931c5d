"""The drawn presenter is a usable portrait: always the same bytes, any size, and a face that the renderer accepts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from local.presenter import anatomy, draw_presenter
from local.presenter.drawing import FACE_LEFT, FACE_TOP, FACE_UNIT
from local.presenter.geometry import spline
from renderer.face.check import check_face
from renderer.rig import build_rig

SIZE = 512
INNER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
"""Upper edge of the mouth opening in the face mesh: on closed lips it lies on the mouth line."""


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return draw_presenter(SIZE)


def drawn(points: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Pixels of face points in a picture of SIZE."""
    return (np.asarray(points) * FACE_UNIT + (FACE_LEFT, FACE_TOP)) * SIZE


def test_it_is_rgb_of_the_asked_size() -> None:
    small = draw_presenter(128)
    assert small.shape == (128, 128, 3)
    assert small.dtype == np.uint8


def test_the_same_call_gives_the_same_bytes(picture: NDArray[np.uint8]) -> None:
    assert np.array_equal(picture, draw_presenter(SIZE))


def test_the_renderer_accepts_its_face(picture: NDArray[np.uint8]) -> None:
    verdict = check_face(picture)
    assert verdict.mesh.presence > 0.9
    assert max(abs(verdict.yaw), abs(verdict.pitch), abs(verdict.roll)) < 8
    rig = build_rig(picture)
    assert 0.25 < np.mean(rig.matte > 127) < 0.75


def test_landmarks_fall_on_the_drawn_lips_eyes_and_chin(picture: NDArray[np.uint8]) -> None:
    points = check_face(picture).mesh.points[:, :2]
    mouth = spline(anatomy.MOUTH_LINE, 200)
    line = drawn(tuple(map(tuple, np.vstack([mouth * (-1, 1), mouth]))))
    gaps = np.linalg.norm(points[list(INNER_LIP), None] - line[None], axis=2).min(axis=1)
    assert gaps.max() < 4.0, "mouth line, pixels of 512"
    iris = drawn(((-anatomy.IRIS_CENTRE[0], anatomy.IRIS_CENTRE[1]), anatomy.IRIS_CENTRE))
    eyes = np.array([points[[33, 133, 159, 145]].mean(axis=0), points[[263, 362, 386, 374]].mean(axis=0)])
    assert np.linalg.norm(eyes - iris, axis=1).max() < 4.0
    chin = drawn((anatomy.OUTLINE[-1],))[0]
    assert np.linalg.norm(points[152] - chin) < 8.0


def test_the_command_writes_a_png(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    out = tmp_path / "a presenter.png"
    subprocess.run([sys.executable, "-m", "local.presenter", str(out), str(SIZE)], check=True, timeout=100)
    written = cv2.imread(str(out))
    assert written is not None
    assert np.array_equal(written[..., ::-1], picture)
