"""The mouth of the reference face, made once per clip and output size: how it moves, where it parts, what is inside."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from renderer.face.lips import settle_lips
from renderer.pixels import mix, sample, soften
from renderer.planes import Planes, halved
from renderer.runtimes.mesh.creases import Creases
from renderer.runtimes.mesh.face_map import mouth_grid
from renderer.runtimes.mesh.frame import face_frame
from renderer.runtimes.mesh.interior import Interior
from renderer.runtimes.mesh.layer import Layer, Painted
from renderer.runtimes.mesh.light import read_light
from renderer.runtimes.mesh.lip_line import lip_edges
from renderer.runtimes.mesh.mouth_fields import mouth_fields, mouth_weights, parted_mm
from renderer.runtimes.mesh.painting import paint, patch_of
from renderer.runtimes.mesh.places import for_colour, half_of, magnified
from renderer.runtimes.mesh.sheets import lip_masks, mouth_window
from renderer.runtimes.mesh.warp import Grid, blend_weights, invert
from renderer.types import Floats, Picture

BARELY: Final = 0.02
"""A gap less open than this everywhere is none."""


class Skin(NamedTuple):
    """On the nodes of a window and one more all around, float32 (rows + 2, columns + 2, 2): `still`, where each lies
    in the resting reference; `above`, `below`, where what either sheet shows there lies in it; `upper`, `lower`, the
    same in the picture that is drawn from."""

    still: Floats
    above: Floats
    below: Floats
    upper: Floats
    lower: Floats


class Mouth:
    """`picture` RGB uint8 (H, W, 3) is the reference, `points` (468, 3) its landmarks; `cell` pixels between nodes."""

    def __init__(self, picture: Picture, points: Floats, cell: int) -> None:
        frame = face_frame(settle_lips(picture, points), picture.shape[1], picture.shape[0])
        self.grid = mouth_grid(frame, cell)
        self._sheets = mouth_fields(frame, self.grid.nodes())
        self._parted = 1.0 if parted_mm(frame) else 0.0
        pixels = self.grid.pixels()
        above, self._below_mask = lip_masks(frame, pixels, *lip_edges(frame, picture))
        self._above_mask = np.stack([above, mouth_window(frame, pixels)], axis=-1)
        self._interior = Interior(frame, read_light(picture, frame))
        self.layers: list[Layer] = [Creases(frame, picture)]
        self._corner = np.array([self.grid.left, self.grid.top], np.float32)

    def is_at_rest(self, mouth: Floats) -> bool:
        """Whether a picture with that mouth is the loop's own, unchanged."""
        weights = mouth_weights(mouth, self._parted)
        return not bool(np.any(weights))

    def sources(self, mouth: Floats, still: Floats) -> tuple[Floats, Floats]:
        """`still` (r, c, 2), places in the resting reference -> where what is drawn there comes from: in the sheet
        above the lips, and in the one below."""
        weights = mouth_weights(mouth, self._parted)
        above, below = (invert(blend_weights(sheet, weights), self.grid, still) for sheet in self._sheets)
        return above, below

    def draw(self, out: Planes, source: Planes, window: Grid, skin: Skin, mouth: Floats) -> None:
        """Both sheets, and what shows between them, into `window` of `out`."""
        here = Grid(0, 0, window.columns, window.rows, window.cell)
        seen = sample(self._above_mask, magnified(skin.above, window.cell, here) - self._corner)
        above, between = np.ascontiguousarray(seen[..., 0]), seen[..., 1]
        below = sample(self._below_mask, magnified(skin.below, window.cell, here) - self._corner)
        # Where the sheets overlap (a tucked lower lip) the upper lip is in front.
        behind = below * (1 - above) + np.float32(1e-4)
        upper, lower = (magnified(places, window.cell, here) for places in (skin.upper, skin.lower))
        out.y[window.window] = mix(sample(source.y, upper), sample(source.y, lower), above, behind)
        self._colour(out, source, window, skin, (halved(above), halved(behind)))
        gap = np.clip(1 - above - below, 0, 1) * between
        if float(gap.max()) > BARELY:
            self._fill(out, window, magnified(skin.still, window.cell, here), soften(gap), mouth)

    def _colour(self, out: Planes, source: Planes, window: Grid, skin: Skin, weights: tuple[Floats, Floats]) -> None:
        half = window.cell // 2
        here = Grid(0, 0, window.columns, window.rows, half)
        upper, lower = (magnified(for_colour(places), half, here) for places in (skin.upper, skin.lower))
        rows, columns = half_of(window).window
        for plane, origin in ((out.u, source.u), (out.v, source.v)):
            plane[rows, columns] = mix(sample(origin, upper), sample(origin, lower), *weights)

    def _fill(self, out: Planes, window: Grid, still: Floats, gap: Floats, mouth: Floats) -> None:
        """The mouth's inside, where `gap` (h, w) of the window is open."""
        rows, columns = (np.flatnonzero(gap.max(axis=axis) > 0.004) // 2 for axis in (1, 0))
        # Two pixels more: colour is stored at half the size.
        low = np.maximum([rows[0] - 1, columns[0] - 1], 0)
        high = np.minimum([rows[-1] + 2, columns[-1] + 2], np.array(gap.shape) // 2)
        box = slice(2 * int(low[0]), 2 * int(high[0])), slice(2 * int(low[1]), 2 * int(high[1]))
        opening = np.ascontiguousarray(gap[box])
        inside = self._interior.draw(np.ascontiguousarray(still[box]), mouth, opening)
        rgb = np.clip(inside + 0.5, 0, 255).astype(np.uint8)
        tall, wide = (high - low).tolist()
        where = Grid(window.left + box[1].start, window.top + box[0].start, wide, tall, 2)
        paint(out, where, patch_of(Painted(rgb, opening)))
