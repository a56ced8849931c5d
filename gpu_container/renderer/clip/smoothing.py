"""Takes the trembling out of what was measured picture by picture, without lag: what is left is the motion."""

from __future__ import annotations

import numpy as np

from renderer.types import Floats, Reals


def smoothed(series: Reals, sigma: float, cyclic: bool = False) -> Floats:
    """`series` (T, ...) by a local quadratic under a Gaussian window of `sigma` pictures: peaks of motion keep their
    height, noise above about 0.25 / sigma of the picture rate goes. Zero phase. `cyclic`: the end meets the start."""
    kernel = _kernel(sigma)
    reach = len(kernel) // 2
    index = np.arange(-reach, len(series) + reach)
    index = index % len(series) if cyclic else np.abs(index)
    if not cyclic:
        last = len(series) - 1
        index = np.where(index > last, np.maximum(2 * last - index, 0), index)
    flat = series.reshape(len(series), -1)
    padded = flat[index]
    if not cyclic:
        # Mirrored through the end points, so that a motion under way at the clip's ends goes on.
        padded[:reach] = 2 * flat[0] - padded[:reach]
        padded[-reach:] = 2 * flat[-1] - padded[-reach:]
    summed = np.zeros(flat.shape, np.float64)
    for offset, weight in enumerate(kernel.tolist()):
        summed += weight * padded[offset : offset + len(flat)]
    return summed.reshape(series.shape).astype(np.float32)


def _kernel(sigma: float) -> Reals:
    """Weights of a local quadratic fit's value at the middle; they sum to 1."""
    reach = max(1, round(3 * sigma))
    at: Reals = np.arange(-reach, reach + 1) / max(sigma, 1e-6)
    window = np.exp(-0.5 * at * at)
    basis = np.stack([np.ones_like(at), at, at * at], axis=1)
    fit = np.linalg.solve(basis.T @ (basis * window[:, np.newaxis]), (basis * window[:, np.newaxis]).T)
    return fit[0]
