"""Skin that moved forward is found again by the inverse, however far it stretches."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.pixels import sample
from renderer.runtimes.mesh.warp import Grid, blend_weights, grid_around, invert
from renderer.types import Floats

GRID = Grid(left=40, top=24, columns=50, rows=60, cell=4)


def hill(height: float, width: float) -> Floats:
    """Points near the grid's middle move down by up to `height` pixels, over `width` pixels."""
    nodes = GRID.nodes()
    away = np.square((nodes[..., 0] - 140) / width) + np.square((nodes[..., 1] - 144) / width)
    field = np.zeros_like(nodes)
    field[..., 1] = height * np.exp(-away)
    field[..., 0] = 0.2 * field[..., 1]
    return field


def missed_by(field: Floats, at: Floats) -> Floats:
    """How far from `at` the found points land when they are moved forward again, pixels."""
    found = invert(field, GRID, at)
    node = (found - np.array([GRID.left + 1.5, GRID.top + 1.5], np.float32)) / GRID.cell
    return np.linalg.norm(found + sample(field, node) - at, axis=-1).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(4, 20), (14, 25), (30, 40), (30, 30)])
def test_moving_forward_what_the_inverse_found_lands_where_it_was_asked_for(height: float, width: float) -> None:
    # The last stretches skin to 1.9 times its length below the hill and squeezes it to a sixth above.
    assert missed_by(hill(height, width), GRID.nodes()).max() < 0.5


def test_where_skin_folds_no_point_is_sought_further_than_any_moved() -> None:
    field = hill(60, 20)
    moved = GRID.nodes() - invert(field, GRID, GRID.nodes())
    assert np.isfinite(moved).all()
    assert (moved >= field.min(axis=(0, 1)) - 1e-4).all() and (moved <= field.max(axis=(0, 1)) + 1e-4).all()


def test_what_does_not_move_is_found_exactly_where_it_is() -> None:
    np.testing.assert_array_equal(invert(np.zeros_like(GRID.nodes()), GRID, GRID.nodes()), GRID.nodes())


def test_fields_add_up_by_their_weights() -> None:
    stack = np.stack([hill(10, 20), hill(-4, 30)])
    np.testing.assert_allclose(blend_weights(stack, np.array([0.5, 2], np.float32)), 0.5 * stack[0] + 2 * stack[1])


@pytest.mark.parametrize("low", [(-50, -50), (0, 0), (90, 3), (200, 240), (900, 900)])
@pytest.mark.parametrize("cell", [2, 3, 4, 8])
def test_a_grid_lies_inside_the_picture_wherever_the_face_is(low: tuple[int, int], cell: int) -> None:
    start = np.array(low, np.float32)
    grid = grid_around(start, start + 60, cell, 256, 256)
    assert grid.left >= 0 and grid.top >= 0 and grid.columns >= 4 and grid.rows >= 4
    assert grid.left + grid.width <= 256 and grid.top + grid.height <= 256


def test_two_grids_share_their_overlap_and_nothing_else() -> None:
    a, b = Grid(10, 20, 30, 30, 2), Grid(40, 0, 30, 20, 3)
    canvas = np.zeros((200, 200), int)
    canvas[a.window] += 1
    canvas[b.window] += 1
    here, there = a.shared(b)
    assert (canvas[a.window][here] == 2).all() and canvas[a.window][here].size == np.count_nonzero(canvas == 2)
    assert canvas[b.window][there].shape == canvas[a.window][here].shape
    assert canvas[a.window][a.shared(Grid(150, 150, 5, 5, 2))[0]].size == 0
