"""Turns forward displacements on a coarse grid into the map that `cv2.remap` samples by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.pixels import join, sample_at, split
from renderer.types import Floats

STEPS: Final = 4
"""Newton steps of `invert`: leaves under 0.2 pixels at the widest jaw, 0.1 in ordinary speech."""
STEEPEST: Final = 0.3
"""Skin is never taken to be squeezed below this share of its length: a step across a fold would leave the face."""


@dataclass(frozen=True)
class Grid:
    """Nodes at the centres of square cells of `cell` pixels, over the rectangle at (left, top) of the picture."""

    left: int
    top: int
    columns: int
    rows: int
    cell: int

    @property
    def width(self) -> int:
        return self.columns * self.cell

    @property
    def height(self) -> int:
        return self.rows * self.cell

    @property
    def first_node(self) -> Floats:
        """x, y of the top left node, picture pixels."""
        return np.array([self.left, self.top], np.float32) + np.float32((self.cell - 1) / 2)

    @property
    def window(self) -> tuple[slice, slice]:
        """The rectangle's rows and columns in the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def shared(self, other: Grid) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """What both grids cover, as rows and columns of this one's pixels and of the other's."""
        top, bottom = max(self.top, other.top), min(self.top + self.height, other.top + other.height)
        left, right = max(self.left, other.left), min(self.left + self.width, other.left + other.width)
        bottom, right = max(bottom, top), max(right, left)
        mine, theirs = (
            (slice(top - grid.top, bottom - grid.top), slice(left - grid.left, right - grid.left))
            for grid in (self, other)
        )
        return mine, theirs

    def nodes(self) -> Floats:
        """float32 (rows, columns, 2): x, y of each node in picture pixels."""
        xs = (np.arange(self.columns, dtype=np.float32) + 0.5) * self.cell - 0.5 + self.left
        ys = (np.arange(self.rows, dtype=np.float32) + 0.5) * self.cell - 0.5 + self.top
        return np.stack(np.meshgrid(xs, ys), axis=-1).astype(np.float32, copy=False)

    def pixels(self) -> Floats:
        """float32 (height, width, 2): x, y of each pixel in the picture."""
        xs = np.arange(self.left, self.left + self.width, dtype=np.float32)
        ys = np.arange(self.top, self.top + self.height, dtype=np.float32)
        return np.stack(np.meshgrid(xs, ys), axis=-1).astype(np.float32, copy=False)


def grid_around(low: Floats, high: Floats, cell: int, width: int, height: int) -> Grid:
    """The grid of `cell`-pixel cells that covers the box from `low` to `high`, within `width` x `height`."""
    cells = np.array([width // cell, height // cell])
    first = np.clip(np.floor(low / cell), 0, cells - 4).astype(int)
    last = np.clip(np.ceil(high / cell), first + 4, cells).astype(int)
    columns, rows = (last - first).tolist()
    return Grid(int(first[0]) * cell, int(first[1]) * cell, columns, rows, cell)


def with_stretch(stack: Floats, cell: int) -> Floats:
    """Fields `stack` (K, rows, columns, 2), pixels -> (K, rows, columns, 4) in cells: each field's x and y, and how
    much it stretches the skin along x and along y. All are linear in the fields' weights: blended as one."""
    fields = stack / np.float32(cell)
    along = [np.gradient(fields[..., axis], axis=2 - axis) for axis in (0, 1)]
    return np.concatenate([fields, np.stack(along, axis=-1)], axis=-1, dtype=np.float32)


def invert(field: Floats, grid: Grid, at: Floats) -> Floats:
    """Where drawn points come from: for each `at` (h, w, 2) the q with q + field(q) = at; all in picture pixels.

    `field` float32 (rows, columns, 2) is the forward displacement at the grid's nodes.
    """
    first, cell = grid.first_node, np.float32(grid.cell)
    known = with_stretch(field[np.newaxis], grid.cell)[0]
    return invert_cells(known, (at - first) / cell) * cell + first


def invert_cells(known: Floats, at: Floats) -> Floats:
    """`invert` with all in cells from the grid's first node, and `known` (rows, columns, 4) of `with_stretch`."""
    return join(*invert_planes(known, *split(at)))


def invert_planes(known: Floats, at_x: Floats, at_y: Floats) -> tuple[Floats, Floats]:
    """`invert_cells` with x and y, (h, w) each, apart.

    Below an open jaw skin stretches to more than twice its length, where plain fixed-point steps run away: each step is
    divided by the stretch there.
    """
    # Planes, not pairs: NumPy is ten times as fast on numbers that lie side by side.
    field_x, field_y, stretch_x, stretch_y = split(known)
    for stretch in (stretch_x, stretch_y):
        stretch += 1
        np.maximum(stretch, STEEPEST, out=stretch)
    known = join(field_x, field_y, stretch_x, stretch_y)
    ends = [(plane.min(), plane.max()) for plane in (field_x, field_y)]
    x: Floats = np.zeros_like(at_x)
    y: Floats = np.zeros_like(at_y)
    for _ in range(STEPS):
        here_x, here_y, steep_x, steep_y = split(sample_at(known, at_x - x, at_y - y))
        for moved, here, steep, (least, most) in ((x, here_x, steep_x, ends[0]), (y, here_y, steep_y, ends[1])):
            here -= moved
            here /= steep
            moved += here
            # No point was moved further than some point was: where skin would fold, this keeps it on the face.
            np.maximum(moved, least, out=moved)
            np.minimum(moved, most, out=moved)
    return at_x - x, at_y - y


def blend_weights(stack: Floats, weights: Floats) -> Floats:
    """Sum of `stack` (K, h, w, C) by `weights` (K,). Not by BLAS, whose rounding depends on its number of threads."""
    flat = np.einsum("k,kn->n", weights.astype(np.float32, copy=False), stack.reshape(len(stack), -1))
    return flat.reshape(stack.shape[1:])
