"""Lays MediaPipe's 468-point mesh on a face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.detect import Face
from renderer.face.models import model
from renderer.types import Floats, Picture

CROP: Final = 192
MARGIN: Final = 1.5
"""The crop is the box grown by this: what the network was trained on."""

# Indices into the mesh (canonical face model). Left and right are the picture's.
LEFT_EYE_CORNERS: Final = (33, 133)
RIGHT_EYE_CORNERS: Final = (362, 263)
UPPER_INNER_LIP: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
UPPER_OUTER_LIP: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER_LIP: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LEFT_UPPER_LID: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_LOWER_LID: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_UPPER_LID: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_LOWER_LID: Final = (362, 382, 381, 380, 374, 373, 390, 249, 263)
FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
CHIN: Final = 152
NOSE_TIP: Final = 1
NOSE_BRIDGE: Final = 168


@dataclass(frozen=True)
class Mesh:
    """`points` float32 (468, 3) in picture pixels, z in the same unit (smaller is nearer); `presence` 0..1."""

    points: Floats
    presence: float


def fit_mesh(picture: Picture, face: Face) -> Mesh:
    """RGB uint8 (H, W, 3) and a detected face -> its mesh. Fitted twice: the second crop is centred by the first."""
    left, right = face.points[1], face.points[0]
    if left[0] > right[0]:
        left, right = right, left
    centre = np.array([(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2], np.float32)
    first = _fit(picture, centre, face.size * MARGIN, _angle(left, right))
    return refit(picture, first)


def refit(picture: Picture, mesh: Mesh) -> Mesh:
    """The mesh fitted anew in the crop that an earlier mesh of the same (or the previous) picture gives."""
    flat = mesh.points[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    eyes = [flat[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS)]
    return _fit(picture, (low + high) / 2, float((high - low).max()) * MARGIN, _angle(eyes[0], eyes[1]))


def _angle(left: Floats, right: Floats) -> float:
    return float(np.arctan2(right[1] - left[1], right[0] - left[0]))


def _fit(picture: Picture, centre: Floats, side: float, angle: float) -> Mesh:
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    scale = side / CROP
    # Crop pixel -> picture pixel: rotate by the eye line, scale, move to the centre.
    turn = np.array([[cos, -sin], [sin, cos]], np.float32) * scale
    shift = centre - turn @ np.array([CROP / 2, CROP / 2], np.float32)
    source = picture
    to_picture = np.concatenate([turn, shift[:, np.newaxis]], axis=1)
    if scale > 2:
        shrink = 2 / scale
        source = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA).astype(np.uint8)
        to_picture = to_picture * shrink
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(source, to_picture, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    outputs = model("face_landmark")(crop.astype(np.float32) / 255.0)
    raw = outputs[0].reshape(468, 3)
    points = np.empty((468, 3), np.float32)
    points[:, :2] = raw[:, :2] @ turn.T + shift
    points[:, 2] = raw[:, 2] * scale
    presence = float(1 / (1 + np.exp(-np.clip(outputs[1].reshape(()), -50, 50))))
    return Mesh(points, presence)
