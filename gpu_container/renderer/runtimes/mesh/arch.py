"""Where a point of the picture lies on the arch of the teeth: turned, tilted and curved as the portrait's lips are."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.face.mesh import LOWER_INNER_LIP, UPPER_INNER_LIP
from renderer.runtimes.mesh.frame import HALF_MOUTH_MM, FaceFrame
from renderer.types import Floats, Reals

NARROWEST_MM: Final = 20.0
WIDEST_MM: Final = 28.0
"""Half a mouth's width between which the teeth scale with it; a grin is wide without having wider teeth."""
BEHIND_MM: Final = 5.0
"""By how much the teeth's middle moves towards the longer half of a turned mouth, for a whole mouth of difference
between the halves: teeth lie behind the lips, but their arch curves away with the lips' own."""
CURVE_SHARE: Final = 0.5
"""How much of the closed lips' own curve the edge of the teeth follows."""


def arch_place(frame: FaceFrame, pixels: Reals) -> tuple[Floats, Floats]:
    """`pixels` (h, w, 2) -> x along the arch from the midline and y towards the chin from the lips' line, both mm of a
    mean mouth (half width HALF_MOUTH_MM), each (h, w)."""
    mm = frame.to_mm(pixels)
    left, right = frame.half_left_px / frame.px_per_mm, frame.half_right_px / frame.px_per_mm
    fit = np.clip((left + right) / 2, NARROWEST_MM, WIDEST_MM) / ((left + right) / 2)
    left, right = left * fit, right * fit
    x = mm[..., 0] - BEHIND_MM * (right - left) / (right + left)
    # A smooth scale that maps both corners to their places: far teeth are narrower, with no kink at the midline.
    bend = HALF_MOUTH_MM * (1 / right - 1 / left) / (right + left)
    slope = HALF_MOUTH_MM / right - bend * right
    tilt, curve = _lip_line(frame)
    reach = np.clip(mm[..., 0], -left, right)
    y = mm[..., 1] - tilt * reach - CURVE_SHARE * curve * np.square(reach)
    return (slope * x + bend * x * x).astype(np.float32), y.astype(np.float32)


def _lip_line(frame: FaceFrame) -> tuple[float, float]:
    """Slope and curvature (per mm) of the line in which the lips meet."""
    upper = frame.to_mm(frame.points[list(UPPER_INNER_LIP)])
    lower = frame.to_mm(frame.points[list(LOWER_INNER_LIP)])
    middle = (upper + lower) / 2
    _, tilt, curve = np.polynomial.polynomial.polyfit(middle[:, 0], middle[:, 1], 2)
    return float(np.clip(tilt, -0.3, 0.3)), float(np.clip(curve, -0.02, 0.02))
