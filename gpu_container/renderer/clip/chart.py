"""Charts: where each pixel about the mouth of a picture lies in the clip's reference face. Quadratic, so that a turned
head's near and far cheek are both right; twelve numbers each, so that what follows them is smooth in space and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import LEFT_EYE_CORNERS, LOWER_OUTER_LIP, RIGHT_EYE_CORNERS, UPPER_OUTER_LIP
from renderer.types import Floats, Reals

EYE_DISTANCE_MM: Final = 63.0
"""Adult mean pupillary distance (Dodgson 2004)."""
UNIT_MM: Final = 30.0
"""Coordinates are divided by this, so that a polynomial's terms are all of about the same size."""
LIPS: Final = tuple(dict.fromkeys(UPPER_OUTER_LIP + LOWER_OUTER_LIP))
_REACH_MM: Final = 28.0
"""Landmarks count by a Gaussian of this about the lips: there a chart must be right."""


@dataclass(frozen=True)
class Reference:
    """The face that all pictures are charted to: `points` float32 (468, 3) in its picture's pixels."""

    points: Floats

    @property
    def px_per_mm(self) -> float:
        left, right = (self.points[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
        return max(float(np.linalg.norm(right - left)), 4.0) / EYE_DISTANCE_MM

    @property
    def middle(self) -> Floats:
        return self.points[list(LIPS), :2].mean(axis=0)

    def to_mm(self, places: Reals) -> Floats:
        """Reference pixels (..., 2) -> millimetres from the middle of the lips, along the eye line and across it."""
        left, right = (self.points[list(pair), :2].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
        along = (right - left) / np.linalg.norm(right - left)
        offset = places - self.middle
        x, y = offset @ along, offset @ np.array([-along[1], along[0]])
        return (np.stack([x, y], axis=-1) / self.px_per_mm).astype(np.float32)


@dataclass(frozen=True)
class Charts:
    """One per picture: `centres` float32 (L, 2) pixels, `terms` float32 (L, 2, 6); `unit` pixels."""

    centres: Floats
    terms: Floats
    unit: float

    def to_reference(self, index: int, places: Reals) -> Floats:
        """Pixels (..., 2) of picture `index` -> pixels of the reference."""
        return self.read(self.centres[index], self.terms[index], places)

    def read(self, centre: Floats, terms: Floats, places: Reals) -> Floats:
        scaled = (places - centre) * np.float32(1 / self.unit)
        x, y = scaled[..., 0], scaled[..., 1]
        out = np.empty((*x.shape, 2), np.float32)
        for axis in (0, 1):
            a, b, c, d, e, f = terms[axis].tolist()
            # Horner's scheme: a + bx + cy + dxx + exy + fyy.
            out[..., axis] = a + x * (b + d * x + e * y) + y * (c + f * y)
        return out

    def turn(self, index: int) -> Floats:
        """(2, 2): a small step in the picture -> the step in the reference, at the middle of the lips."""
        return (self.terms[index][:, 1:3] / np.float32(self.unit)).astype(np.float32)


def fit_charts(resting: Floats, reference: Reference) -> Charts:
    """`resting` (L, 468, 3): where each picture's landmarks would lie with the reference's mouth."""
    unit = UNIT_MM * reference.px_per_mm
    mm = reference.to_mm(reference.points[:, :2])
    weights = np.sqrt(np.exp(-np.square(mm).sum(axis=1) / (2 * _REACH_MM**2)) + 1e-3)
    near = weights > 0.06
    target = reference.points[near, :2].astype(np.float64) * weights[near, np.newaxis]
    centres = resting[:, list(LIPS), :2].mean(axis=1).astype(np.float32)
    terms = np.empty((len(resting), 2, 6), np.float32)
    for index, (points, centre) in enumerate(zip(resting, centres, strict=True)):
        scaled = (points[near, :2] - centre) / unit
        basis: Reals = _basis(scaled) * weights[near, np.newaxis]
        normal: Reals = basis.T @ basis
        right: Reals = basis.T @ target
        solved: Reals = np.linalg.solve(normal, right)
        terms[index] = solved.T
    return Charts(centres, terms, float(unit))


def _basis(scaled: Reals) -> Reals:
    x, y = scaled[:, 0].astype(np.float64), scaled[:, 1].astype(np.float64)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
