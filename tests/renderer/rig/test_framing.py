"""A canvas shows the portrait about the face, whatever its shape, and goes on where the portrait ends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.face.check import check_face
from renderer.face.mesh import FACE_OVAL
from renderer.rig import Rig, build_rig
from renderer.rig.framing import Canvas, canvas_of
from renderer.types import Picture
from tests.renderer.portraits import on_canvas, oval_of, sized

SHAPES = [(512, 512), (640, 360), (360, 640)]


def middle_and_height(canvas: Canvas) -> tuple[float, float, float]:
    """Of the face: x and y of its centre and its height, shares of the canvas."""
    oval = canvas.points[list(FACE_OVAL), :2]
    x, y = ((oval.min(axis=0) + oval.max(axis=0)) / 2).tolist()
    return x / canvas.width, y / canvas.height, float(np.ptp(oval[:, 1])) / canvas.height


@pytest.fixture(scope="module")
def surrounded(presenter: Picture) -> Rig:
    """The presenter, small, in a large room with stripes."""
    room = np.zeros((1400, 2400, 3), np.uint8)
    room[:] = (90 + 60 * (np.arange(2400) // 40 % 2))[np.newaxis, :, np.newaxis]
    room[800:, 900:1500] = sized(presenter, 600)
    return build_rig(room)


@pytest.mark.parametrize(("width", "height"), SHAPES)
def test_the_face_is_in_the_middle_and_of_a_sensible_size(
    presenter_rig: Rig, surrounded: Rig, width: int, height: int
) -> None:
    for rig in (presenter_rig, surrounded):
        canvas = canvas_of(rig, width, height)
        assert canvas.picture.shape == (height, width, 3) and canvas.matte.shape == (height, width)
        x, y, share = middle_and_height(canvas)
        assert x == pytest.approx(0.5, abs=0.04)
        assert 0.3 < y < 0.56 and 0.28 < share < 0.5


@pytest.mark.parametrize(("width", "height"), SHAPES)
def test_landmarks_lie_where_the_canvas_shows_the_face(presenter_rig: Rig, width: int, height: int) -> None:
    canvas = canvas_of(presenter_rig, width, height)
    found = check_face(sized_up(canvas.picture)).mesh.points[:, :2] / 2
    assert np.abs(found - canvas.points[:, :2]).mean() < 0.012 * min(width, height)


def sized_up(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def test_a_square_canvas_of_a_square_portrait_is_the_portrait(presenter: Picture, presenter_rig: Rig) -> None:
    np.testing.assert_array_equal(canvas_of(presenter_rig, 768, 768).picture, presenter)


def test_a_wide_canvas_shows_the_real_surroundings_where_the_portrait_has_them(surrounded: Rig) -> None:
    row = canvas_of(surrounded, 1280, 720).picture[20, :, 0].astype(int)
    # Stripes of 40 source pixels all the way: nothing was made up, nothing mirrored.
    edges = np.flatnonzero(np.abs(np.diff(np.where(row > 120, 1, 0))))
    assert len(edges) > 12
    assert np.diff(edges).std() < 1.5


def test_beyond_the_portrait_the_background_goes_on_without_a_step_and_without_a_mirror(presenter_rig: Rig) -> None:
    canvas = canvas_of(presenter_rig, 1280, 720)
    picture = canvas.picture.astype(np.float32)
    top = cv2.GaussianBlur(picture[40:200], (0, 0), 4)
    steps = np.abs(np.diff(top, axis=1)).max(axis=(0, 2))
    assert steps.max() < 3.0 or steps[:250].max() < 3.0
    assert steps[:250].max() < 1.5 and steps[-250:].max() < 1.5
    # The presenter's hair ends at 300 of 1280 at the earliest: no second person in the margins.
    assert canvas.matte[:600, :200].max() == 0 and canvas.matte[:600, -200:].max() == 0


def test_a_body_cut_by_the_sides_goes_on_to_the_lower_edge(presenter: Picture) -> None:
    narrow = build_rig(presenter[:, 170:598].copy())
    canvas = canvas_of(narrow, 1280, 720)
    bottom = canvas.matte[-2] > 128
    held = np.flatnonzero(bottom)
    assert held[0] < 420 and held[-1] > 860 and bottom[held[0] : held[-1]].all()
    # One outline, falling outwards: each column's person reaches from somewhere down to the lower edge.
    columns = canvas.matte[:, held[0] : 400] > 128
    tops = np.argmax(columns, axis=0)
    assert (np.diff(tops) <= 2).all()


def test_the_lower_edge_of_the_canvas_is_never_below_the_portraits(presenter: Picture) -> None:
    marked = presenter.copy()
    marked[-3:] = (255, 0, 0)
    rig = build_rig(marked)
    for width, height in SHAPES:
        canvas = canvas_of(rig, width, height)
        below = canvas.picture[-1, width // 2].astype(int)
        assert canvas.matte[-1, width // 2] > 250
        assert below[1] < 250, "the body reaches the lower edge"


def test_a_tall_canvas_shows_more_below_the_face_where_the_portrait_has_it(presenter: Picture) -> None:
    rig = build_rig(on_canvas(sized(presenter, 600), 1600, 500, 300))
    square, tall = (middle_and_height(canvas_of(rig, *shape))[2] for shape in ((512, 512), (360, 640)))
    assert square == pytest.approx(0.40, abs=0.02)
    assert tall == pytest.approx(0.30, abs=0.02)


@pytest.mark.parametrize(("left", "top"), [(0, 0), (1000, 0), (0, 1000), (1000, 1000)])
def test_a_face_in_a_corner_is_framed_for_every_shape(presenter: Picture, left: int, top: int) -> None:
    rig = build_rig(on_canvas(sized(presenter, 600), 1600, left, top))
    for width, height in SHAPES:
        x, y, share = middle_and_height(canvas_of(rig, width, height))
        assert 0.2 < x < 0.8 and 0.2 < y < 0.7 and share < 0.6


def test_the_same_rig_gives_the_same_canvas(presenter_rig: Rig) -> None:
    one, other = (canvas_of(presenter_rig, 640, 360) for _ in range(2))
    np.testing.assert_array_equal(one.picture, other.picture)


def test_eyes_and_mouth_of_the_closest_crop_are_on_every_canvas(presenter: Picture) -> None:
    outline = oval_of(presenter)
    x, y = (outline.min(axis=0) + outline.max(axis=0)) / 2
    half = float(np.ptp(outline[:, 1])) / 2 + 2
    rig = build_rig(presenter[int(y - half) : int(y + half), int(x - half) : int(x + half)].copy())
    for width, height in SHAPES:
        canvas = canvas_of(rig, width, height)
        features = canvas.points[[133, 159, 362, 386, 61, 291, 14], :2]
        assert (features > 0).all() and (features < [width, height]).all()
