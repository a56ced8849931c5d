"""Finds straight steps of light in a drawn picture that its source has nowhere near: the edge of a box or a layer."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.face.mesh import (
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    LOWER_OUTER_LIP,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    UPPER_OUTER_LIP,
    Mesh,
)
from renderer.types import Floats, Picture

LINE_PX: Final = 25
"""Upright and level gradients are averaged along this: grain averages out, a straight edge does not."""
TURNED_PX: Final = 9
"""An edge of the source may turn as it moves: any edge this smooth accounts for a straight one near by."""
STRONG: Final = 6.0
"""Luma levels per pixel: an outline steeper than grain may come to lie straight wherever it is moved to."""
SQUEEZED: Final = 1.1
"""And may be squeezed, which makes it steeper."""
NEAR_PX: Final = 3

# What is drawn anew, not moved: lips and what shows between them, lids and lashes; each with room around, in its size.
_REDRAWN: Final = (
    (UPPER_OUTER_LIP + LOWER_OUTER_LIP, 1.35, 1.35),
    (LEFT_UPPER_LID + LEFT_LOWER_LID, 2.0, 3.5),
    (RIGHT_UPPER_LID + RIGHT_LOWER_LID, 2.0, 3.5),
)


def foreign_step(source: Picture, source_mesh: Mesh, luma: Picture, mesh: Mesh) -> float:
    """Luma levels by which the worst straight step in `luma` (H, W) is higher than all edges near it in `source`."""
    moved = float(np.linalg.norm(mesh.points[:, :2] - source_mesh.points[:, :2], axis=1).max())
    reach = 2 * (int(np.ceil(moved)) + NEAR_PX) + 1
    window = np.ones((reach, reach), np.uint8)
    across, down = _gradients(source)
    smooth = np.hypot(*(cv2.blur(each, (TURNED_PX, TURNED_PX)) for each in (across, down)))
    outlines = np.maximum(smooth, np.hypot(across, down) - STRONG)
    worst = np.full(luma.shape, -np.inf)
    for mine, theirs in zip(_along_lines(*_gradients(luma)), _along_lines(across, down), strict=True):
        known = np.asarray(cv2.dilate(np.maximum(outlines, theirs), window))
        worst = np.maximum(worst, mine - SQUEEZED * known)
    worst[_redrawn(mesh, luma.shape) | _redrawn(source_mesh, luma.shape)] = 0.0
    # The gradient of a step is half of it on either side.
    return max(0.0, 2 * float(worst.max()))


def _gradients(luma: Picture) -> tuple[Floats, Floats]:
    """Luma levels per pixel, to the right and down."""
    across, down = (cv2.Sobel(luma, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _along_lines(across: Floats, down: Floats) -> tuple[Floats, Floats]:
    upright, level = cv2.blur(across, (1, LINE_PX)), cv2.blur(down, (LINE_PX, 1))
    return np.abs(np.asarray(upright, np.float32)), np.abs(np.asarray(level, np.float32))


def _redrawn(mesh: Mesh, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.uint8)
    for indices, wider, higher in _REDRAWN:
        points = mesh.points[list(indices), :2]
        middle = points.mean(axis=0)
        grown = middle + (points - middle) * np.array([wider, higher], np.float32)
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(grown).astype(np.int32)), (1,))
    return mask > 0
