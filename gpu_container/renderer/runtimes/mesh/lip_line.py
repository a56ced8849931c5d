"""Where the lips end: closed ones meet in the dark valley that the picture shows near the mesh's own line."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import LOWER_INNER_LIP, UPPER_INNER_LIP
from renderer.pixels import sample
from renderer.runtimes.mesh.cheapest_path import cheapest_path
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.mouth_fields import INSET_MM, parted_mm
from renderer.types import Floats, Picture, Reals

COLUMNS: Final = 61
SEARCH_MM: Final = np.arange(-1.8, 1.81, 0.15)
"""Where the valley is looked for, across the mesh's line: lip landmarks of a closed mouth lie up to 1.5 mm off."""
TRUST_MM: Final = 3.0
"""A row this far from the mesh's line must be darker by the whole of the lips' contrast to be taken for the valley."""
BEND: Final = 0.02
"""What a step of one row from column to column costs, squared, in shares of the contrast: lips bend and do not jump."""


def lip_edges(frame: FaceFrame, picture: Picture) -> tuple[Floats, Floats]:
    """Where the upper lip ends and where the lower begins: mm, float32 (COLUMNS, 2) each; closed lips have one line.

    `picture` RGB uint8 (side, side, 3).
    """
    upper = frame.to_mm(frame.points[list(UPPER_INNER_LIP)])
    lower = frame.to_mm(frame.points[list(LOWER_INNER_LIP)])
    if parted_mm(frame):
        inset = INSET_MM * np.sqrt(np.clip(1 - np.square(np.linspace(-1, 1, COLUMNS)), 0, 1))
        shift = np.stack([np.zeros(COLUMNS), inset], axis=1).astype(np.float32)
        return _smooth(upper) - shift, _smooth(lower) + shift
    closed = _valley(frame, picture, _smooth((upper + lower) / 2))
    return closed, closed


def _smooth(points: Reals) -> Floats:
    """A quintic through a lip's points is smoother than the points themselves."""
    xs: Reals = np.linspace(float(points[0, 0]), float(points[-1, 0]), COLUMNS)
    ys: Reals = np.polynomial.Polynomial.fit(points[:, 0], points[:, 1], 5)(xs)
    return np.stack([xs, ys], axis=1).astype(np.float32)


def _valley(frame: FaceFrame, picture: Picture, line: Floats) -> Floats:
    """`line` (COLUMNS, 2) moved into the dark valley beside it."""
    xs, ys = line[:, 0], line[:, 1]
    rows = ys + SEARCH_MM[:, np.newaxis]
    places = frame.origin + frame.to_px(np.stack(np.broadcast_arrays(xs, rows), axis=-1))
    luma = cv2.cvtColor(sample(picture, places), cv2.COLOR_RGB2GRAY).astype(np.float32)
    contrast = max(float(np.ptp(luma)), 8.0)
    path = cheapest_path(luma / contrast + np.square(SEARCH_MM / TRUST_MM)[:, np.newaxis], BEND)
    offset = cv2.GaussianBlur(SEARCH_MM[path].astype(np.float32)[np.newaxis], (0, 0), 1.5)[0]
    return np.stack([xs, ys + offset], axis=1).astype(np.float32)
