"""The mesh runtime's head and eyes: lids close over the white, heads move softly, the frame's edge stands still."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from renderer.face.check import check_face
from renderer.face.mesh import NOSE_TIP
from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.frame import FaceFrame, face_frame
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import HEAD_AXES, Picture
from tests.renderer.poses import HEAD_LIMITS, head, mouth, white_of_eyes

SHUT = mouth()


@pytest.fixture(scope="module")
def frame(presenter_rig: Rig) -> FaceFrame:
    return face_frame(presenter_rig.points, 512 / presenter_rig.side, 512)


@pytest.fixture(scope="module")
def rest(runtime: MeshRuntime) -> Picture:
    return runtime.draw(SHUT, head())


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_closed_eyes_show_no_white(presenter_rig: Rig, side: int) -> None:
    runtime = MeshRuntime(presenter_rig, side)
    frame = face_frame(presenter_rig.points, side / presenter_rig.side, side)
    open_eyes = white_of_eyes(runtime.draw(SHUT, head()), frame)
    assert open_eyes > 60 * (side / 256) ** 2
    # A few pixels where the corner of an eye catches light.
    assert white_of_eyes(runtime.draw(SHUT, head(blink=1)), frame) <= 0.04 * open_eyes


def test_closed_eyes_show_no_white_against_dark_skin(dark_presenter: Picture) -> None:
    rig = build_rig(dark_presenter)
    runtime, frame = MeshRuntime(rig, 512), face_frame(rig.points, 512 / rig.side, 512)
    open_eyes = white_of_eyes(runtime.draw(SHUT, head()), frame)
    assert open_eyes > 240
    assert white_of_eyes(runtime.draw(SHUT, head(blink=1)), frame) <= 0.04 * open_eyes


def test_eyes_close_gradually_and_open_ones_are_the_portrait(
    runtime: MeshRuntime, frame: FaceFrame, rest: Picture
) -> None:
    whites = [white_of_eyes(runtime.draw(SHUT, head(blink=b)), frame) for b in np.linspace(0, 1, 11)]
    assert all(more >= less for more, less in itertools.pairwise(whites))
    np.testing.assert_array_equal(runtime.draw(SHUT, head(blink=0.0)), rest)


def test_a_blink_moves_nothing_but_the_eyes(runtime: MeshRuntime, frame: FaceFrame, rest: Picture) -> None:
    moved = np.abs(runtime.draw(SHUT, head(blink=1)).astype(int) - rest).max(axis=-1)
    ys, xs = np.nonzero(moved)
    places = frame.to_mm(np.stack([xs, ys], axis=-1).astype(np.float32))
    eyes = frame.to_mm(frame.points[[33, 133, 362, 263]])
    assert places[:, 0].min() > eyes[:, 0].min() - 16 and places[:, 0].max() < eyes[:, 0].max() + 16
    assert places[:, 1].min() > eyes[:, 1].min() - 30 and places[:, 1].max() < eyes[:, 1].max() + 14


def test_lids_follow_the_head(runtime: MeshRuntime, frame: FaceFrame) -> None:
    for pose in ({"x": 0.05}, {"y": -0.03, "roll": 0.02}, {"yaw": -0.05, "pitch": 0.04}):
        assert white_of_eyes(runtime.draw(SHUT, head(blink=1, **pose)), frame) <= 20


@pytest.mark.parametrize(
    ("axis", "unit"),
    [("x", (1, 0)), ("y", (0, 1)), ("yaw", (1, 0)), ("pitch", (0, 1))],
)
def test_a_head_moves_the_way_its_axis_says(
    runtime: MeshRuntime, rest: Picture, axis: str, unit: tuple[int, int]
) -> None:
    nose = check_face(rest).mesh.points[NOSE_TIP, :2]
    for sign in (-1, 1):
        moved = check_face(runtime.draw(SHUT, head(**{axis: sign * 0.08}))).mesh.points[NOSE_TIP, :2] - nose
        assert float(moved @ np.array(unit)) * sign > 1.5


def test_roll_tilts_the_head_clockwise(runtime: MeshRuntime) -> None:
    for roll in (-0.05, 0.05):
        seen = np.radians(check_face(runtime.draw(SHUT, head(roll=roll))).roll)
        assert seen == pytest.approx(roll, abs=0.02)


@pytest.mark.parametrize("axis", HEAD_AXES[:6])
def test_small_steps_of_the_head_are_small_steps_of_the_picture(runtime: MeshRuntime, axis: str) -> None:
    top = 0.5 * HEAD_LIMITS[axis]
    frames = [runtime.draw(SHUT, head(**{axis: value})).astype(int) for value in np.linspace(0, top, 9)]
    from_rest = [float(np.abs(frame - frames[0]).mean()) for frame in frames]
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(frames)]
    assert all(further > nearer for nearer, further in itertools.pairwise(from_rest))
    # Even steps: none more than twice as large as the mean, so nothing jumps.
    assert max(steps) < 2 * float(np.mean(steps))


def test_the_border_stands_still_and_nothing_tears_at_any_extreme(runtime: MeshRuntime, rest: Picture) -> None:
    border = np.ones((512, 512), bool)
    border[1:-1, 1:-1] = False
    highest, lowest = rest.max(axis=(0, 1)), rest.min(axis=(0, 1))
    sharpest = np.abs(np.diff(rest.astype(int), axis=0)).max()
    for corner in itertools.product(*[(-limit, limit) for limit in HEAD_LIMITS.values()]):
        pose = np.array(corner, np.float32)
        pose[5:] = np.abs(pose[5:]) * (pose[5:] > 0)  # breath and blink have no negative side
        drawn = runtime.draw(SHUT, pose)
        np.testing.assert_array_equal(drawn[border], rest[border])
        assert (drawn <= highest).all() and (drawn >= lowest).all()
        assert np.abs(np.diff(drawn.astype(int), axis=0)).max() <= 1.1 * sharpest


def test_breath_lifts_the_shoulders_and_leaves_the_face(runtime: MeshRuntime, rest: Picture, frame: FaceFrame) -> None:
    drawn = runtime.draw(SHUT, head(breath=1))
    chin = int(frame.origin[1] + frame.chin_mm * frame.px_per_mm)
    np.testing.assert_array_equal(drawn[:chin], rest[:chin])
    assert np.abs(drawn[chin + 40 : -40].astype(int) - rest[chin + 40 : -40]).mean() > 0.3
