"""Coarse places magnified: every window of a picture gets the same places, for luma and for colour."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.runtimes.mesh.places import for_colour, half_of, magnified, nodes_around
from renderer.runtimes.mesh.warp import Grid


@pytest.mark.parametrize("cell", [2, 4, 6])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (2, 8), (30, 14)])
def test_nodes_that_stay_give_every_pixel_its_own_place(cell: int, left: int, top: int) -> None:
    nodes, window = nodes_around(50, 38, cell), Grid(left, top, 10, 12, 2)
    np.testing.assert_allclose(magnified(nodes, cell, window), window.pixels(), atol=1e-4)
    small = half_of(window)
    np.testing.assert_allclose(magnified(for_colour(nodes), cell // 2, small), small.pixels(), atol=1e-4)


def test_a_window_is_cut_from_the_whole() -> None:
    nodes = nodes_around(64, 48, 4)
    bent = (nodes + np.sin(nodes / 9)).astype(np.float32)
    whole = magnified(bent, 4, Grid(0, 0, 32, 24, 2))
    window = Grid(10, 6, 15, 12, 2)
    np.testing.assert_allclose(magnified(bent, 4, window), whole[window.window], atol=1e-4)
