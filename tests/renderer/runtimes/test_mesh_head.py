"""The mesh runtime's head and eyes: lids close over the white, heads move softly, the frame's edge stands still."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.face.check import check_face
from renderer.face.mesh import NOSE_TIP
from renderer.planes import planes_over
from renderer.rig import Rig, build_rig
from renderer.runtimes.drawn import Drawn
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import HEAD_AXES, Picture
from tests.renderer.poses import HEAD_LIMITS, drawing, framed, head, mouth, white_of_eyes

SHUT = mouth()


@pytest.fixture(scope="module")
def frame(presenter_rig: Rig) -> FaceFrame:
    return framed(presenter_rig, 512)


@pytest.fixture(scope="module")
def rest(runtime: MeshRuntime) -> Picture:
    return runtime.draw(SHUT, head()).rgb()


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_closed_eyes_show_no_white(presenter_rig: Rig, side: int) -> None:
    runtime = drawing(presenter_rig, side)
    frame = framed(presenter_rig, side)
    open_eyes = white_of_eyes(runtime.draw(SHUT, head()).rgb(), frame)
    assert open_eyes > 60 * (side / 256) ** 2
    # A few pixels where the corner of an eye catches light.
    assert white_of_eyes(runtime.draw(SHUT, head(blink=1)).rgb(), frame) <= 0.04 * open_eyes


def test_closed_eyes_show_no_white_against_dark_skin(dark_presenter: Picture) -> None:
    rig = build_rig(dark_presenter)
    runtime, frame = drawing(rig, 512), framed(rig, 512)
    open_eyes = white_of_eyes(runtime.draw(SHUT, head()).rgb(), frame)
    assert open_eyes > 240
    assert white_of_eyes(runtime.draw(SHUT, head(blink=1)).rgb(), frame) <= 0.04 * open_eyes


def test_eyes_close_gradually_and_open_ones_are_the_portrait(
    runtime: MeshRuntime, frame: FaceFrame, rest: Picture
) -> None:
    whites = [white_of_eyes(runtime.draw(SHUT, head(blink=b)).rgb(), frame) for b in np.linspace(0, 1, 11)]
    assert all(more >= less for more, less in itertools.pairwise(whites))
    np.testing.assert_array_equal(runtime.draw(SHUT, head(blink=0.0)).rgb(), rest)


def test_a_blink_moves_nothing_but_the_eyes(runtime: MeshRuntime, frame: FaceFrame, rest: Picture) -> None:
    moved = np.abs(runtime.draw(SHUT, head(blink=1)).rgb().astype(int) - rest).max(axis=-1)
    ys, xs = np.nonzero(moved)
    places = frame.to_mm(np.stack([xs, ys], axis=-1).astype(np.float32))
    eyes = frame.to_mm(frame.points[[33, 133, 362, 263]])
    assert places[:, 0].min() > eyes[:, 0].min() - 16 and places[:, 0].max() < eyes[:, 0].max() + 16
    assert places[:, 1].min() > eyes[:, 1].min() - 30 and places[:, 1].max() < eyes[:, 1].max() + 14


def test_lids_follow_the_head(runtime: MeshRuntime, frame: FaceFrame) -> None:
    for pose in ({"x": 0.05}, {"y": -0.03, "roll": 0.02}, {"yaw": -0.05, "pitch": 0.04}):
        assert white_of_eyes(runtime.draw(SHUT, head(blink=1, **pose)).rgb(), frame) <= 20


@pytest.mark.parametrize(
    ("axis", "unit"),
    [("x", (1, 0)), ("y", (0, 1)), ("yaw", (1, 0)), ("pitch", (0, 1))],
)
def test_a_head_moves_the_way_its_axis_says(
    runtime: MeshRuntime, rest: Picture, axis: str, unit: tuple[int, int]
) -> None:
    nose = check_face(rest).mesh.points[NOSE_TIP, :2]
    for sign in (-1, 1):
        moved = check_face(runtime.draw(SHUT, head(**{axis: sign * 0.08})).rgb()).mesh.points[NOSE_TIP, :2] - nose
        assert float(moved @ np.array(unit)) * sign > 1.5


def test_roll_tilts_the_head_clockwise(runtime: MeshRuntime) -> None:
    for roll in (-0.05, 0.05):
        seen = np.radians(check_face(runtime.draw(SHUT, head(roll=roll)).rgb()).roll)
        assert seen == pytest.approx(roll, abs=0.02)


@pytest.mark.parametrize("axis", HEAD_AXES[:6])
def test_small_steps_of_the_head_are_small_steps_of_the_picture(runtime: MeshRuntime, axis: str) -> None:
    top = 0.5 * HEAD_LIMITS[axis]
    frames = [runtime.draw(SHUT, head(**{axis: value})).rgb().astype(int) for value in np.linspace(0, top, 9)]
    from_rest = [float(np.abs(frame - frames[0]).mean()) for frame in frames]
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(frames)]
    assert all(further > nearer for nearer, further in itertools.pairwise(from_rest))
    # Even steps: none more than twice as large as the mean, so nothing jumps.
    assert max(steps) < 2 * float(np.mean(steps))


def test_the_border_stands_still_and_nothing_tears_at_any_extreme(runtime: MeshRuntime, rest: Picture) -> None:
    border = np.ones((512, 512), bool)
    border[1:-1, 1:-1] = False
    still = runtime.draw(SHUT, head())
    ends = [(plane.min(), plane.max()) for plane in planes_over(still.i420)[1:]]
    sharpest = np.abs(np.diff(luma(still), axis=0)).max()
    # 400 of the corners of all axes together, and of the 64 of head and breath alone each.
    sides = np.random.default_rng(5).choice([-1.0, 1.0], (400, len(HEAD_AXES)))
    moves = [[*signs, *[0.0] * (len(HEAD_AXES) - 6)] for signs in itertools.product((-1.0, 1.0), repeat=6)]
    one_sided = np.isin(HEAD_AXES, ("breath", "blink", "frown"))
    for corner in [*sides.tolist(), *moves]:
        signs = np.where(one_sided, np.maximum(corner, 0.0), corner)
        pose = (signs * np.array(list(HEAD_LIMITS.values()))).astype(np.float32)
        pose[[HEAD_AXES.index("gaze_x"), HEAD_AXES.index("gaze_y")]] = 0  # a catch light may come to lie beside lashes
        drawn = runtime.draw(SHUT, pose)
        np.testing.assert_array_equal(drawn.rgb()[border], rest[border])
        for plane, (least, most) in zip(planes_over(drawn.i420)[1:], ends, strict=True):
            assert plane.min() >= least and plane.max() <= most
        assert np.abs(np.diff(luma(drawn), axis=0)).max() <= 1.2 * sharpest


def luma(drawn: Drawn) -> NDArray[np.int64]:
    return planes_over(drawn.i420).y.astype(np.int64)


def test_breath_lifts_the_shoulders_and_leaves_the_face(runtime: MeshRuntime, rest: Picture, frame: FaceFrame) -> None:
    drawn = runtime.draw(SHUT, head(breath=1)).rgb()
    chin = int(frame.origin[1] + frame.chin_mm * frame.px_per_mm)
    np.testing.assert_array_equal(drawn[:chin], rest[:chin])
    assert np.abs(drawn[chin + 40 : -40].astype(int) - rest[chin + 40 : -40]).mean() > 0.3
