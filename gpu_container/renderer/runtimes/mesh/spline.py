"""Spreads displacements known at scattered points smoothly over a grid: thin-plate splines."""

from __future__ import annotations

import numpy as np

from renderer.types import Floats, Reals


def spread(points: Floats, values: Reals, grid: Reals, stiffness: float = 0.05) -> Floats:
    """`values` (P, K) at `points` (P, 2), units of about 1 -> (..., K) at `grid` (..., 2).

    A thin-plate spline (Bookstein 1989) with `stiffness` as ridge on the diagonal: the smoothest surface near the
    given values, so that skin between landmarks moves as one sheet.
    """
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(points, points) + np.eye(count) * stiffness
    affine = np.concatenate([np.ones((count, 1)), points], axis=1)
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    known = np.concatenate([values, np.zeros((3, values.shape[1]))])
    weights = np.linalg.solve(system, known)
    flat = grid.reshape(-1, 2).astype(np.float64)
    surface = _kernel(flat, points.astype(np.float64)) @ weights[:count] + weights[count] + flat @ weights[count + 1 :]
    # How BLAS rounds depends on how many threads share the work. In double precision, and rounded far above it, the
    # same portrait moves alike to the last bit on every machine.
    rounded = np.rint(surface * 1e5) / 1e5
    return rounded.reshape(*grid.shape[:-1], values.shape[1]).astype(np.float32)


def _kernel(a: Reals, b: Reals) -> Reals:
    """r^2 log r between every point of `a` (M, 2) and of `b` (N, 2) -> (M, N); zero at zero."""
    squared = np.square(a).sum(axis=1)[:, np.newaxis] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    np.maximum(squared, 1e-12, out=squared)
    # r^2 log r = r^2 log(r^2) / 2, in place: the array has millions of entries.
    result = np.log(squared)
    result *= squared
    result *= 0.5
    return result


def smoothstep(low: float, high: float, x: Reals) -> Floats:
    """0 below `low`, 1 above `high`, a cubic with flat ends between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
