"""Turns forward displacements on a coarse grid into the map that `cv2.remap` samples by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.pixels import sample
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


def grid_around(low: Floats, high: Floats, cell: int, side: int) -> Grid:
    """The grid of `cell`-pixel cells that covers the box from `low` to `high`, kept inside a picture of `side`."""
    first = np.clip(np.floor(low / cell), 0, side // cell - 4).astype(int)
    last = np.clip(np.ceil(high / cell), first + 4, side // cell).astype(int)
    columns, rows = (last - first).tolist()
    return Grid(int(first[0]) * cell, int(first[1]) * cell, columns, rows, cell)


def invert(field: Floats, grid: Grid, at: Floats) -> Floats:
    """Where drawn points come from: for each `at` (..., 2) the q with q + field(q) = at; all in picture pixels.

    `field` float32 (rows, columns, 2) is the forward displacement at the grid's nodes. Below an open jaw skin stretches
    to more than twice its length, where plain fixed-point steps run away: each step is divided by the stretch there.
    """
    origin = np.array([grid.left - 0.5 * (1 - grid.cell), grid.top - 0.5 * (1 - grid.cell)], np.float32)
    scale = np.float32(1.0 / grid.cell)
    stretch = [1 + np.gradient(field[..., axis], axis=1 - axis) * scale for axis in (0, 1)]
    known = np.concatenate([field, np.maximum(np.stack(stretch, axis=-1), STEEPEST)], axis=-1, dtype=np.float32)
    least, most = field.min(axis=(0, 1)), field.max(axis=(0, 1))
    moved = np.zeros_like(at)
    for _ in range(STEPS):
        here = sample(known, (at - moved - origin) * scale)
        moved += (here[..., :2] - moved) / here[..., 2:]
        # No point was moved further than some point was: where skin would fold, this keeps the search on the face.
        moved = np.clip(moved, least, most)
    return at - moved


def blend_weights(stack: Floats, weights: Floats) -> Floats:
    """Sum of `stack` (K, h, w, 2) by `weights` (K,). Not by BLAS, whose rounding depends on its number of threads."""
    return np.einsum("k,khwc->hwc", weights.astype(np.float32, copy=False), stack)
