"""The thin frame that scans and screenshots leave round a picture: found, so that it can be left out."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.types import Picture

_WIDEST: Final = 0.015
"""Of the picture's side: a wider one is part of the picture."""
_STEP: Final = 24.0
"""Levels by which the last line of a frame differs from the picture's first, on average along it."""
_WITHIN: Final = 0.3
"""Of that step, at most, the picture's own first lines differ from each other."""


def without_frame(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what lies inside a frame, of RGB uint8 (H, W, 3); the whole if none is there."""
    height, width = picture.shape[:2]
    left, right = _frame(picture.swapaxes(0, 1)), _frame(picture[:, ::-1].swapaxes(0, 1))
    return left, _frame(picture), width - right, height - _frame(picture[::-1])


def _frame(lines: Picture) -> int:
    """How many of the first lines (n, m, 3) are frame."""
    most = max(3, round(_WIDEST * len(lines)))
    if len(lines) < 3 * most:
        return 0
    steps = np.abs(np.diff(lines[: most + 2].astype(np.float32), axis=0)).mean(axis=(1, 2))
    ends = np.flatnonzero((steps[:-1] > _STEP) & (steps[1:] < _WITHIN * steps[:-1]))
    return int(ends[-1]) + 1 if len(ends) else 0
