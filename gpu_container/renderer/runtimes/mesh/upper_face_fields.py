"""How brows and the skin about the eyes move: fields for raised, knit and sorrowful brows, for narrow and wide eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import FACE_OVAL, LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.spline import smoothstep
from renderer.types import HEAD_AXES, Floats, Reals

FIELDS: Final = ("raise", "knit", "sorrow", "narrow", "widen")
"""One field each. `sorrow` lifts the inner ends of the brows alone; `narrow` lifts lower lids and cheeks, `widen` the
upper lids, or lowers them."""

# Amplitudes in millimetres at weight 1. Frontalis lifts a brow by up to 10 mm, in talk by 3 to 5.
RAISE_MM: Final = 4.6
LOWER_SHARE: Final = 0.55
"""A brow goes down less far than up."""
KNIT_MM: Final = (2.8, 2.2)
"""Inner ends together, and down."""
SORROW_MM: Final = 3.4
NARROW_MM: Final = 1.7
WIDEN_MM: Final = 1.1
LID_FOLLOWS: Final = 5.5
"""Per radian that the eye turns up: half of the way that the iris goes."""
BEHIND_GLASSES: Final = 0.45
RIM_BELOW_MM: Final = 4.5
"""Glasses: over so much skin, to either side of the brow's middle, its move dies away. A rim may touch the brow."""

_BROWS: Final = (
    (70, 46), (63, 53), (105, 52), (66, 65), (107, 55), (336, 285), (296, 295), (334, 282), (293, 283), (300, 276),
)  # fmt: skip
"""Upper and lower edge of both brows, from the picture's left to its right."""
_BROW, _FROWN, _SQUINT, _GAZE_Y = (HEAD_AXES.index(name) for name in ("brow", "frown", "squint", "gaze_y"))


@dataclass(frozen=True)
class _Lines:
    """Heights along the face, mm, at `x` (h, w): brows, lids, the hairline; `inner`, `outer`: x of the brows' ends."""

    brow: Reals
    upper: Reals
    lower: Reals
    top: float
    inner: float
    outer: float
    eyes: Reals


def upper_face_weights(head: Reals) -> list[float]:
    """A pose (12,) HEAD_AXES -> one weight per field of FIELDS."""
    brow, frown, squint = (float(head[index]) for index in (_BROW, _FROWN, _SQUINT))
    # Knit and raised at once is sorrow: the inner ends rise.
    sorrow = frown * max(brow, 0.0)
    # The upper lid goes with the eye, up and down.
    widen = -squint - LID_FOLLOWS * float(head[_GAZE_Y])
    return [brow if brow > 0 else brow * LOWER_SHARE, frown, sorrow, max(squint, 0.0), widen]


def upper_face_fields(frame: FaceFrame, nodes: Reals) -> Floats:
    """`nodes` (h, w, 2) pixels -> (5, h, w, 2) pixels: where the skin goes, per unit of weight."""
    mm = frame.to_mm(nodes)
    x, y = mm[..., 0], mm[..., 1]
    lines = _lines(frame, x)
    moves = np.zeros((len(FIELDS), *x.shape, 2), np.float32)
    over = _over_brow(lines, y, frame.glasses)
    beside = 1 - smoothstep(lines.outer - 2, lines.outer + 16, np.abs(x))
    moves[0, ..., 1] = -RAISE_MM * over * beside * (0.86 + 0.14 * smoothstep(4, 20, np.abs(x)))
    near = np.exp(-np.square((np.abs(x) - lines.inner) / 13.0)) * _near_brow(lines, y, frame.glasses)
    together, down = KNIT_MM
    moves[1, ..., 0] = -together * np.tanh(x / 5.0) * near
    moves[1, ..., 1] = down * near
    moves[2, ..., 1] = -SORROW_MM * np.exp(-np.square((np.abs(x) - lines.inner) / 12.0)) * over
    moves[3, ..., 1] = -NARROW_MM * _under_eye(lines, y) * lines.eyes
    moves[4, ..., 1] = -WIDEN_MM * _above_eye(lines, y) * lines.eyes
    if frame.glasses:
        moves[:3] *= BEHIND_GLASSES
    return np.stack([frame.to_px(move) for move in moves])


def _lines(frame: FaceFrame, x: Reals) -> _Lines:
    pairs = frame.to_mm(frame.points[[index for pair in _BROWS for index in pair]]).reshape(len(_BROWS), 2, 2)
    brow = pairs.mean(axis=1)
    order = np.argsort(brow[:, 0])
    upper, lower, eyes = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for above, below, side in (
        (LEFT_UPPER_LID, LEFT_LOWER_LID, x < 0), (RIGHT_UPPER_LID, RIGHT_LOWER_LID, x >= 0),
    ):  # fmt: skip
        lids = [frame.to_mm(frame.points[list(lid)]) for lid in (above, below)]
        lids = [lid[np.argsort(lid[:, 0])] for lid in lids]
        upper = np.where(side, np.interp(x, lids[0][:, 0], lids[0][:, 1]), upper)
        lower = np.where(side, np.interp(x, lids[1][:, 0], lids[1][:, 1]), lower)
        left, right = float(lids[0][0, 0]), float(lids[0][-1, 0])
        across = smoothstep(left - 4, left + 7, x) * (1 - smoothstep(right - 7, right + 4, x))
        eyes = np.where(side, across, eyes)
    top = float(frame.to_mm(frame.points[list(FACE_OVAL)])[:, 1].min())
    inner = float(np.abs(brow[[4, 5], 0]).mean())
    outer = float(np.abs(brow[[0, 9], 0]).mean())
    xs: Floats = brow[order, 0]
    ys: Floats = brow[order, 1]
    return _Lines(np.interp(x, xs, ys), upper, lower, top, inner, outer, eyes)


def _below_brow(lines: _Lines, y: Reals, glasses: bool) -> Reals:
    """0 on the brow, 1 at the lid's edge below it; or where a rim begins, which stays where it is."""
    if glasses:
        return np.clip((y - lines.brow) / RIM_BELOW_MM + 1.0, 0, 1)
    return np.clip((y - lines.brow) / np.maximum(lines.upper - lines.brow, 4.0), 0, 1)


def _over_brow(lines: _Lines, y: Reals, glasses: bool) -> Reals:
    """1 on the brow, falling to 0 at the lid's edge below it and about the hairline above it."""
    below = _below_brow(lines, y, glasses)
    above = np.clip((lines.brow - y) / np.maximum(1.1 * (lines.brow - lines.top), 24.0), 0, 1)
    return (1 - _soft(below)) * (1 - _soft(above))


def _near_brow(lines: _Lines, y: Reals, glasses: bool) -> Reals:
    """1 on the brow, falling to 0 at the lid's edge and 20 mm above."""
    below = _below_brow(lines, y, glasses)
    return (1 - _soft(below)) * (1 - _soft(np.clip((lines.brow - y) / 20.0, 0, 1)))


def _under_eye(lines: _Lines, y: Reals) -> Reals:
    """0 at the upper lid, 1 from the lower lid's edge to the cheek, 0 below the cheekbone."""
    inside = np.clip((y - lines.upper) / np.maximum(lines.lower - lines.upper, 4.0), 0, 1)
    return _soft(inside) * (1 - smoothstep(9, 28, y - lines.lower))


def _above_eye(lines: _Lines, y: Reals) -> Reals:
    """0 at the lower lid, 1 at the upper lid's edge, 0 at the brow."""
    inside = np.clip((lines.lower - y) / np.maximum(lines.lower - lines.upper, 4.0), 0, 1)
    above = np.clip((lines.upper - y) / np.maximum(0.8 * (lines.upper - lines.brow), 4.0), 0, 1)
    return _soft(inside) * (1 - _soft(above))


def _soft(t: Reals) -> Reals:
    return t * t * (3 - 2 * t)
