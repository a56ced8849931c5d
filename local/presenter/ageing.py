"""What years leave in a face: folds beside nose and mouth, lines on the brow and beside the eyes, a softer jaw."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter.geometry import Floats, Frame, paired, spline, twice

FOLDS: Final = (
    (((0.275, 0.60), (0.355, 0.69), (0.430, 0.80), (0.485, 0.93)), (0.008, 0.024, 0.022, 0.006), 0.010, 0.040),
    (((0.275, 0.60), (0.355, 0.69), (0.430, 0.80), (0.500, 0.96)), (0.03, 0.09, 0.09, 0.03), 0.035, 0.050),
    (((0.425, 1.05), (0.450, 1.14), (0.455, 1.24)), (0.004, 0.016, 0.004), 0.010, 0.030),
    (((0.29, 0.12), (0.38, 0.185), (0.50, 0.215), (0.62, 0.20)), (0.004, 0.014, 0.014, 0.003), 0.008, 0.026),
    (((0.055, -0.38), (0.070, -0.28), (0.066, -0.20)), (0.003, 0.016, 0.003), 0.009, 0.016),
)
"""Right half: a line, its widths, its softness and its depth at age 1, all in face units."""
CROW_FEET: Final = (
    ((0.80, -0.045), (0.87, -0.085), (0.95, -0.150)),
    ((0.81, 0.015), (0.89, 0.020), (0.97, 0.005)),
    ((0.79, 0.065), (0.86, 0.110), (0.92, 0.175)),
)
BROW_LINES: Final = (
    ((0.0, -0.625), (0.22, -0.640), (0.45, -0.665), (0.62, -0.640)),
    ((0.0, -0.775), (0.25, -0.795), (0.50, -0.805), (0.66, -0.770)),
    ((0.0, -0.915), (0.22, -0.935), (0.46, -0.930)),
)


def lines(frame: Frame, age: float) -> Floats:
    """Relief that `age` 0..1 adds to a young face, face units."""
    total = np.zeros((frame.height, frame.width), np.float32)
    if age <= 0:
        return total
    for curve, widths, soft, depth in FOLDS:
        total -= depth * age * paired(frame, spline(curve), list(widths), soft)
    for curve in CROW_FEET:
        total -= 0.018 * age**1.5 * paired(frame, spline(curve), [0.002, 0.010, 0.002], 0.006)
    for curve in BROW_LINES:
        total -= 0.015 * age**1.3 * paired(frame, spline(curve), [0.016, 0.015, 0.012, 0.002], 0.010)
    jowl = twice(frame, 0.60, 1.36, 0.13, 0.11) + 0.8 * twice(frame, 0.44, 0.62, 0.10, 0.10)
    hollow = twice(frame, 0.74, 0.74, 0.12, 0.16) + 0.7 * twice(frame, 0.99, -0.45, 0.10, 0.22)
    return (total + age * (0.022 * jowl - 0.030 * hollow)).astype(np.float32)
