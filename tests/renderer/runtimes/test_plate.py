"""A person before their own background: lines in it stay straight, nothing of the person is left behind on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.rig import Rig
from renderer.rig.framing import Canvas, canvas_of
from renderer.runtimes.drawn import TRANSPARENT
from renderer.runtimes.mesh.backdrop import at_rest, person_of
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.runtimes.mesh.telling import rim_of
from renderer.types import Floats, Picture
from tests.renderer.poses import head, mouth

SIDE = 512
WALL, LINE = (214, 208, 196), (70, 70, 90)
ROUNDED = 3
"""How far a colour may be off that shares its sample with the person's rim."""
EXTREMES = [
    head(roll=0.05),
    head(roll=-0.05, breath=1),
    head(yaw=0.12),
    head(yaw=-0.12),
    head(x=0.1),
    head(x=-0.1, y=0.05, pitch=0.05),
]


def grid() -> Picture:
    """Lines across a wall, 32 pixels apart."""
    wall = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    for start in range(8, SIDE, 32):
        wall[start : start + 2] = LINE
        wall[:, start : start + 2] = LINE
    return wall


@pytest.fixture(scope="module")
def canvas(presenter_rig: Rig) -> Canvas:
    """The presenter, before the grid."""
    plain = canvas_of(presenter_rig, SIDE, SIDE)
    share = plain.matte[..., np.newaxis] / 255.0
    picture = (person_of(plain) * share + grid() * (1 - share) + 0.5).astype(np.uint8)
    return Canvas(picture, plain.points, plain.matte)


@pytest.fixture(scope="module")
def drawer(canvas: Canvas) -> MeshRuntime:
    return MeshRuntime(canvas)


def seen_at(canvas: Canvas) -> list[Picture]:
    """The person's outline at each of the extremes, and at rest."""
    alone = MeshRuntime(canvas, TRANSPARENT)
    outlines = [alone.draw(mouth(), pose).alpha for pose in (*EXTREMES, head())]
    return [outline for outline in outlines if outline is not None]


def away_from(outline: Picture, pixels: int) -> Picture:
    return cv2.erode((outline == 0).astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1))).astype(np.uint8)


def reach_of(drawer: MeshRuntime) -> Floats:
    return drawer.map.reach[:SIDE, :SIDE]


def test_at_rest_it_is_the_source_bit_by_bit(canvas: Canvas, drawer: MeshRuntime) -> None:
    np.testing.assert_array_equal(drawer.draw(mouth(), head()).i420, at_rest(canvas, None).i420)


def test_lines_near_the_head_stay_where_they_are(canvas: Canvas, drawer: MeshRuntime) -> None:
    rest = drawer.draw(mouth(), head()).rgb()
    *outlines, at_first = seen_at(canvas)
    for pose, outline in zip(EXTREMES, outlines, strict=True):
        still = (away_from(at_first, 4) & away_from(outline, 4)) > 0
        assert still[40:200].mean() > 0.2
        moved = np.abs(drawer.draw(mouth(jaw=0.4), pose).rgb().astype(int) - rest).max(axis=-1)
        assert moved[still].max() <= ROUNDED


def test_where_the_head_was_there_is_background_and_none_of_the_hair(canvas: Canvas, drawer: MeshRuntime) -> None:
    *outlines, at_first = seen_at(canvas)
    for pose, outline in zip(EXTREMES, outlines, strict=True):
        left = (at_first > 128) & (away_from(outline, 3) > 0)
        if left.sum() < 100:
            continue
        drawn = drawer.draw(mouth(), pose).rgb()[left].astype(int)
        # The wall is pale and next to grey, the hair brown, the jacket dark.
        assert np.mean(np.ptp(drawn, axis=-1) < 40) > 0.97
        assert np.mean(drawn.min(axis=-1) > 55) > 0.97


def test_the_border_stands_still_before_a_busy_background(drawer: MeshRuntime) -> None:
    rest = drawer.draw(mouth(), head()).rgb()
    for pose in EXTREMES:
        drawn = drawer.draw(mouth(jaw=0.5), pose).rgb()
        for edge in (np.s_[0], np.s_[:, 0], np.s_[:, -1], np.s_[-1]):
            np.testing.assert_array_equal(drawn[edge], rest[edge])


def test_a_plain_wall_and_a_matte_that_lost_some_hair_move_along_softly(
    canvas: Canvas, drawer: MeshRuntime, presenter_rig: Rig
) -> None:
    assert rim_of(canvas, reach_of(drawer)) is not None
    assert rim_of(canvas_of(presenter_rig, SIDE, SIDE), reach_of(drawer)) is None
    lost = canvas.matte.copy()
    lost[:150] = cv2.erode(lost, np.ones((45, 45)))[:150]
    assert rim_of(Canvas(canvas.picture, canvas.points, lost), reach_of(drawer)) is None
    guessed = cv2.GaussianBlur(canvas.matte, (0, 0), 8).astype(np.uint8)
    assert rim_of(Canvas(canvas.picture, canvas.points, guessed), reach_of(drawer)) is None
    nobody = np.zeros_like(canvas.matte)
    assert rim_of(Canvas(canvas.picture, canvas.points, nobody), reach_of(drawer)) is None
