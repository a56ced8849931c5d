"""The mesh runtime: one portrait, warped. Needs no network and no GPU; a pure function of mouth and head."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.pixels import mix, resize, sample, shrink_or_grow, soften
from renderer.rig.rig import Rig
from renderer.runtimes.mesh.frame import FaceFrame, face_frame
from renderer.runtimes.mesh.head_fields import head_fields
from renderer.runtimes.mesh.interior import Interior
from renderer.runtimes.mesh.lids import lids
from renderer.runtimes.mesh.light import read_light
from renderer.runtimes.mesh.lip_line import lip_edges
from renderer.runtimes.mesh.mouth_fields import mouth_fields, parted_mm
from renderer.runtimes.mesh.sheets import lip_masks, mouth_window
from renderer.runtimes.mesh.warp import Grid, blend_weights, grid_around, invert
from renderer.types import Floats, Picture, Reals

CELL_SHARE: Final = 128
"""Grid cells across the picture: 4 pixels each at 512, fine enough for skin, coarse enough to cost nothing."""

TUCK_SHARE: Final = 0.36
"""Of LOWER_MM that the lower lip rises for f and v: the raised upper lip then shows the teeth it meets."""


class MeshRuntime:
    """Draws `rig` at `size` x `size` pixels. `background` RGB replaces what the matte calls background."""

    def __init__(self, rig: Rig, size: int, background: tuple[int, int, int] | None = None) -> None:
        self.size = size
        self._picture = portrait(rig, size, background)
        self._frame = face_frame(rig.points, size / rig.side, size)
        cell = max(2, size // CELL_SHARE)
        self._all = Grid(0, 0, -(-size // cell), -(-size // cell), cell)
        self._head = head_fields(self._frame, self._all.nodes())
        self._pixels = self._all.pixels()[:size, :size].copy()
        self._mouth = _mouth_grid(self._frame, cell)
        self._mouth_nodes = self._mouth.nodes()
        self._above, self._below = mouth_fields(self._frame, self._mouth_nodes)
        self._parted = 1.0 if parted_mm(self._frame) else 0.0
        edges = lip_edges(self._frame, self._picture)
        pixels = self._mouth.pixels()
        self._above_mask, self._below_mask = lip_masks(self._frame, pixels, *edges)
        self._open_mask = mouth_window(self._frame, pixels)
        self._interior = Interior(self._frame, read_light(self._picture, self._frame))
        self._lids = lids(self._frame, self._picture)

    def draw(self, mouth: Floats, head: Floats) -> Picture:
        """`mouth` float32 (7,) MOUTH_AXES, `head` float32 (7,) HEAD_AXES -> RGB uint8 (size, size, 3)."""
        shift = self._head_shift(head)
        source = self._pixels + shift
        weights = _field_weights(mouth, self._parted)
        nodes = self._mouth_nodes + _at_nodes(shift, self._mouth)
        upper = invert(blend_weights(self._above, weights), self._mouth, nodes)
        lower = invert(blend_weights(self._below, weights), self._mouth, nodes)
        box = self._mouth.window
        upper_map = source[box] + self._upscaled(upper - nodes)
        lower_map = source[box] + self._upscaled(lower - nodes)
        full = source.copy()
        full[box] = upper_map
        frame = sample(self._picture, full)
        self._draw_mouth(frame, source, upper_map, lower_map, mouth)
        blink = float(head[6])
        if blink > 0.01:
            for lid in self._lids:
                lid.close(frame, source[lid.grid.window], blink)
        return frame

    def _head_shift(self, head: Floats) -> Floats:
        coarse = blend_weights(self._head, head[:6].astype(np.float32))
        return resize(coarse, self._all.width, self._all.height)[: self.size, : self.size]

    def _upscaled(self, coarse: Reals) -> Floats:
        return resize(coarse.astype(np.float32, copy=False), self._mouth.width, self._mouth.height)

    def _draw_mouth(self, frame: Picture, source: Floats, upper: Floats, lower: Floats, mouth: Floats) -> None:
        """The sheet below the lips and the mouth's inside, over `frame`, which holds the sheet above."""
        box = self._mouth.window
        origin = np.array([self._mouth.left, self._mouth.top], np.float32)
        above = sample(self._above_mask, upper - origin)
        below = sample(self._below_mask, lower - origin)
        # Where the sheets overlap (a tucked lower lip) the upper lip is in front.
        behind = below * (1 - above)
        skin = sample(self._picture, lower)
        joined = mix(np.ascontiguousarray(frame[box]), skin, above, behind + np.float32(1e-4))
        gap = np.clip(1 - above - below, 0, 1) * sample(self._open_mask, upper - origin)
        if float(gap.max()) > 0.02:
            # Skin stretched along the lips makes their edges steep: smoothed again as they are drawn.
            self._fill_gap(joined, source, soften(gap), mouth)
        frame[box] = joined

    def _fill_gap(self, joined: Picture, source: Floats, gap: Floats, mouth: Floats) -> None:
        grid = self._interior.grid
        here, there = self._mouth.shared(grid)
        opening = np.zeros((grid.height, grid.width), np.float32)
        opening[there] = gap[here]
        inside = self._interior.draw(source[grid.window], mouth, opening)
        weight = opening[..., np.newaxis]
        joined[here] = (joined[here] * (1 - weight[there]) + inside[there] * weight[there] + 0.5).astype(np.uint8)


def portrait(rig: Rig, size: int, background: tuple[int, int, int] | None) -> Picture:
    """The rig's picture at `size` x `size`, on `background` when one is asked for."""
    picture = shrink_or_grow(rig.picture, size, size)
    if background is None:
        return picture
    person = resize(rig.matte, size, size).astype(np.float32) / np.float32(255)
    flat = np.full(picture.shape, background, np.uint8)
    return mix(picture, flat, person, 1 - person + np.float32(1e-4))


def _field_weights(mouth: Floats, parted: float) -> Floats:
    """Mouth axes -> one weight per field of mouth_fields.FIELDS."""
    jaw, wide, rounding, upper, lower, press, _ = (float(value) for value in mouth)
    free = 1.0 - press
    lower = lower if lower > 0 else lower * TUCK_SHARE
    return np.array([jaw, jaw * press, wide, rounding, upper * free, lower * free, press, parted], np.float32)


def _at_nodes(shift: Floats, grid: Grid) -> Floats:
    half = grid.cell // 2
    return shift[grid.window][half :: grid.cell, half :: grid.cell]


def _mouth_grid(frame: FaceFrame, cell: int) -> Grid:
    """The lower face: everything a mouth axis may move."""
    half = frame.half_width_mm * 1.25
    corners = np.array([[-half, -54], [half, -54], [-half, frame.chin_mm + 54], [half, frame.chin_mm + 54]], np.float32)
    places = frame.origin + frame.to_px(corners)
    return grid_around(places.min(axis=0), places.max(axis=0), cell, frame.side)
