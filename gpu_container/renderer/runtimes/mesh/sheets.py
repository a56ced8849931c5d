"""Where one sheet of skin ends and the next begins: soft masks along the lip line and the lid line."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.face.mesh import LOWER_INNER_LIP, UPPER_INNER_LIP
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.types import Floats, Reals

EDGE_PX: Final = 1.3
"""Width of the soft edge between the lips at the output's size: one pixel of antialiasing, and a little."""


def lip_masks(frame: FaceFrame, pixels: Reals, parted: bool) -> tuple[Floats, Floats]:
    """`pixels` (h, w, 2) -> two float32 (h, w) masks in the portrait: the sheet above the lips and the one below.

    With closed lips they sum to 1 everywhere: drawn unmoved, they give the portrait back. With parted lips what lies
    between (teeth, darkness) belongs to neither. Beyond the corners the change widens, so that no seam can show.
    """
    mm = frame.to_mm(pixels)
    upper = frame.to_mm(frame.points[list(UPPER_INNER_LIP)])
    lower = frame.to_mm(frame.points[list(LOWER_INNER_LIP)])
    if not parted:
        upper = lower = (upper + lower) / 2
    t = np.abs(frame.along_mouth(mm))
    soft = EDGE_PX / frame.px_per_mm + 7.0 * np.clip(t - 0.96, 0, 1.5)
    above = 0.5 - (mm[..., 1] - _line(upper, mm[..., 0])) / soft
    below = 0.5 + (mm[..., 1] - _line(lower, mm[..., 0])) / soft
    return np.clip(above, 0, 1).astype(np.float32), np.clip(below, 0, 1).astype(np.float32)


def mouth_window(frame: FaceFrame, pixels: Reals) -> Floats:
    """Where the mouth can open: 1 between the corners, 0 beyond. In the portrait's own pixels, float32 (h, w)."""
    t = np.abs(frame.along_mouth(frame.to_mm(pixels)))
    return np.clip((1.0 - t) / 0.06, 0, 1).astype(np.float32)


def _line(curve: Reals, x: Reals) -> Floats:
    """y of a lip line at each x, mm: a quintic through its points is smoother than the points themselves."""
    fit = np.polynomial.Polynomial.fit(curve[:, 0], curve[:, 1], 5)
    inside = np.clip(x, curve[0, 0], curve[-1, 0])
    return np.asarray(fit(inside), np.float32)
