"""How each mouth axis moves the skin: displacement fields for the sheet above the lip line and the one below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.face.mesh import LOWER_INNER_LIP, LOWER_OUTER_LIP, UPPER_INNER_LIP, UPPER_OUTER_LIP
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.spline import smoothstep, spread
from renderer.types import Floats, Reals

FIELDS: Final = ("jaw", "close", "wide", "round", "upper", "lower", "press", "part", "corner", "purse")
"""One field each. `close` brings the lower lip back up while the jaw stays down; `part` closes lips that the portrait
holds apart; `purse` keeps the ends of rounded lips together while the jaw drops, which leaves a round hole. The others
are the mouth axes of renderer.types."""

# Amplitudes in millimetres at axis value 1.
JAW_MM: Final = 21.0  # widest opening of speech: about 0.42 of the mouth's width
CORNER_SHARE: Final = 0.26  # of the jaw's drop that the corners follow
JAW_RAISE_MM: Final = 2.0  # the upper lip draws up as the jaw drops: the teeth of an open vowel show
WIDE_MM: Final = 4.5
ROUND_SHARE: Final = 0.26  # of the distance from the middle, towards it
ROUND_SWELL_MM: Final = 1.6
ROUND_INWARD_MM: Final = 1.1  # pursed lips turn outwards: their red grows both ways and covers the teeth
PURSED_SHARE: Final = 0.82  # of the mouth's width that still opens between fully rounded lips
UPPER_MM: Final = 4.0
LOWER_MM: Final = 4.5
TUCK_SHARE: Final = 0.36
"""Of LOWER_MM that the lower lip rises for f and v: the raised upper lip then shows the teeth it meets."""
PRESS_MM: Final = 1.1
CORNER_MM: Final = (3.6, -4.8)
"""How far a full smile takes a corner: outwards and up, 6 mm together, as zygomaticus major pulls."""
CORNER_THIN_MM: Final = 0.35  # by which each lip is drawn thinner
CHEEK_SHARE: Final = 0.55
"""Of the corner's move that the cheek above it makes: it rises, and the fold between the two deepens."""
CLOSED_MM: Final = 0.8  # face.lips has set the gap of closed lips to 0
INSET_MM: Final = 0.6
"""How far inside the landmarks a lip that stands apart is taken to end: shadow and the last of the teeth lie there."""
OVERLAP_MM: Final = 0.8
"""How far past each other such lips close, each: the upper one covers the lower, nothing shows between."""

_UPPER_LIP: Final = UPPER_INNER_LIP + UPPER_OUTER_LIP
_LOWER_LIP: Final = LOWER_INNER_LIP + LOWER_OUTER_LIP
# The lips' red, between the inner and the outer line, one ring each (canonical face model).
_UPPER_RED: Final = (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292)
_LOWER_RED: Final = (96, 89, 179, 86, 15, 316, 403, 319, 325)


def mouth_weights(mouth: Floats, parted: float) -> Floats:
    """`mouth` (8,) MOUTH_AXES -> one weight per field of FIELDS, float32. `parted`: 1 when the portrait's lips stand
    apart, else 0."""
    jaw, wide, rounding, upper, lower, press, _, corner = (float(value) for value in mouth)
    free = 1.0 - press
    lower = lower if lower > 0 else lower * TUCK_SHARE
    pursed = jaw * rounding * free
    return np.array(
        [jaw, jaw * press, wide, rounding, upper * free, lower * free, press, parted, corner, pursed], np.float32
    )


def mouth_fields(frame: FaceFrame, grid: Reals) -> tuple[Floats, Floats]:
    """`grid` (h, w, 2) picture pixels -> two (10, h, w, 2) stacks of pixel displacements: above and below the lip line.

    Displacements are forward: the point at rest at p is drawn at p + field(p). Both are zero at the grid's border.
    """
    grid_mm = frame.to_mm(grid)
    window = _window(frame, grid_mm)
    sheets: list[Floats] = []
    for above in (True, False):
        points, values = _known(frame, above)
        surface = spread(points / 30.0, values.reshape(len(points), -1), grid_mm / 30.0)
        moved = frame.to_px(surface.reshape(*grid.shape[:2], len(FIELDS), 2))
        sheets.append(np.ascontiguousarray((moved * window[..., np.newaxis, np.newaxis]).transpose(2, 0, 1, 3)))
    return sheets[0], sheets[1]


def _window(frame: FaceFrame, grid_mm: Reals) -> Floats:
    """1 on the lower face, falling to 0 before the grid's border, so that nothing beyond ever moves."""
    half = frame.half_width_mm
    x, y = np.abs(grid_mm[..., 0]), grid_mm[..., 1]
    sides = 1 - smoothstep(half * 0.95, half * 1.2, x)
    top = smoothstep(-52, -34, y)
    bottom = 1 - smoothstep(frame.chin_mm + 30, frame.chin_mm + 52, y)
    return sides * top * bottom * _border(grid_mm.shape[:2])


def _border(shape: tuple[int, ...]) -> Floats:
    """0 on the outermost nodes, 1 from the third on: the grid may end at the picture's own edge."""
    rows = np.minimum(np.arange(shape[0]), np.arange(shape[0])[::-1])
    columns = np.minimum(np.arange(shape[1]), np.arange(shape[1])[::-1])
    return smoothstep(0, 3, rows.astype(np.float32))[:, np.newaxis] * smoothstep(0, 3, columns.astype(np.float32))


def _known(frame: FaceFrame, above: bool) -> tuple[Floats, Floats]:
    """Points (P, 2) in mm and what each field does to them (P, 10, 2) in mm, for one sheet."""
    everything = frame.to_mm(frame.points)
    ours = set(_UPPER_LIP + _UPPER_RED if above else _LOWER_LIP + _LOWER_RED)
    theirs = set(_LOWER_LIP + _LOWER_RED if above else _UPPER_LIP + _UPPER_RED) - ours
    # Below the lips the sheet must go on rigidly across the mouth: were it held by nose and upper lip, it would fold.
    across = np.abs(frame.along_mouth(everything)) < 1.2
    held = np.ones(len(everything), bool) if above else ~(across & (everything[:, 1] < 2))
    skin = [i for i in range(len(everything)) if held[i] and i not in ours and i not in theirs]
    lip = sorted(ours)
    anchors = _anchors(frame)
    points = np.concatenate([everything[skin], everything[lip], anchors])
    values = np.zeros((len(points), len(FIELDS), 2), np.float32)
    values[: len(skin)] = _skin_moves(frame, everything[skin])
    values[len(skin) : len(skin) + len(lip)] = _lip_moves(frame, everything[lip], lip, above)
    values[len(skin) + len(lip) :] = _skin_moves(frame, anchors)
    return points, values


def _anchors(frame: FaceFrame) -> Floats:
    """Points beside and below the face, where the sheet must come to rest: neck, collar, background."""
    half, chin = frame.half_width_mm, frame.chin_mm
    xs = np.linspace(-1.3, 1.3, 9) * half
    rows = [np.stack([xs, np.full(9, chin + drop)], axis=1) for drop in (14.0, 30.0, 48.0)]
    ys = np.linspace(-50, chin, 5)
    sides = [np.stack([np.full(5, side * half * 1.15), ys], axis=1) for side in (-1, 1)]
    return np.concatenate(rows + sides).astype(np.float32)


def _skin_moves(frame: FaceFrame, points: Floats) -> Floats:
    """Skin off the lips (P, 2) mm -> (P, 10, 2) mm."""
    x, y = points[:, 0], points[:, 1]
    t = frame.along_mouth(points)
    side = np.abs(x) / frame.half_width_mm
    chin = frame.chin_mm
    near = np.exp(-np.square(y / 16.0) - np.square((np.abs(t) - 1) / 0.9))  # beside the corners
    middle = np.exp(-np.square(t / 1.1))
    moves = np.zeros((len(points), len(FIELDS), 2), np.float32)
    # The mandible turns about a hinge at the ears: its front drops most, its angle not at all; the neck gives way.
    drop = smoothstep(-16, 24, y) * (1 - smoothstep(0.42, 1.0, side)) * (1 - smoothstep(chin + 4, chin + 44, y))
    moves[:, 0, 1] = JAW_MM * drop
    moves[:, 0, 0] = -0.9 * np.sign(x) * smoothstep(0.1, 0.5, side) * smoothstep(-30, 5, y) * np.exp(-side * 2)
    moves[:, 2, 0] = WIDE_MM * 0.8 * np.clip(t, -1.5, 1.5) * near
    moves[:, 2, 1] = -1.0 * near
    moves[:, 3, 0] = -ROUND_SHARE * 0.8 * x * near
    moves[:, 4, 1] = -UPPER_MM * 0.45 * middle * np.exp(-np.square((y + 14) / 9.0)) * (y < 0)
    moves[:, 5, 1] = LOWER_MM * 0.45 * middle * np.exp(-np.square((y - 16) / 8.0)) * (y > 0)
    moves[:, 8] = _corner_pull(x, y, t)
    return moves


def _corner_pull(x: Reals, y: Reals, t: Reals) -> Reals:
    """What a smile does to skin off the lips: most beside the corners, some of it up the cheeks, little towards the
    chin. (P, 2) mm."""
    beside = np.exp(-np.square(np.maximum(np.abs(t) - 1, 0) / 0.7)) * np.square(np.clip(np.abs(t), 0, 1))
    reach = np.where(y < 0, 26.0, 13.0)
    cheek = np.exp(-np.square((np.abs(x) - 36) / 15) - np.square((y + 24) / 16))
    amount = np.maximum(beside * np.exp(-np.square(y / reach)), CHEEK_SHARE * cheek)
    out, up = CORNER_MM
    return np.stack([np.sign(t) * out * amount, up * amount], axis=1)


def _lip_moves(frame: FaceFrame, points: Floats, indices: Sequence[int], above: bool) -> Floats:
    """Points on one lip (P, 2) mm -> (P, 10, 2) mm. At the corners both lips agree."""
    t = np.clip(frame.along_mouth(points), -1, 1)
    arch = np.power(np.maximum(1 - t * t, 0), 0.6)  # 0 at the corners, 1 in the middle
    inner = np.isin(np.array(indices), LOWER_INNER_LIP + UPPER_INNER_LIP).astype(np.float32)
    outward = -1.0 if above else 1.0
    moves = np.zeros((len(points), len(FIELDS), 2), np.float32)
    follow = CORNER_SHARE * np.power(np.abs(t), 3)
    moves[:, 0, 0] = -1.8 * t
    if above:
        moves[:, 0, 1] = JAW_MM * follow - JAW_RAISE_MM * (1 - t * t)
        moves[:, 1, 1] = JAW_MM * follow - moves[:, 0, 1]
    else:
        dropped = np.power(np.maximum(1 - np.power(np.abs(t), 2.4), 0), 0.6)
        pursed = np.sqrt(np.maximum(1 - np.square(t / PURSED_SHARE), 0))
        moves[:, 0, 1] = JAW_MM * (follow + (1 - follow) * dropped)
        moves[:, 1, 1] = JAW_MM * follow - moves[:, 0, 1]
        moves[:, 9, 1] = JAW_MM * (1 - follow) * np.minimum(pursed - dropped, 0) * (0.3 + 0.7 * inner)
    moves[:, 2, 0] = WIDE_MM * t
    moves[:, 2, 1] = -0.9 * t * t - outward * 0.5 * arch * (1 - inner)
    moves[:, 3, 0] = -ROUND_SHARE * points[:, 0]
    moves[:, 3, 1] = outward * (ROUND_SWELL_MM * (1 - np.abs(t) ** 3) * (1 - inner) - ROUND_INWARD_MM * arch * inner)
    if above:
        moves[:, 4, 1] = -UPPER_MM * (1 - t**4) * (0.75 + 0.25 * inner)
    else:
        moves[:, 5, 1] = LOWER_MM * (1 - t**4) * (0.75 + 0.25 * inner)
    moves[:, 6, 1] = -outward * PRESS_MM * arch * (1 - inner)
    # The lips are drawn tight over the teeth: pulled at the ends, flatter in the middle.
    out, up = CORNER_MM
    moves[:, 8, 0] = out * np.sign(t) * np.power(np.abs(t), 1.4)
    outline = np.isin(np.array(indices), LOWER_OUTER_LIP + UPPER_OUTER_LIP)
    moves[:, 8, 1] = up * t * t - outward * CORNER_THIN_MM * arch * outline
    # Lips that stood apart are cut short (see lip_line), and the sheet gives a little: they close past both.
    half_gap = np.interp(points[:, 0], *_half_gap(frame)) + (INSET_MM + OVERLAP_MM) * arch
    moves[:, 7, 1] = half_gap if above else -half_gap
    return moves


def parted_mm(frame: FaceFrame) -> float:
    """How far the portrait holds its lips apart, in mm; 0 when they are closed."""
    gap = 2 * float(_half_gap(frame)[1].max())
    return gap if gap > CLOSED_MM else 0.0


def _half_gap(frame: FaceFrame) -> tuple[Reals, Reals]:
    """x along the lips, and half the gap between them there, both in mm."""
    upper = frame.to_mm(frame.points[list(UPPER_INNER_LIP)])
    lower = frame.to_mm(frame.points[list(LOWER_INNER_LIP)])
    gap = np.maximum(lower[:, 1] - upper[:, 1], 0)
    return (upper[:, 0] + lower[:, 0]) / 2, gap / 2
