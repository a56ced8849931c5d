"""Takes the clip's own speech out of a picture: its jaw is moved back to rest, its lips give way to the reference's."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.clip.chart import LIPS, Charts, Reference
from renderer.clip.sheet import Sheet, step
from renderer.clip.tone import factors
from renderer.pixels import resize, sample
from renderer.types import Floats, Picture, Reals

# How far beyond the outer lips the reference's skin is laid whole, and where it ends, millimetres: up (to the nose),
# sideways, and down (to the chin).
WHOLE_MM: Final = (3.0, 4.0, 6.0)
FADED_MM: Final = (8.5, 15.0, 22.0)
_CELL_PX: Final = 4


class Neutraliser:
    """Made once per clip: `picture` RGB uint8 (H, W, 3) is the reference's; `light` (L, 3, 3), of tone.tones."""

    def __init__(self, picture: Picture, reference: Reference, charts: Charts, light: Floats) -> None:
        self._picture, self._reference, self._charts, self._light = picture, reference, charts, light
        self._sheet = Sheet(reference)
        height, width = picture.shape[:2]
        xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self._mask = lip_mask(reference, np.stack([xs, ys], axis=-1))

    def apply(self, rgb: Picture, index: int, points: Floats, resting: Floats) -> tuple[slice, slice]:
        """Neutralises loop picture `index` in place: `points`, `resting` (468, 3), as seen and as at rest. Returns the
        rows and columns that changed, on even pixels."""
        box = self._window(resting, rgb.shape[1], rgb.shape[0])
        rows, columns = box
        xs = np.arange(columns.start, columns.stop, dtype=np.float32)
        ys = np.arange(rows.start, rows.stop, dtype=np.float32)
        pixels = np.stack(np.meshgrid(xs, ys), axis=-1)
        there = self._charts.to_reference(index, pixels)
        field = self._sheet.field(points[:, :2] - resting[:, :2])
        nodes = there[_CELL_PX // 2 :: _CELL_PX, _CELL_PX // 2 :: _CELL_PX]
        pulled = resize(self._sheet.read(field, nodes), nodes.shape[1] * _CELL_PX, nodes.shape[0] * _CELL_PX)
        still = sample(rgb, pixels + pulled[: len(ys), : len(xs)])
        lips = sample(self._picture, there)
        weight = sample(self._mask, there, cv2.BORDER_CONSTANT)
        toned = lips * factors(self._light[index], self._reference, there)
        mixed = still + (np.clip(toned, 0, 255) - still) * weight[..., np.newaxis]
        rgb[box] = np.rint(mixed).astype(np.uint8)
        return box

    def _window(self, resting: Floats, width: int, height: int) -> tuple[slice, slice]:
        """Everything that the sheet may move, cut to the picture, on multiples of the cell."""
        span = self._reference.px_per_mm
        middle = resting[list(LIPS), :2].mean(axis=0)
        reach = np.array([self._sheet.half_mm * 1.5, self._sheet.chin_mm + 72.0]) * span
        low = np.maximum((middle - np.array([reach[0], 70.0 * span])) // 8 * 8, 0).astype(int)
        high = np.minimum((middle + reach) // 8 * 8 + 8, (width // 8 * 8, height // 8 * 8)).astype(int)
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def lip_mask(reference: Reference, pixels: Floats) -> Floats:
    """`pixels` (h, w, 2) of the reference -> float32 (h, w): 1 on the lips and about them, 0 beyond, no step."""
    mm = reference.to_mm(pixels)
    outline = reference.to_mm(reference.points[list(LIPS), :2])
    hull = cv2.convexHull(outline)
    near = np.abs(mm).max(axis=-1) < 60
    away: Reals = np.full(mm.shape[:2], 99.0, np.float32)
    direction = np.zeros((*mm.shape[:2], 2), np.float32)
    low, high = outline.min(axis=0), outline.max(axis=0)
    direction[..., 0] = np.maximum(np.maximum(low[0] - mm[..., 0], mm[..., 0] - high[0]), 0)
    direction[..., 1] = np.maximum(mm[..., 1] - high[1], 0) - np.maximum(low[1] - mm[..., 1], 0)
    away[near] = [-cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in mm[near]]
    whole, faded = (_by_direction(direction, values) for values in (WHOLE_MM, FADED_MM))
    share = np.clip((away - whole) / (faded - whole), 0, 1)
    return 1 - step(0.0, 1.0, share)


def _by_direction(direction: Floats, values: tuple[float, float, float]) -> Floats:
    """Up, sideways and down distances mixed by where a pixel lies from the lips."""
    side, down = direction[..., 0], direction[..., 1]
    length = np.hypot(side, down) + 1e-3
    vertical = np.where(down < 0, values[0], values[2])
    turn = np.square(side / length)
    return (vertical * (1 - turn) + values[1] * turn).astype(np.float32)
