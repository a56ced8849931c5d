"""The drawn presenters are usable portraits: always the same bytes, any size, faces that the renderer accepts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from local.presenter import CAST, DEFAULT, Member, anatomy, draw_presenter, shape
from local.presenter.drawing import FACE_LEFT, FACE_TOP, FACE_UNIT
from local.presenters_command import PresentersRequest, run
from renderer.face.check import check_face
from renderer.rig import build_rig
from renderer.speech.voices import check_voice
from tests.waiting import HANG_SECONDS

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


def test_the_renderer_accepts_its_face(picture: NDArray[np.uint8]) -> None:
    verdict = check_face(picture)
    assert verdict.mesh.presence > 0.9
    assert max(abs(verdict.yaw), abs(verdict.pitch), abs(verdict.roll)) < 8
    rig = build_rig(picture)
    assert 0.25 < np.mean(rig.matte > 127) < 0.75


def test_landmarks_fall_on_the_drawn_lips_eyes_and_chin(picture: NDArray[np.uint8]) -> None:
    points = check_face(picture).mesh.points[:, :2]
    mouth = shape.mouth_line(DEFAULT)
    line = drawn(tuple(map(tuple, np.vstack([mouth * (-1, 1), mouth]))))
    gaps = np.linalg.norm(points[list(INNER_LIP), None] - line[None], axis=2).min(axis=1)
    assert gaps.max() < 4.0, "mouth line, pixels of 512"
    x, y = shape.iris_centre(DEFAULT)
    iris = drawn(((-x, y), (x, y)))
    eyes = np.array([points[[33, 133, 159, 145]].mean(axis=0), points[[263, 362, 386, 374]].mean(axis=0)])
    assert np.linalg.norm(eyes - iris, axis=1).max() < 4.0
    chin = drawn(tuple(map(tuple, shape.shaped(anatomy.OUTLINE[-1:], DEFAULT))))[0]
    assert np.linalg.norm(points[152] - chin) < 8.0


def test_another_process_draws_the_same_bytes(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    out = tmp_path / "a presenter.png"
    subprocess.run([sys.executable, "-m", "local.presenter", str(out), str(SIZE)], check=True, timeout=HANG_SECONDS)
    written = cv2.imread(str(out))
    assert written is not None
    assert np.array_equal(written[..., ::-1], picture)


def test_the_command_writes_one_png_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.presenter.CAST", CAST[:1])
    folder = tmp_path / "a folder" / "of its own"
    assert run(PresentersRequest(folder, 96)) == 0
    written = cv2.imread(str(folder / "rin.png"))
    assert written is not None
    assert written.shape == (96, 96, 3)
    assert run(PresentersRequest(folder / "rin.png", 96)) == 2
    assert run(PresentersRequest(folder, 9)) == 2


@pytest.fixture(scope="module")
def portraits() -> dict[str, NDArray[np.uint8]]:
    return {member.id: draw_presenter(SIZE, member.look) for member in CAST}


@pytest.mark.parametrize("member", CAST, ids=lambda member: member.id)
def test_every_presenter_has_a_face_to_animate_and_a_voice(
    member: Member, portraits: dict[str, NDArray[np.uint8]]
) -> None:
    verdict = check_face(portraits[member.id])
    assert verdict.mesh.presence > 0.95
    assert max(abs(verdict.yaw), abs(verdict.pitch), abs(verdict.roll)) < 10
    middle = verdict.mesh.points[list(INNER_LIP), :2]
    line = shape.mouth_line(member.look)
    lips = drawn(tuple(map(tuple, np.vstack([line * (-1, 1), line]))))
    gaps = np.linalg.norm(middle[:, None] - lips[None], axis=2).min(axis=1)
    assert gaps.max() < 5.0, "mouth line, pixels of 512"
    assert member.voice.startswith(member.language[:2])
    check_voice(member.voice)


def test_six_people_two_speak_english_and_no_two_look_alike(portraits: dict[str, NDArray[np.uint8]]) -> None:
    assert len({member.id for member in CAST}) == len({member.voice for member in CAST}) == 6
    assert [member.gender for member in CAST].count("female") == 3
    assert [member.language[:2] for member in CAST].count("vi") == 4
    small = [cv2.resize(portraits[member.id], (64, 64)).astype(int) for member in CAST]
    apart = [np.abs(a - b).mean() for i, a in enumerate(small) for b in small[:i]]
    assert min(apart) > 10, "mean difference of 255"
