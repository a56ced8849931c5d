"""The mesh runtime's mouth, measured on its pixels: rest is the portrait, jaws open, presses close."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from renderer.face.check import check_face
from renderer.face.mesh import CHIN, UPPER_OUTER_LIP
from renderer.planes import planes_of
from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.mouth_fields import JAW_MM
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import MOUTH_AXES, Floats, Picture
from tests.renderer.portraits import sized
from tests.renderer.poses import MOUTH_LIMITS, drawing, framed, head, inside_pixels, mouth, resting

STILL = head()


@pytest.fixture(scope="module")
def frame(presenter_rig: Rig) -> FaceFrame:
    return framed(presenter_rig, 512)


@pytest.fixture(scope="module")
def rest(runtime: MeshRuntime) -> Picture:
    return runtime.draw(mouth(), STILL).rgb()


@pytest.mark.parametrize("side", [256, 300, 512, 768, 1024])
def test_rest_is_the_portrait_to_the_last_bit(presenter_rig: Rig, side: int) -> None:
    drawn = drawing(presenter_rig, side).draw(mouth(), STILL).rgb()
    np.testing.assert_array_equal(drawn, resting(presenter_rig, side))


def test_at_its_own_size_rest_is_what_was_uploaded(presenter: Picture, presenter_rig: Rig) -> None:
    drawn = drawing(presenter_rig, 768).draw(mouth(), STILL)
    np.testing.assert_array_equal(drawn.i420, planes_of(presenter).i420)


@settings(max_examples=60, deadline=None)
@given(pose=st.tuples(*(st.floats(*limits, width=32) for limits in MOUTH_LIMITS.values())))
def test_no_mouth_moves_anything_but_the_lower_face(
    runtime: MeshRuntime, rest: Picture, frame: FaceFrame, pose: tuple[float, ...]
) -> None:
    moved = np.abs(runtime.draw(np.array(pose, np.float32), STILL).rgb().astype(int) - rest).max(axis=-1)
    nose_bridge = int(frame.origin[1] - 54 * frame.px_per_mm)
    collar = int(frame.origin[1] + (frame.chin_mm + 54) * frame.px_per_mm)
    beside = int(frame.half_width_mm * 1.25 * frame.px_per_mm)
    assert moved[:nose_bridge].max() == 0
    assert moved[collar:].max() == 0
    assert moved[:, : int(frame.origin[0]) - beside].max() == 0
    assert moved[:, int(frame.origin[0]) + beside :].max() == 0


def test_the_mouth_opens_further_with_every_step_of_the_jaw(runtime: MeshRuntime, frame: FaceFrame) -> None:
    steps = [inside_pixels(runtime.draw(mouth(jaw=jaw), STILL).rgb(), frame) for jaw in np.linspace(0, 1, 21)]
    # Six pixels' grace: the dark line between closed lips counts as inside, and goes when they part.
    assert steps[0] <= 10
    assert all(wider >= narrower - 6 for narrower, wider in itertools.pairwise(steps))
    assert steps[4] > 80
    assert steps[-1] > 500


@pytest.mark.parametrize("raised", [{"upper": 1.0}, {"lower": 1.0}, {"upper": 0.6, "lower": 0.6}])
def test_raised_and_lowered_lips_show_teeth_with_the_jaw_shut(
    runtime: MeshRuntime, frame: FaceFrame, raised: dict[str, float]
) -> None:
    assert inside_pixels(runtime.draw(mouth(**raised), STILL).rgb(), frame) > 60


@pytest.mark.parametrize("jaw", [0.0, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("lips", [{}, {"wide": 1.0}, {"round": 1.0, "wide": -1.0}, {"upper": 1.0, "lower": 1.0}])
def test_pressed_lips_are_closed_whatever_the_jaw_does(
    runtime: MeshRuntime, frame: FaceFrame, jaw: float, lips: dict[str, float]
) -> None:
    assert inside_pixels(runtime.draw(mouth(press=1, jaw=jaw, **lips), STILL).rgb(), frame) <= 10


def test_a_press_closes_gradually(runtime: MeshRuntime, frame: FaceFrame) -> None:
    steps = [inside_pixels(runtime.draw(mouth(jaw=0.4, press=p), STILL).rgb(), frame) for p in np.linspace(0, 1, 9)]
    assert all(wider >= narrower - 3 for wider, narrower in itertools.pairwise(steps))


def test_rounding_narrows_the_mouth_and_spreading_widens_it(runtime: MeshRuntime, rest: Picture) -> None:
    narrow, plain, wide = (
        mouth_width(picture)
        for picture in (
            runtime.draw(mouth(round=1, wide=-1), STILL).rgb(),
            rest,
            runtime.draw(mouth(wide=1), STILL).rgb(),
        )
    )
    assert narrow < 0.85 * plain
    assert wide > 1.05 * plain


def test_a_smile_lifts_the_corners_and_a_sad_mouth_drops_them(
    runtime: MeshRuntime, rest: Picture, frame: FaceFrame
) -> None:
    height = {way: corners_mm(runtime.draw(mouth(corner=way), STILL).rgb(), frame)[:, 1].mean() for way in (-1, 1)}
    still = corners_mm(rest, frame)
    smile = corners_mm(runtime.draw(mouth(corner=1), STILL).rgb(), frame)
    assert height[1] < still[:, 1].mean() - 2 and height[-1] > still[:, 1].mean() + 2
    assert np.ptp(smile[:, 0]) > np.ptp(still[:, 0]) + 3


def corners_mm(picture: Picture, frame: FaceFrame) -> Floats:
    """Where the detector sees the corners, (2, 2) mm."""
    points = check_face(picture).mesh.points
    return frame.to_mm(points[[UPPER_OUTER_LIP[0], UPPER_OUTER_LIP[-1]], :2])


def mouth_width(picture: Picture) -> float:
    points = check_face(picture).mesh.points
    return float(np.linalg.norm(points[UPPER_OUTER_LIP[0], :2] - points[UPPER_OUTER_LIP[-1], :2]))


def test_the_chin_follows_the_jaw_and_the_eyes_do_not(runtime: MeshRuntime, rest: Picture, frame: FaceFrame) -> None:
    open_wide = runtime.draw(mouth(jaw=1), STILL).rgb()
    drop_mm = (check_face(open_wide).mesh.points[CHIN, 1] - frame.points[CHIN, 1]) / frame.px_per_mm
    assert 0.5 * JAW_MM < drop_mm < 1.2 * JAW_MM
    eyes = slice(0, int(frame.origin[1] - 55 * frame.px_per_mm))
    np.testing.assert_array_equal(open_wide[eyes], rest[eyes])


@pytest.mark.parametrize("pose", [{"jaw": 0.2}, {"jaw": 0.3}, {"upper": 0.5, "lower": 0.5}], ids=str)
def test_lips_that_the_portrait_holds_apart_are_closed_at_rest(presenter_rig: Rig, pose: dict[str, float]) -> None:
    parted = drawing(presenter_rig, 768).draw(mouth(**pose), STILL).rgb()
    rig = build_rig(parted)
    frame = framed(rig, 512)
    showing = inside_pixels(sized(rig.picture, 512), frame)
    runtime = drawing(rig, 512)
    assert showing > 80
    assert inside_pixels(runtime.draw(mouth(), STILL).rgb(), frame) < 0.2 * showing
    assert inside_pixels(runtime.draw(mouth(jaw=0.5), STILL).rgb(), frame) > showing


def extremes() -> list[Floats]:
    return [np.array(corner, np.float32) for corner in itertools.product(*MOUTH_LIMITS.values())]


def test_every_extreme_of_the_mouth_is_drawn_without_tears(
    runtime: MeshRuntime, rest: Picture, frame: FaceFrame
) -> None:
    assert len(extremes()) == 2 ** len(MOUTH_AXES)
    highest = rest.max(axis=(0, 1))
    green = int((rest[..., 1].astype(int) - rest[..., 0]).max())
    skin = cheeks_and_chin(frame)
    sharpest = steepest(rest, skin)
    for pose in extremes():
        drawn = runtime.draw(pose, STILL).rgb()
        assert drawn.shape == (512, 512, 3) and drawn.dtype == np.uint8
        assert (drawn.max(axis=(0, 1)) <= highest).all()
        assert int((drawn[..., 1].astype(int) - drawn[..., 0]).max()) <= green + 8
        # Skin may stretch but not break: no edge on it is much sharper than the portrait's sharpest there.
        assert steepest(drawn, skin) <= 1.25 * sharpest


def cheeks_and_chin(frame: FaceFrame) -> NDArray[np.bool_]:
    """Where the sheet moves but no lip ever comes: True inside."""
    places = frame.to_mm(np.stack(np.meshgrid(*[np.arange(512, dtype=np.float32)] * 2), axis=-1))
    x, y = np.abs(places[..., 0]), places[..., 1]
    moved = (x < frame.half_width_mm * 1.25) & (y > -54) & (y < frame.chin_mm + 54)
    return moved & ~((x < 36) & (y > -18) & (y < 46))


def steepest(picture: Picture, where: NDArray[np.bool_]) -> int:
    """The largest step between a pixel and the one below it, 0..255."""
    steps = np.abs(np.diff(picture.astype(int), axis=0)).max(axis=-1)
    return int(steps[where[1:]].max())
