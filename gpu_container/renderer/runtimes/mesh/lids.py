"""Closes the eyes: the upper lid is skin that slides down over the eye, lashes at its edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.pixels import mix, resize, sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.lid_lines import LidLines, lid_lines
from renderer.runtimes.mesh.spline import smoothstep, spread
from renderer.runtimes.mesh.warp import grid_around
from renderer.types import Floats, Picture, Reals

HEAD_MM: Final = 22.0
"""How far an eye may move with the head and still be drawn shut: twice what motion.idle ever asks for."""
LEVELS: Final = 9
"""Lid positions worked out beforehand; those between are mixed."""


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
    """One eye of one portrait at one size."""

    def __init__(self, frame: FaceFrame, side: _Side, picture: Picture) -> None:
        points = frame.points[list(side.upper + side.lower + side.far)]
        margin = HEAD_MM * frame.px_per_mm
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        self.grid = grid_around(low, high, 2, frame.side)
        lines = lid_lines(frame, side.upper, side.lower, picture)
        self._edge = _above_edge(frame, lines, self.grid.pixels())
        self._picture = picture
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

    def close(self, frame: Picture, source: Reals, blink: float) -> None:
        """Draws the lid at `blink` 0..1 into `frame` (side, side, 3), in place. `source` (h, w, 2): where each pixel of
        the eye's box lies in the resting head."""
        lid = source - self._slide(source, blink)[..., np.newaxis] * self._down
        skin = sample(self._picture, lid)
        covered = sample(self._edge, lid - self._origin)
        eye = np.ascontiguousarray(frame[self.grid.window])
        frame[self.grid.window] = mix(skin, eye, covered, 1 - covered)

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
    falls = [lines.fall(x), 0.62 * lines.fall(near[:, 0]), 0.18 * lines.fall(far[:, 0]), np.zeros(len(brow))]
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


def _above_edge(frame: FaceFrame, lines: LidLines, pixels: Reals) -> Floats:
    """1 on the lid and the skin above it, 0 from the lashes down; 0 beside the eye."""
    mm = frame.to_mm(pixels)
    distance = mm[..., 1] - lines.edge(mm[..., 0])
    soft = 2.0 / frame.px_per_mm
    beside = (mm[..., 0] < lines.low) | (mm[..., 0] > lines.high)
    return np.where(beside, 0, np.clip(0.5 - distance / soft, 0, 1)).astype(np.float32)
