"""Chooses the clip's reference picture: lips closed and at ease, face to the camera, sharp."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.clip.resting import eye_scale
from renderer.face.check import head_angles
from renderer.face.mesh import LOWER_INNER_LIP, UPPER_INNER_LIP, Mesh
from renderer.types import Floats, Reals

GAP_WEIGHT: Final = 1.0
TURN_WEIGHT: Final = 0.08
"""Millimetres of gap that one degree of turn counts for."""
EASE_WEIGHT: Final = 0.4
"""Per millimetre that the mouth is wider or narrower than the clip's closed mouths are: a smile, a pout, a press."""
BLUR_WEIGHT: Final = 3.0
EYE_DISTANCE_MM: Final = 63.0


def choose_reference(points: Floats, crispness: Floats) -> int:
    """`points` (T, 468, 3) steadied, `crispness` (T,) -> the index of the reference picture."""
    per_mm = eye_scale(points) / EYE_DISTANCE_MM
    gap = _apart(points, UPPER_INNER_LIP[5], LOWER_INNER_LIP[5]) / per_mm
    wide = _apart(points, UPPER_INNER_LIP[0], UPPER_INNER_LIP[-1]) / per_mm
    closed = gap <= np.quantile(gap, 0.2) + 0.3
    unease = np.abs(wide - np.median(wide[closed]))
    turn = np.array([np.hypot(*head_angles(Mesh(face, 1.0))[:2]) for face in points])
    crisp = crispness / max(float(np.quantile(crispness, 0.9)), 1e-6)
    cost = GAP_WEIGHT * gap + TURN_WEIGHT * turn + EASE_WEIGHT * unease + BLUR_WEIGHT * np.maximum(1 - crisp, 0)
    return int(np.argmin(cost))


def _apart(points: Floats, one: int, other: int) -> Reals:
    return np.linalg.norm(points[:, one] - points[:, other], axis=1)
