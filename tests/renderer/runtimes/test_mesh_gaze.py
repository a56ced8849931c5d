"""Eyes that turn, brows that move: seen by a detector that knows no pose, on the drawn presenter's pictures."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from renderer.face.check import check_face
from renderer.face.eyes import find_irises
from renderer.rig import Rig
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.runtimes.mesh.upper_face_fields import FIELDS, upper_face_fields
from renderer.types import Picture
from tests.renderer.poses import framed, head, mouth
from tests.renderer.seeing import shown

SHUT = mouth()
_EYES = [33, 133, 362, 263]
_BROWS = [105, 66, 107, 334, 296, 336]


@pytest.fixture(scope="module")
def frame(presenter_rig: Rig) -> FaceFrame:
    return framed(presenter_rig, 512)


@pytest.fixture(scope="module")
def rest(runtime: MeshRuntime) -> Picture:
    return shown(runtime, SHUT, head())


def irises(picture: Picture, frame: FaceFrame) -> np.ndarray:
    """Middle of both irises in mm from where they rest on average, (2, 2)."""
    return np.stack([frame.to_mm(iris.centre) for iris in find_irises(picture, frame.points)])


def eye_box(picture: Picture, frame: FaceFrame, margin_mm: float) -> Picture:
    corners = frame.points[_EYES]
    low, high = corners.min(axis=0) - margin_mm * frame.px_per_mm, corners.max(axis=0) + margin_mm * frame.px_per_mm
    return picture[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]


@pytest.mark.parametrize(("axis", "angles"), [("gaze_x", (-0.12, 0.0, 0.12)), ("gaze_y", (-0.08, 0.0, 0.08))])
def test_both_irises_go_where_the_gaze_says(
    runtime: MeshRuntime, frame: FaceFrame, axis: str, angles: tuple[float, ...]
) -> None:
    column = ("gaze_x", "gaze_y").index(axis)
    places = [irises(shown(runtime, SHUT, head(**{axis: angle})), frame)[:, column] for angle in angles]
    for before, after in itertools.pairwise(places):
        # 12 mm of eyeball; the network that looks sees at least half of a move.
        step = 12.0 * (angles[1] - angles[0])
        assert ((after - before) > 0.4 * step).all() and ((after - before) < 1.8 * step).all()
    moves = places[2] - places[0]
    assert abs(moves[0] - moves[1]) < 0.5 * np.abs(moves).mean()


def test_a_gaze_moves_nothing_but_the_eyes(runtime: MeshRuntime, frame: FaceFrame, rest: Picture) -> None:
    moved = np.abs(shown(runtime, SHUT, head(gaze_x=0.15)).astype(int) - rest).max(axis=-1)
    ys, xs = np.nonzero(moved > 6)
    places = frame.to_mm(np.stack([xs, ys], axis=-1).astype(np.float32))
    eyes = frame.to_mm(frame.points[_EYES])
    assert len(xs) > 50
    assert places[:, 0].min() > eyes[:, 0].min() - 3 and places[:, 0].max() < eyes[:, 0].max() + 3
    assert np.abs(places[:, 1] - eyes[:, 1].mean()).max() < 12


def test_a_turned_eye_keeps_its_white_and_its_dark(runtime: MeshRuntime, frame: FaceFrame, rest: Picture) -> None:
    def shares(picture: Picture) -> tuple[float, float]:
        luma = cv2.cvtColor(np.ascontiguousarray(eye_box(picture, frame, 4)), cv2.COLOR_RGB2GRAY)
        return float((luma > 190).mean()), float((luma < 60).mean())

    white, dark = shares(rest)
    for angle in (-0.15, -0.08, 0.08, 0.15):
        there = shares(shown(runtime, SHUT, head(gaze_x=angle)))
        assert there[0] == pytest.approx(white, abs=0.035)
        assert there[1] == pytest.approx(dark, abs=0.035)


def test_eyes_turn_with_the_head_and_behind_closed_lids_nothing_is_seen(runtime: MeshRuntime, frame: FaceFrame) -> None:
    turned = {"x": 0.08, "y": -0.05, "roll": 0.04, "yaw": 0.10, "pitch": -0.06}
    ahead, aside = (shown(runtime, SHUT, head(gaze_x=gaze, **turned)) for gaze in (0.0, 0.12))
    mesh = check_face(ahead).mesh.points
    places = [np.stack([each.centre for each in find_irises(picture, mesh)]) for picture in (ahead, aside)]
    across = ((places[1] - places[0]) @ frame.right) / frame.px_per_mm
    assert (across > 0.5).all()
    closed = [shown(runtime, SHUT, head(blink=1, gaze_x=gaze)) for gaze in (0.0, 0.15)]
    np.testing.assert_array_equal(*closed)


def test_gaze_moves_evenly(runtime: MeshRuntime) -> None:
    frames = [shown(runtime, SHUT, head(gaze_x=angle)).astype(int) for angle in np.linspace(0.02, 0.14, 7)]
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(frames)]
    assert max(steps) < 2 * float(np.mean(steps))


@pytest.mark.parametrize(("pose", "least", "most"), [({"brow": 1.0}, 1.5, 8.0), ({"brow": -1.0}, -5.0, -0.7)])
def test_brows_rise_and_fall(
    runtime: MeshRuntime, frame: FaceFrame, rest: Picture, pose: dict[str, float], least: float, most: float
) -> None:
    heights: list[float] = []
    for picture in (rest, shown(runtime, SHUT, head(**pose))):
        points = frame.to_mm(check_face(picture).mesh.points[:, :2])
        heights.append(float(points[_EYES, 1].mean() - points[_BROWS, 1].mean()))
    assert least < heights[1] - heights[0] < most


def test_a_frown_draws_the_brows_together_and_sorrow_lifts_their_inner_ends(frame: FaceFrame) -> None:
    inner, outer = frame.points[[107, 336]], frame.points[[70, 300]]
    lids = frame.points[[159, 145, 386, 374]]
    moves = upper_face_fields(frame, np.concatenate([inner, outer, lids])[np.newaxis])[:, 0] / frame.px_per_mm
    along, across = moves @ frame.right, moves @ frame.down
    lift, knit, sorrow = (FIELDS.index(name) for name in ("raise", "knit", "sorrow"))
    assert along[knit, 0] > 1.5 and along[knit, 1] < -1.5 and (across[knit, :2] > 1).all()
    assert (across[sorrow, :2] < -2).all() and (np.abs(across[sorrow, 2:4]) < 1).all()
    assert (across[lift, :4] < -2.5).all()
    # The lids' edges are held: a brow that moves closes and opens no eye.
    assert np.abs(moves[[lift, knit, sorrow], 4:]).max() < 0.15


def test_brows_and_lids_leave_mouth_and_chin_alone(runtime: MeshRuntime, frame: FaceFrame, rest: Picture) -> None:
    lips = int(frame.origin[1] - 12 * frame.px_per_mm)
    for pose in ({"brow": 1.0}, {"brow": -1.0}, {"frown": 1.0}, {"squint": 1.0}, {"squint": -1.0}):
        np.testing.assert_array_equal(shown(runtime, SHUT, head(**pose))[lips:], rest[lips:])
