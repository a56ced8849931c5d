"""Reads the portrait's own light, so that what is drawn into the mouth is lit like the face around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.types import Floats, Picture, Reals

CHEEKS: Final = ((50, 101, 118, 117, 123), (280, 330, 347, 346, 352))
LOWER_LIP_RED: Final = (181, 84, 17, 314, 405, 403, 316, 15, 86, 179)
ENAMEL: Final = np.array([1.0, 0.945, 0.845], np.float32)
"""Enamel's tint, about shade A2 of a dentist's guide: never white."""


@dataclass(frozen=True)
class Light:
    """RGB float32 (3,), 0..255: `teeth`, `flesh` (tongue, gums), `cavity` (the dark at the back)."""

    teeth: Floats
    flesh: Floats
    cavity: Floats


def read_light(picture: Picture, frame: FaceFrame) -> Light:
    """RGB uint8 (side, side, 3) and where the face is -> the colours inside its mouth."""
    skin = np.median(np.concatenate([_inside(picture, frame, ring) for ring in CHEEKS]), axis=0)
    lip = np.median(_inside(picture, frame, LOWER_LIP_RED), axis=0)
    sclera = _sclera(picture, frame)
    skin_luma = float(skin @ np.array([0.299, 0.587, 0.114]))
    # Teeth sit behind the lips, in half shadow: darker than the white of the eye, a little above mid-tone skin.
    luma = float(np.clip(0.92 * max(sclera, 0.9 * skin_luma), 40, 200))
    tint = skin / max(float(skin.max()), 1.0)
    enamel = ENAMEL * (0.72 + 0.28 * tint / max(float(tint.max()), 1e-3))
    teeth = enamel * (luma / float(enamel @ np.array([0.299, 0.587, 0.114])))
    flesh = 0.55 * lip + 0.45 * np.array([0.86, 0.42, 0.40]) * skin_luma
    cavity = np.array([0.23, 0.078, 0.068]) * max(skin_luma, 40)
    return Light(_f32(np.clip(teeth, 0, 215)), _f32(flesh * 0.82), _f32(cavity))


def _f32(values: Reals) -> Floats:
    return np.asarray(values, np.float32)


def _inside(picture: Picture, frame: FaceFrame, ring: tuple[int, ...]) -> Picture:
    """The pixels (N, 3) inside the convex hull of some landmarks; at least one."""
    hull = cv2.convexHull(np.rint(frame.points[list(ring)]).astype(np.int32))
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, hull, (255,))
    found = picture[mask > 0]
    if len(found):
        return found
    x, y = np.clip(np.rint(frame.points[ring[0]]).astype(int), 0, frame.side - 1)
    return picture[y, x][np.newaxis]


def _sclera(picture: Picture, frame: FaceFrame) -> float:
    """85th percentile of luma inside the eyes: their white, without its highlights."""
    rings = (LEFT_UPPER_LID + LEFT_LOWER_LID, RIGHT_UPPER_LID + RIGHT_LOWER_LID)
    eyes = np.concatenate([_inside(picture, frame, ring) for ring in rings]).astype(np.float32)
    return float(np.percentile(eyes @ np.array([0.299, 0.587, 0.114], np.float32), 85))
