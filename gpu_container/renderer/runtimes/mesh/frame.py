"""The face's own coordinates: millimetres from the middle of the mouth, along and across the lips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import (
    CHIN,
    FACE_OVAL,
    LEFT_EYE_CORNERS,
    LOWER_INNER_LIP,
    RIGHT_EYE_CORNERS,
    UPPER_INNER_LIP,
)
from renderer.types import Floats, Reals

EYE_DISTANCE_MM: Final = 63.0
"""Adult mean pupillary distance (Dodgson 2004): turns pixels into millimetres, so amplitudes can be anatomical."""

HALF_MOUTH_MM: Final = 25.0
"""Half the width of a resting mouth; the picture's own mouth is scaled to it, each side by itself (a turned head
shortens the far side)."""


@dataclass(frozen=True)
class FaceFrame:
    """Where the face lies in a picture of `width` x `height` pixels. `points` float32 (468, 2) in those pixels.

    `origin` is the middle of the closed lips; `right` and `down` are unit vectors along and across the lips (picture
    right, picture down for an upright face); `px_per_mm` is the scale. `glasses`: rims stand between
    brows and eyes.
    """

    width: int
    height: int
    points: Floats
    depth: Floats
    origin: Floats
    right: Floats
    down: Floats
    px_per_mm: float
    half_left_px: float
    half_right_px: float
    glasses: bool = False

    def to_mm(self, points: Floats) -> Floats:
        """Picture pixels (..., 2) -> face millimetres (..., 2): x along the lips, y towards the chin."""
        offset = points - self.origin
        along, across = offset @ self.right, offset @ self.down
        return np.stack([along, across], axis=-1).astype(np.float32) / np.float32(self.px_per_mm)

    def to_px(self, vectors: Reals) -> Floats:
        """Face millimetre vectors (..., 2) -> picture pixel vectors."""
        scaled = vectors * np.float32(self.px_per_mm)
        return (scaled[..., :1] * self.right + scaled[..., 1:] * self.down).astype(np.float32)

    def along_mouth(self, points_mm: Reals) -> Floats:
        """x in mm (...,) -> position along the mouth: -1 at the left corner, 0 in the middle, 1 at the right corner."""
        left = self.half_left_px / self.px_per_mm
        right = self.half_right_px / self.px_per_mm
        x = points_mm[..., 0]
        return np.where(x < 0, x / left, x / right).astype(np.float32)

    @property
    def half_width_mm(self) -> float:
        """Half the face's width at the cheeks."""
        oval = self.to_mm(self.points[list(FACE_OVAL)])
        return float(np.ptp(oval[:, 0])) / 2

    @property
    def chin_mm(self) -> float:
        """How far the chin lies below the lips."""
        return float(self.to_mm(self.points[CHIN])[1])


def face_frame(points: Floats, width: int, height: int) -> FaceFrame:
    """`points` (468, 3) in the pixels of a picture of `width` x `height` -> the face's frame in it."""
    flat = points[:, :2].astype(np.float32)
    eyes = [flat[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS)]
    px_per_mm = _eye_distance(points) / EYE_DISTANCE_MM
    left, right = flat[UPPER_INNER_LIP[0]], flat[UPPER_INNER_LIP[-1]]
    along = right - left
    eye_line = eyes[1] - eyes[0]
    # A smirk tilts the lips; half of the eye line keeps the jaw dropping along the face.
    axis = along / np.linalg.norm(along) + eye_line / np.linalg.norm(eye_line)
    axis = (axis / np.linalg.norm(axis)).astype(np.float32)
    down = np.array([-axis[1], axis[0]], np.float32)
    middle = (flat[UPPER_INNER_LIP[5]] + flat[LOWER_INNER_LIP[5]]) / 2
    half_left = max(float((middle - left) @ axis), 4.0)
    half_right = max(float((right - middle) @ axis), 4.0)
    depth = points[:, 2].astype(np.float32)
    return FaceFrame(
        width, height, flat, depth, middle.astype(np.float32), axis, down, px_per_mm, half_left, half_right
    )


def _eye_distance(points: Floats) -> float:
    """In pixels, in three dimensions: a turned head does not shrink."""
    eyes = [points[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS)]
    return max(float(np.linalg.norm(eyes[1] - eyes[0])), 8.0)
