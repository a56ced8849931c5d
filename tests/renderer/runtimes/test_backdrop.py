"""A person before another background: it stands still, nothing of the old one shines through, alpha tells the rest."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.rig import Rig
from renderer.rig.framing import Canvas, canvas_of
from renderer.runtimes.drawn import TRANSPARENT
from renderer.runtimes.mesh.backdrop import at_rest, person_of
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Picture
from tests.renderer.poses import head, mouth

SIDE = 256
STRIPES: Picture = np.ascontiguousarray(
    np.broadcast_to(np.where(np.arange(SIDE) // 8 % 2, 220, 40).astype(np.uint8)[np.newaxis, :, np.newaxis],
                    (SIDE, SIDE, 3))
)  # fmt: skip
MOVED = mouth(jaw=0.6), head(x=0.05, roll=0.03, yaw=0.05)


@pytest.fixture(scope="module")
def canvas(presenter_rig: Rig) -> Canvas:
    return canvas_of(presenter_rig, SIDE, SIDE)


def test_the_backdrop_stands_still_while_the_head_moves(canvas: Canvas) -> None:
    runtime = MeshRuntime(canvas, STRIPES)
    rest, moved = runtime.draw(mouth(), head()), runtime.draw(*MOVED)
    np.testing.assert_array_equal(rest.i420, at_rest(canvas, STRIPES).i420)
    assert rest.alpha is None
    alpha = MeshRuntime(canvas, TRANSPARENT)
    outlines = [alpha.draw(*pose).alpha for pose in ((mouth(), head()), MOVED)]
    behind = np.ones((SIDE, SIDE), np.uint8)
    for outline in outlines:
        assert outline is not None
        behind &= cv2.erode((outline == 0).astype(np.uint8), np.ones((5, 5)))
    assert behind.mean() > 0.2
    assert np.abs(moved.rgb()[behind > 0].astype(int) - STRIPES[behind > 0]).max() <= 3


def test_a_transparent_picture_has_the_matte_at_rest_and_takes_it_along(canvas: Canvas) -> None:
    runtime = MeshRuntime(canvas, TRANSPARENT)
    rest, moved = runtime.draw(mouth(), head()).alpha, runtime.draw(*MOVED).alpha
    assert rest is not None and moved is not None
    np.testing.assert_array_equal(rest, canvas.matte)
    assert moved.shape == rest.shape and np.abs(moved.astype(int) - rest).max() > 100
    for edge in (np.s_[0], np.s_[:, 0], np.s_[:, -1], np.s_[-1]):
        np.testing.assert_array_equal(moved[edge], rest[edge])


def test_nothing_of_the_old_background_is_left_at_the_rim(canvas: Canvas) -> None:
    green = canvas.picture.copy()
    share = canvas.matte[..., np.newaxis] / 255.0
    green = (green * share + np.array([0, 255, 0]) * (1 - share) + 0.5).astype(np.uint8)
    cleaned = person_of(Canvas(green, canvas.points, canvas.matte)).astype(int)
    rim = (canvas.matte > 8) & (canvas.matte < 247)
    assert rim.sum() > 50
    spill = (cleaned[..., 1] - cleaned[..., [0, 2]].max(axis=-1))[rim]
    assert np.percentile(spill, 95) <= 24
    inside = canvas.matte == 255
    np.testing.assert_array_equal(cleaned[inside], green[inside])
