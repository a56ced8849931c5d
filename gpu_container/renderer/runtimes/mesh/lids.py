"""Closes the eyes: the upper lid is skin that slides down over the eye, lashes at its edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.pixels import resize, sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.layer import Painted, Pose
from renderer.runtimes.mesh.lid_lines import LidLines, lid_lines
from renderer.runtimes.mesh.spline import smoothstep, spread
from renderer.runtimes.mesh.warp import grid_around
from renderer.types import HEAD_AXES, Floats, Picture, Reals

HEAD_MM: Final = 22.0
"""How far an eye may move with the head and still be drawn shut: more than motion.head ever asks for."""
FALLS: Final = (0.62, 0.18)
BEHIND_GLASSES: Final = (0.45, 0.0)
"""How far the two rows of skin above the lid come down with it. Below a rim nothing may move: it would come along."""
LEVELS: Final = 9
"""Lid positions worked out beforehand; those between are mixed."""
SHUT_SKIN_FROM: Final = 0.6
"""From this blink on the lid looks as it does when it is shut."""
UNFOLDED: Final = 0.75
UNFOLDED_MM: Final = (1.2, 2.4)
"""Of the fold above the lid, and its shadow, how much is gone when the lid is down; over how much skin, sideways and up
and down, it is smoothed out."""
LASH_MM: Final = 0.8
LASH_UP_MM: Final = 0.35
LASH_WEIGHT: Final = 0.75
LASH_ENDS: Final = 0.12
"""Share of the lid, which reaches past the eye, without lashes at either end."""
BARELY: Final = 0.01
"""A blink up to this is not drawn: it would not move a lid by a pixel."""
_BLINK: Final = HEAD_AXES.index("blink")


@dataclass(frozen=True)
class _Side:
    """Landmarks of one eye: the lids' edges, two rows of skin above, the brow."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    near: tuple[int, ...]
    far: tuple[int, ...]
    brow: tuple[int, ...]


_SIDES: Final = (
    _Side(LEFT_UPPER_LID, LEFT_LOWER_LID, (247, 30, 29, 27, 28, 56, 190), (113, 225, 224, 223, 222, 221, 189),
          (46, 53, 52, 65, 55, 70, 63, 105, 66, 107)),
    _Side(RIGHT_UPPER_LID, RIGHT_LOWER_LID, (467, 260, 259, 257, 258, 286, 414), (342, 445, 444, 443, 442, 441, 413),
          (276, 283, 282, 295, 285, 300, 293, 334, 296, 336)),
)  # fmt: skip


class Lid:
    """One eye of one portrait at one size: a Layer."""

    def __init__(self, frame: FaceFrame, side: _Side, picture: Picture) -> None:
        points = frame.points[list(side.upper + side.lower + side.far)]
        margin = HEAD_MM * frame.px_per_mm
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        self.grid = grid_around(low, high, 2, frame.width, frame.height)
        lines = lid_lines(frame, side.upper, side.lower, picture)
        self._edge = _above_edge(frame, lines, self.grid.pixels())
        self._skin = np.ascontiguousarray(picture[self.grid.window])
        smooth = _smoothed(frame, side, lines, self.grid.pixels(), self._skin)
        self._shut_skin = _with_lashes(frame, lines, self.grid.pixels(), smooth)
        self._origin = np.array([self.grid.left, self.grid.top], np.float32)
        # The lid slides along the face's own down: its tables lie in a canvas turned that way.
        self._axes = np.stack([frame.right, frame.down], axis=1)
        self._down = frame.down
        self._centre = ((low + high) / 2).astype(np.float32)
        half = int(np.ceil(np.linalg.norm(high - low) / 2))
        self._half = np.float32(half)
        ticks = np.arange(-half, half + 1, dtype=np.float32)
        canvas = np.stack(np.meshgrid(ticks, ticks), axis=-1)
        self._slides = _slides(_drop(frame, side, lines, canvas @ self._axes.T + self._centre))

    def draw(self, place: Floats, pose: Pose) -> Painted | None:
        """The lid's skin where it covers the eye."""
        blink = float(pose.head[_BLINK])
        if blink <= BARELY:
            return None
        lid = place - self._slide(place, blink)[..., np.newaxis] * self._down
        here = (lid - self._origin).astype(np.float32, copy=False)
        # Beyond the grid nothing is known and nothing slides: the head may turn further than the grid's margin.
        return Painted(sample(self._skin_at(blink), here), sample(self._edge, here, cv2.BORDER_CONSTANT))

    def _skin_at(self, blink: float) -> Picture:
        """The lid as it is; the further it is down, the smoother, and with lashes that then lie before the cheek."""
        share = min(blink / SHUT_SKIN_FROM, 1.0)
        return cast(Picture, cv2.addWeighted(self._skin, 1 - share, self._shut_skin, share, 0.0))

    def _slide(self, source: Reals, blink: float) -> Floats:
        """How far the skin seen at each pixel has slid down, px (h, w)."""
        level = blink * (LEVELS - 1)
        first = min(int(level), LEVELS - 2)
        share = level - first
        table: Reals = self._slides[first] * np.float32(1 - share) + self._slides[first + 1] * np.float32(share)
        place = (source - self._centre) @ self._axes + self._half
        return sample(table.astype(np.float32, copy=False), place)


def lids(frame: FaceFrame, picture: Picture) -> list[Lid]:
    """Both eyes' lids. `picture` RGB uint8 (side, side, 3)."""
    return [Lid(frame, side, picture) for side in _SIDES]


def _drop(frame: FaceFrame, side: _Side, lines: LidLines, pixels: Reals) -> Floats:
    """How far skin at each of `pixels` (h, w, 2) slides down at blink 1: px, float32 (h, w)."""
    x = frame.to_mm(frame.points[list(side.upper)])[:, 0]
    near = frame.to_mm(frame.points[list(side.near)])
    far = frame.to_mm(frame.points[list(side.far)])
    brow = frame.to_mm(frame.points[list(side.brow)])
    points = np.concatenate([np.stack([x, lines.edge(x)], axis=1), near, far, brow])
    near_share, far_share = BEHIND_GLASSES if frame.glasses else FALLS
    falls = [lines.fall(x), near_share * lines.fall(near[:, 0]), far_share * lines.fall(far[:, 0]), np.zeros(len(brow))]
    moves = np.concatenate(falls)[:, np.newaxis].astype(np.float32)
    mm = frame.to_mm(pixels)
    # Evaluated at every second pixel: the sheet is smooth.
    coarse = spread(points / 10.0, moves, mm[::2, ::2] / 10.0, 0.01)[..., 0]
    surface = resize(coarse, mm.shape[1], mm.shape[0])
    # Beyond the brow a spline goes on straight; the forehead does not move.
    top = float(brow[:, 1].min())
    surface = surface * smoothstep(top - 5, top + 3, mm[..., 1])
    # Below the lid's edge the sheet goes on as it is there: the eye lies behind the lid and is not pushed by it.
    at_edge = lines.fall(mm[..., 0])
    surface = np.where(mm[..., 1] > lines.edge(mm[..., 0]), at_edge, np.clip(surface, 0, at_edge))
    return (surface * np.float32(frame.px_per_mm)).astype(np.float32)


def _slides(drop: Reals) -> list[Floats]:
    """The drop seen from where skin arrives, for LEVELS blinks from open to shut: px, each (h, w).

    Column by column: skin at row r arrives at r + blink * drop[r]; read backwards that is one interpolation. Rows are
    kept in order first, so that skin never passes skin.
    """
    rows = np.arange(drop.shape[0], dtype=np.float32)
    slides: list[Floats] = []
    for blink in np.linspace(0, 1, LEVELS):
        arrivals = np.maximum.accumulate(rows[:, np.newaxis] + blink * drop, axis=0)
        columns = [rows - np.interp(rows, arrivals[:, c], rows) for c in range(drop.shape[1])]
        slides.append(np.stack(columns, axis=1).astype(np.float32))
    return slides


def _smoothed(frame: FaceFrame, side: _Side, lines: LidLines, pixels: Reals, skin: Picture) -> Picture:
    """`skin` (h, w, 3) with the fold between lid and brow smoothed out, as it is on a closed eye: what was a narrow
    shadow would be drawn out into a broad one."""
    mm = frame.to_mm(pixels)
    brow = frame.to_mm(frame.points[list(side.brow)])
    brow = brow[np.argsort(brow[:, 0])]
    xs: Floats = brow[:, 0]
    ys: Floats = brow[:, 1]
    brow_y = np.interp(mm[..., 0], xs, ys)
    edge = lines.edge(mm[..., 0])
    # 0 at the lid's edge, 1 at the brow.
    height = (edge - mm[..., 1]) / np.maximum(edge - brow_y, 4.0)
    reach = 0.35 if frame.glasses else 0.75
    lid = ((height < reach) & (edge - mm[..., 1] > 1.0)).astype(np.float32)
    across, down = (width * frame.px_per_mm for width in UNFOLDED_MM)
    total = cv2.GaussianBlur(skin * lid[..., np.newaxis], (0, 0), across, sigmaY=down)
    count = cv2.GaussianBlur(lid, (0, 0), across, sigmaY=down)[..., np.newaxis]
    beside = smoothstep(lines.low, lines.low + 4, mm[..., 0]) * (1 - smoothstep(lines.high - 4, lines.high, mm[..., 0]))
    off_lashes = smoothstep(1.2, 3.2, edge - mm[..., 1])
    known = np.clip(count[..., 0] * 5.0, 0, 1)
    weight = (UNFOLDED * off_lashes * (1 - smoothstep(0.5 * reach, reach, height)) * beside * known)[..., np.newaxis]
    return np.rint(skin * (1 - weight) + total / np.maximum(count, 0.02) * weight).astype(np.uint8)


def _with_lashes(frame: FaceFrame, lines: LidLines, pixels: Reals, skin: Picture) -> Picture:
    """`skin` (h, w, 3) with a dark line along the lid's edge, in the darkest colour of the eye: a closed eye is a line,
    whether the portrait shows lashes or not."""
    mm = frame.to_mm(pixels)
    x, distance = mm[..., 0], mm[..., 1] - lines.edge(mm[..., 0])
    width = lines.high - lines.low
    first, last = lines.low + LASH_ENDS * width, lines.high - LASH_ENDS * width
    along = smoothstep(first, first + 0.25 * width, x) * (1 - smoothstep(last - 0.25 * width, last, x))
    near = np.exp(-np.square((distance + LASH_UP_MM) / LASH_MM))
    ball = (distance > -1.0) & (distance < 8.0) & (along > 0.5)
    colours = skin[ball].astype(np.float32) if ball.any() else skin.reshape(-1, 3).astype(np.float32)
    luma = colours @ np.array([0.299, 0.587, 0.114], np.float32)
    dark = colours[luma <= np.percentile(luma, 12)].mean(axis=0)
    weight = (LASH_WEIGHT * along * near)[..., np.newaxis]
    return np.rint(skin * (1 - weight) + dark * weight).astype(np.uint8)


def _above_edge(frame: FaceFrame, lines: LidLines, pixels: Reals) -> Floats:
    """1 on the lid and the skin above it, 0 from the lashes down; 0 beside the eye."""
    mm = frame.to_mm(pixels)
    distance = mm[..., 1] - lines.edge(mm[..., 0])
    soft = 2.0 / frame.px_per_mm
    beside = (mm[..., 0] < lines.low) | (mm[..., 0] > lines.high)
    return np.where(beside, 0, np.clip(0.5 - distance / soft, 0, 1)).astype(np.float32)
