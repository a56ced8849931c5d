"""What a network that looks at one eye from near by sees: how far it is open, and where in it the iris lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.face.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Mesh
from renderer.face.models import model
from renderer.types import Picture

Reals = NDArray[np.float64]

CROP: Final = 64
WIDTHS: Final = 2.3
"""The crop's side in eye widths, as the network was trained."""

# The network's contour, outer corner first: points 0 to 8 run along the lower lid, 9 to 15 along the upper one.
_LOWER_MIDDLE: Final = (3, 4, 5)
_UPPER_MIDDLE: Final = (11, 12, 13)


@dataclass(frozen=True)
class Eye:
    """`open`: height between the lids over the eye's width; `iris` (2,): the iris's middle from the eye's middle,
    along and across the line between its corners (right and down in the picture), in eye widths."""

    open: float
    iris: tuple[float, float]


def see_eyes(picture: Picture, mesh: Mesh) -> tuple[Eye, Eye]:
    """RGB uint8 (H, W, 3) and the mesh on it -> the eyes on its left and right."""
    left = _see(picture, *(mesh.points[i, :2].astype(np.float64) for i in LEFT_EYE_CORNERS), mirrored=False)
    right = _see(picture, *(mesh.points[i, :2].astype(np.float64) for i in RIGHT_EYE_CORNERS[::-1]), mirrored=True)
    return left, right


def _see(picture: Picture, outer: Reals, inner: Reals, mirrored: bool) -> Eye:
    # The network knows left eyes only; the right one is shown to it mirrored: outer corner on the crop's left.
    along = (inner - outer) * (WIDTHS / CROP)
    down = np.array([-along[1], along[0]]) * (-1 if mirrored else 1)
    turn = np.stack([along, down], axis=1)
    shift = (outer + inner) / 2 - turn @ np.array([CROP / 2, CROP / 2])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    place = np.concatenate([turn, shift[:, np.newaxis]], axis=1)
    crop = cv2.warpAffine(picture, place, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    outputs = model("iris_landmark")(crop.astype(np.float32) / 255.0)
    contour, iris = (outputs[index].reshape(-1, 3)[:, :2].astype(np.float64) for index in (0, 1))
    width = CROP / WIDTHS
    height = contour[list(_LOWER_MIDDLE), 1].mean() - contour[list(_UPPER_MIDDLE), 1].mean()
    sideways = (float(iris[0, 0]) - CROP / 2) / width * (-1 if mirrored else 1)
    return Eye(float(height) / width, (sideways, (float(iris[0, 1]) - CROP / 2) / width))
