"""Places on coarse nodes, magnified: where each pixel of a window comes from."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from renderer.pixels import resize
from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats


def nodes_around(width: int, height: int, cell: int) -> Floats:
    """The nodes of a picture's cells, and one more all around: float32 (rows + 2, columns + 2, 2), picture pixels."""
    grid = Grid(-cell, -cell, -(-width // cell) + 2, -(-height // cell) + 2, cell)
    return grid.nodes()


def magnified(places: Floats, cell: int, window: Grid) -> Floats:
    """`places` (rows + 2, columns + 2[, C]), one for each of `nodes_around` -> (h, w[, C]), one for each pixel of
    `window`: bilinear, as smooth as the skin it moves. May be a view."""
    rows, down = _span(window.top, window.height, cell)
    columns, across = _span(window.left, window.width, cell)
    block = places[rows, columns]
    if cell == 1:
        return block
    large = resize(block, block.shape[1] * cell, block.shape[0] * cell)
    return large[down : down + window.height, across : across + window.width]


def magnified_pair(places: Floats, cell: int, window: Grid) -> tuple[Floats, Floats]:
    """`magnified` for x and y apart, (2, rows + 2, columns + 2): twice as fast, and so is what is read with them."""
    return magnified(places[0], cell, window), magnified(places[1], cell, window)


def for_colour(places: Floats) -> Floats:
    """`places` in luma pixels -> in those of planes at half the size: for half the cell, and half the window."""
    return (places - np.float32(0.5)) * np.float32(0.5)


def half_of(window: Grid) -> Grid:
    """`window`, all of whose sides are even, in the pixels of the colour planes."""
    return Grid(window.left // 2, window.top // 2, window.width // 2, window.height // 2, 1)


@lru_cache(maxsize=4096)
def _span(start: int, length: int, cell: int) -> tuple[slice, int]:
    """Which nodes (counted from the extra one) lie about pixels `start` to `start + length`, and where in their cells
    the first of these is."""
    first = (2 * start - cell + 1) // (2 * cell)
    last = -((cell - 1 - 2 * (start + length - 1)) // (2 * cell))
    return slice(first + 1, last + 2), start - first * cell
