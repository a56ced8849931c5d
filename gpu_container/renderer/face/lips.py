"""Decides from the picture whether lips are closed, and how far apart they are: the mesh alone is often 2 mm wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import (
    LEFT_EYE_CORNERS,
    LOWER_INNER_LIP,
    LOWER_OUTER_LIP,
    RIGHT_EYE_CORNERS,
    UPPER_INNER_LIP,
    UPPER_OUTER_LIP,
)
from renderer.pixels import sample
from renderer.types import Floats, Picture, Reals

EYES_MM: Final = 63.0
"""Between the pupils, adult mean: what a millimetre is."""
COLUMNS: Final = np.linspace(-0.55, 0.55, 31)
"""Where lips are looked at, in half mouths: beyond, teeth lie in the dark."""
STEP_MM: Final = 0.2
ROWS_MM: Final = np.arange(-22, 23) * STEP_MM
"""Rows looked at, about the middle of the mesh's lips."""
BEYOND_MM: Final = 0.6
"""How far past the mesh's lips teeth may begin."""
UNSURE_MM: Final = 3.0
"""The mesh sees up to 2.0 between closed lips, 2.8 in grey pictures, and up to 11 in drawings."""
PALE, LIT = 0.62, 0.62
"""A pixel is tooth where it has less than this of the lips' redness, and more than this of their brightness ..."""
TEETH_SHARE: Final = 0.4
"""... and lips stand apart where that is so in this share of the columns: closed ones of 45 portraits gave at most
0.06, teeth one millimetre high at least 0.42."""
DARK: Final = 0.5
DARK_MM: Final = 1.4
"""Lips also stand apart where, in most columns, more than this is below half of their brightness: closed ones, 0."""
LEAST_RED: Final = 0.03
"""A grey picture's lips have no redness to judge by: there the mesh decides."""
RIM_MM: Final = 0.35
"""From the last row of teeth to the lip: the shadow between."""
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class _Place:
    """A mouth's own coordinates: mm along and across it, from `middle` (pixels)."""

    middle: Floats
    right: Floats
    down: Floats
    px_per_mm: float

    def to_mm(self, points: Floats) -> Floats:
        offset = points - self.middle
        return (np.stack([offset @ self.right, offset @ self.down], axis=-1) / self.px_per_mm).astype(np.float32)

    def to_px(self, x: Reals, y: Reals) -> Floats:
        x, y = np.broadcast_arrays(x, y)
        place = x[..., np.newaxis] * self.right + y[..., np.newaxis] * self.down
        return (self.middle + place * self.px_per_mm).astype(np.float32)


def settle_lips(picture: Picture, points: Floats) -> Floats:
    """RGB uint8 (H, W, 3) and landmarks (468, 3) -> the landmarks, the inner lips where the picture shows them.

    Closed lips then have no gap at all. Lips that show teeth have the gap that the teeth fill. Where the picture does
    not tell, the mesh's gap stays as it was.
    """
    place = _place(points)
    upper, lower = (place.to_mm(points[list(lip), :2]) for lip in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    middle, gap = (upper + lower) / 2, np.maximum(lower[:, 1] - upper[:, 1], 0)
    seen = _between(picture, points, place)
    if seen is None:
        return points
    if seen == (0.0, 0.0):
        half = np.zeros(len(gap), np.float32)
    else:
        arch = np.sqrt(np.clip(1 - np.square(np.linspace(-1, 1, len(gap))), 0, 1))
        top, bottom = seen
        half = np.maximum(gap, (bottom - top) * arch) / 2
        middle = middle + np.stack([np.zeros(len(gap)), (top + bottom) / 2 * arch], axis=1)
    settled = points.copy()
    settled[list(UPPER_INNER_LIP), :2] = place.to_px(middle[:, 0], middle[:, 1] - half)
    settled[list(LOWER_INNER_LIP), :2] = place.to_px(middle[:, 0], middle[:, 1] + half)
    return settled


def _place(points: Floats) -> _Place:
    left, right = points[UPPER_INNER_LIP[0], :2], points[UPPER_INNER_LIP[-1], :2]
    along = (right - left) / max(float(np.linalg.norm(right - left)), 1e-6)
    eyes = [points[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS)]
    scale = max(float(np.linalg.norm(eyes[1] - eyes[0])), 8.0) / EYES_MM
    middle = (points[UPPER_INNER_LIP[5], :2] + points[LOWER_INNER_LIP[5], :2]) / 2
    across = np.array([-along[1], along[0]], np.float32)
    return _Place(middle.astype(np.float32), along.astype(np.float32), across, scale)


def _between(picture: Picture, points: Floats, place: _Place) -> tuple[float, float] | None:
    """Where lips begin and end to stand apart, mm about the middle of the mesh's; (0, 0) when closed; None: unknown."""
    inner = [place.to_mm(points[list(lip), :2]) for lip in (UPPER_INNER_LIP, LOWER_INNER_LIP)]
    outer = [place.to_mm(points[list(lip), :2]) for lip in (UPPER_OUTER_LIP, LOWER_OUTER_LIP)]
    xs = COLUMNS * min(-float(inner[0][0, 0]), float(inner[0][-1, 0]))
    (top, bottom), (above, below) = ([np.interp(xs, p[:, 0], p[:, 1]) for p in lips] for lips in (inner, outer))
    # The red of either lip, between its two lines.
    within = np.array([[0.4], [0.55], [0.7]])
    reds = [_seen(picture, place.to_px(xs, o + (i - o) * within)) for o, i in ((above, top), (below, bottom))]
    redness = min(float(np.median(_redness(red))) for red in reds)
    luma = min(float(np.median(red @ LUMA)) for red in reds)
    wide = float((bottom - top).max()) > UNSURE_MM
    if redness < LEAST_RED:
        return None if wide else (0.0, 0.0)
    looked = _seen(picture, place.to_px(xs, (top + bottom) / 2 + ROWS_MM[:, np.newaxis]))
    bright = (looked @ LUMA) / max(luma, 1.0)
    near = np.abs(ROWS_MM)[:, np.newaxis] <= (bottom - top) / 2 + BEYOND_MM
    teeth = (_redness(looked) < PALE * redness) & (bright > LIT) & near
    shown = teeth.any(axis=0)
    if shown.mean() > TEETH_SHARE:
        columns = np.flatnonzero(shown)
        first = ROWS_MM[teeth[:, columns].argmax(axis=0)]
        last = ROWS_MM[len(ROWS_MM) - 1 - teeth[::-1, columns].argmax(axis=0)]
        return float(np.median(first)) - RIM_MM, float(np.median(last)) + RIM_MM
    dark_mm = float(np.median(np.count_nonzero(bright < DARK, axis=0))) * STEP_MM
    if dark_mm > DARK_MM or (wide and shown.mean() > TEETH_SHARE / 2):
        return None
    return 0.0, 0.0


def _seen(picture: Picture, places: Floats) -> Floats:
    return sample(picture, places).astype(np.float32)


def _redness(colour: Reals) -> Reals:
    """How much more red than green, of all light; the darkest pixels have none."""
    return (colour[..., 0] - colour[..., 1]) / (colour.sum(axis=-1) + np.float32(30))
