"""How the light on the face changes through a clip, read from skin about the mouth that speech hardly shades."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.clip.chart import UNIT_MM, Reference
from renderer.clip.smoothing import smoothed
from renderer.pixels import resize, sample
from renderer.types import Floats, Picture, Reals

SKIN: Final = (
    *(50, 205, 36, 206, 187, 207, 216, 212, 202, 204, 208, 92, 165, 203, 142, 101, 192, 214),
    *(280, 425, 266, 426, 411, 427, 436, 432, 422, 424, 428, 322, 391, 423, 371, 330, 416, 434),
    *(164, 200, 199, 201, 421, 171, 396),
)
"""Cheeks, the skin above the lips, the chin."""
STEADY_SIGMA: Final = 4.0
"""Pictures: light changes slowly, folds of speaking skin quickly."""
COARSE: Final = 4
ROUNDS: Final = 4
OUTLIER: Final = 0.05
"""Of its light: a landmark further off than this from what the others say counts less and less."""
MOST: Final = 0.7
"""Natural logarithm: light that doubles or halves is followed."""


def skin_colours(rgb: Picture, points: Floats) -> Floats:
    """RGB uint8 (H, W, 3), landmarks (468, 3) -> float32 (len(SKIN), 3), 0..255: the skin about each of SKIN."""
    small = resize(rgb, max(1, rgb.shape[1] // COARSE), max(1, rgb.shape[0] // COARSE), cv2.INTER_AREA)
    places = (points[np.newaxis, list(SKIN), :2] + np.float32(0.5)) / np.float32(COARSE) - np.float32(0.5)
    return sample(cv2.blur(small, (3, 3)).astype(np.float32), places)[0]


def tones(colours: Floats, chosen: int, reference: Reference) -> Floats:
    """`colours` (L, len(SKIN), 3) of the loop's pictures -> float32 (L, 3, 3): for red, green and blue, the logarithm
    of how much more light there is than in picture `chosen`: amid the lips, and its slope along x and y."""
    calm = smoothed(colours, 1.5, cyclic=True)
    ratio = np.log(np.maximum(colours, 2)) - np.log(np.maximum(calm[chosen], 2))
    places = reference.to_mm(reference.points[list(SKIN), :2]) / UNIT_MM
    basis = np.concatenate([np.ones((len(SKIN), 1)), places], axis=1).astype(np.float64)
    fitted = np.stack([_fit(basis, picture) for picture in ratio])
    return np.clip(smoothed(fitted, STEADY_SIGMA, cyclic=True), -MOST, MOST)


def _fit(basis: Reals, ratio: Floats) -> Reals:
    """(N, 3) and (N, 3) -> (3, 3): a plane for each colour, by least squares that outliers do not bend."""
    weights: Reals = np.ones(len(basis))
    terms: Reals = np.zeros((3, 3))
    for _ in range(ROUNDS):
        weighed: Reals = basis * weights[:, np.newaxis]
        normal: Reals = weighed.T @ basis + np.diag([1e-6, 0.3, 0.3])
        right: Reals = weighed.T @ ratio
        terms = np.linalg.solve(normal, right)
        off = np.abs(ratio - basis @ terms).mean(axis=1)
        weights = 1 / (1 + np.square(off / OUTLIER))
    return terms.T


def factors(tone: Floats, reference: Reference, places: Floats) -> Floats:
    """`tone` (3, 3) of one picture, `places` (h, w, 2) in the reference -> RGB factors float32 (h, w, 3)."""
    at = reference.to_mm(places) / np.float32(UNIT_MM)
    # Beyond the face there is nothing to go by.
    x, y = (np.clip(at[..., axis], -2, 2)[..., np.newaxis] for axis in (0, 1))
    return np.exp(tone[:, 0] + x * tone[:, 1] + y * tone[:, 2]).astype(np.float32)
