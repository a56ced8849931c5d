"""The skin of the lower face as one elastic sheet: displacements known at its landmarks, spread over a fixed grid."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.clip.chart import Reference
from renderer.face.mesh import CHIN, FACE_OVAL, LOWER_INNER_LIP, UPPER_INNER_LIP
from renderer.pixels import sample
from renderer.types import Floats, Reals

CELL_MM: Final = 2.5
STIFFNESS: Final = 0.05
_INNER: Final = frozenset(
    UPPER_INNER_LIP[1:-1] + LOWER_INNER_LIP[1:-1]
    + (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 96, 89, 179, 86, 15, 316, 403, 319, 325)
)  # fmt: skip
"""Landmarks on the lips' red and inner edges: what lies between the outer lips is replaced, not moved."""
_TOP_MM, _BELOW_MM = -58.0, 66.0


class Sheet:
    """Made once per clip, in the reference's own coordinates."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        mm = reference.to_mm(reference.points[:, :2])
        self.half_mm = float(np.ptp(mm[list(FACE_OVAL), 0])) / 2
        self.chin_mm = float(mm[CHIN, 1])
        self._used = [i for i in range(len(mm)) if i not in _INNER and mm[i, 1] > _TOP_MM + 8]
        self._low = np.array([-1.3 * self.half_mm, _TOP_MM], np.float32)
        xs = np.arange(self._low[0], -self._low[0] + CELL_MM, CELL_MM)
        ys = np.arange(_TOP_MM, self.chin_mm + _BELOW_MM + CELL_MM, CELL_MM)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1)
        held = self._anchors()
        places = np.concatenate([mm[self._used], held])
        spread = _operator(places / 30.0, grid.reshape(-1, 2) / 30.0)[:, : len(self._used)]
        still = self._window(grid).reshape(-1, 1)
        self._spread = spread * still
        self._shape = grid.shape[:2]

    def field(self, moved: Floats) -> Floats:
        """Displacements (468, 2) of all landmarks, any unit -> (h, w, 2) on the grid. 0 at its border."""
        surface: Reals = self._spread @ moved[self._used].astype(np.float64)
        # Rounded far above double precision: how BLAS shares its work then makes no difference.
        return (np.rint(surface * 1e4) / 1e4).reshape(*self._shape, 2).astype(np.float32)

    def read(self, field: Floats, places: Floats) -> Floats:
        """`field` at reference pixels (..., 2)."""
        at = (self._reference.to_mm(places) - self._low) / np.float32(CELL_MM)
        return sample(field, at)

    def _anchors(self) -> Reals:
        """Points beside and below the face that stay: collar, background. A chin that comes up by 20 mm stretches the
        neck over twice that: nearer anchors would draw a few rows of it out into a smear."""
        xs = np.linspace(-1.25, 1.25, 9) * self.half_mm
        rows = [np.stack([xs, np.full(9, self.chin_mm + drop)], axis=1) for drop in (44.0, 54.0, 66.0)]
        ys = np.linspace(_TOP_MM, self.chin_mm, 6)
        sides = [np.stack([np.full(6, side * self.half_mm * 1.2), ys], axis=1) for side in (-1, 1)]
        top = np.stack([xs, np.full(9, _TOP_MM)], axis=1)
        return np.concatenate([*rows, *sides, top])

    def _window(self, grid: Reals) -> Floats:
        x, y = np.abs(grid[..., 0]), grid[..., 1]
        sides = 1 - step(self.half_mm * 0.95, self.half_mm * 1.22, x)
        return sides * step(_TOP_MM + 2, _TOP_MM + 22, y) * (1 - step(self.chin_mm + 22, self.chin_mm + 60, y))


def step(low: float, high: float, x: Reals) -> Floats:
    """0 below `low`, 1 above `high`, a cubic with flat ends between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def _operator(points: Reals, grid: Reals) -> Reals:
    """The thin-plate spline (Bookstein 1989) as a matrix: values at `points` (P, 2) -> values at `grid` (G, 2)."""
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(points, points) + np.eye(count) * STIFFNESS
    affine = np.concatenate([np.ones((count, 1)), points], axis=1)
    system[:count, count:], system[count:, :count] = affine, affine.T
    solved = np.linalg.inv(system)[:, :count]
    terms = np.concatenate([_kernel(grid, points), np.ones((len(grid), 1)), grid], axis=1)
    # Rounded far above double precision: the same clip moves alike however BLAS shares its work.
    return np.rint(terms @ solved * 1e6) / 1e6


def _kernel(a: Reals, b: Reals) -> Reals:
    squared = np.square(a[:, np.newaxis] - b).sum(axis=-1)
    return 0.5 * squared * np.log(np.maximum(squared, 1e-12))
