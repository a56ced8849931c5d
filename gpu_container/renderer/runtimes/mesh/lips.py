"""The lips up close: the sheet of skin below them, the sheet above it, and the mouth's inside where both part."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.pixels import join, mix, sample_at, soften, split
from renderer.planes import Planes, halved
from renderer.runtimes.mesh.face_map import Places
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.interior import Interior
from renderer.runtimes.mesh.layer import Painted, Pose
from renderer.runtimes.mesh.light import read_light
from renderer.runtimes.mesh.mouth_fields import JAW_MM
from renderer.runtimes.mesh.painting import paint, patch_of
from renderer.runtimes.mesh.places import for_colour, half_of, magnified_pair, nodes_around
from renderer.runtimes.mesh.sheets import mouth_window
from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats, Picture

REACH_MM: Final = (40.0, 19.0, 22.0)
"""What lips ever cover about their middle, to the sides, above and below, the jaw's drop not counted."""
BARELY: Final = 0.02
"""A gap less open than this everywhere is none."""
SEEN: Final = 0.004
"""A pixel less open than this shows nothing of the mouth's inside."""


class Lips:
    """Made once per face and size. `mouth`: the grid of the lower face; `above`, `below` float32 (h, w) over its
    pixels: sheets.lip_masks. `picture` RGB uint8 (H, W, 3), for its light."""

    def __init__(
        self, frame: FaceFrame, cell: int, mouth: Grid, masks: tuple[Floats, Floats], picture: Picture
    ) -> None:
        self._cell, self._mouth, self._frame = cell, mouth, frame
        self._above = np.stack([masks[0], mouth_window(frame, mouth.pixels())], axis=-1)
        self._below = masks[1]
        self._interior = Interior(frame, read_light(picture, frame))
        nodes = nodes_around(frame.width, frame.height, cell)
        limits = (nodes.shape[1] - 1, nodes.shape[0] - 1)
        column, row = np.clip(np.rint((frame.origin - nodes[0, 0]) / cell), 0, limits).astype(int).tolist()
        self._middle = np.s_[:, row, column]
        self._at_rest = nodes[row, column]

    def draw(self, out: Planes, source: Planes, places: Places, pose: Pose) -> None:
        """Over `out`, which holds the skin as one sheet; `source` is the portrait."""
        window = self._window(places.still, float(pose.mouth[0]))
        if min(window.columns, window.rows) < 1:
            return  # landmarks that fit no face: there are no lips to see
        corner = np.array([self._mouth.left, self._mouth.top], np.float32)[:, np.newaxis, np.newaxis]
        local = self._local(window)
        upper, lower = (magnified_pair(sheet, self._cell, local) for sheet in (places.upper, places.lower))
        in_mask = (magnified_pair(sheet - corner, self._cell, local) for sheet in (places.upper, places.lower))
        above, between = split(sample_at(self._above, *next(in_mask)))
        below = sample_at(self._below, *next(in_mask))
        # Where the sheets overlap (a tucked lower lip) the upper lip is in front.
        behind = below * (1 - above) + np.float32(1e-4)
        rows, columns = window.window
        out.y[rows, columns] = mix(sample_at(source.y, *upper), sample_at(source.y, *lower), above, behind)
        self._colour(out, source, places, window, (halved(above), halved(behind)))
        gap = np.clip(1 - above - below, 0, 1) * between
        if float(gap.max()) > BARELY:
            # Skin stretched along the lips makes their edges steep: smoothed again as they are drawn.
            self._fill(out, places.still, window, soften(gap), pose)

    def _window(self, still: Floats, jaw: float) -> Grid:
        """What the lips cover, wherever the head is, in cells of 2 pixels: between the outermost nodes of the mouth's
        grid, which never move."""
        side, above, below = REACH_MM
        below += JAW_MM * max(jaw, 0.0)
        corners = np.array([[-side, -above], [side, -above], [-side, below], [side, below]], np.float32)
        places = self._frame.to_px(corners) + self._frame.origin + (self._at_rest - still[self._middle])
        mouth, cell = self._mouth, self._cell
        low = np.maximum(places.min(axis=0), (mouth.left + cell, mouth.top + cell))
        high = np.minimum(places.max(axis=0), (mouth.left + mouth.width - cell, mouth.top + mouth.height - cell))
        first = np.ceil(low / 2).astype(int)
        count = np.maximum(np.floor(high / 2).astype(int) - first, 0)
        return Grid(2 * int(first[0]), 2 * int(first[1]), int(count[0]), int(count[1]), 2)

    def _local(self, window: Grid) -> Grid:
        """`window` as magnified wants it for the mouth's own nodes: the first of them plays the extra one."""
        left, top = window.left - self._mouth.left - self._cell, window.top - self._mouth.top - self._cell
        return Grid(left, top, window.columns, window.rows, 2)

    def _colour(
        self, out: Planes, source: Planes, places: Places, window: Grid, weights: tuple[Floats, Floats]
    ) -> None:
        local, half = half_of(self._local(window)), self._cell // 2
        upper, lower = (magnified_pair(for_colour(p), half, local) for p in (places.upper, places.lower))
        rows, columns = half_of(window).window
        for plane, skin in ((out.u, source.u), (out.v, source.v)):
            plane[rows, columns] = mix(sample_at(skin, *upper), sample_at(skin, *lower), *weights)

    def _fill(self, out: Planes, still: Floats, window: Grid, gap: Floats, pose: Pose) -> None:
        """The mouth's inside, where `gap` (h, w) of the window is open."""
        rows, columns = (np.flatnonzero(gap.max(axis=axis) > SEEN) // 2 for axis in (1, 0))
        # Two pixels more: colour is stored at half the size.
        low = np.maximum([columns[0] - 1, rows[0] - 1], 0)
        width, height = (np.minimum([columns[-1] + 2, rows[-1] + 2], (window.columns, window.rows)) - low).tolist()
        left, top = (2 * low).tolist()
        opening = np.ascontiguousarray(gap[top : top + 2 * height, left : left + 2 * width])
        grid = Grid(window.left + left, window.top + top, width, height, 2)
        inside = self._interior.draw(join(*magnified_pair(still, self._cell, grid)), pose.mouth, opening)
        paint(out, grid, patch_of(Painted(cv2.convertScaleAbs(inside).astype(np.uint8, copy=False), opening)))
