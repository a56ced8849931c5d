"""Composes the inside of the mouth for one picture: skull parts stay, jaw parts drop, the tongue rises."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.pixels import sample
from renderer.runtimes.mesh.dentition import draw_mouth
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.light import Light
from renderer.runtimes.mesh.mouth_fields import JAW_MM
from renderer.runtimes.mesh.warp import Grid, grid_around
from renderer.types import Floats, Reals

LOWER_TEETH_SHARE: Final = 0.86  # the incisors lie behind the lip, nearer the hinge: they drop a little less
TONGUE_SHARE: Final = 0.50
TONGUE_RISE_MM: Final = 7.5
OCCLUSION_MM: Final = 3.0
"""Lips shade what lies within about this distance of them."""
SHADOW_TINT: Final = np.array([0.80, 1.05, 1.15], np.float32)
"""Exponent of the shade for red, green, blue."""


class Interior:
    """Made once per portrait and size; `draw` is called per picture."""

    def __init__(self, frame: FaceFrame, light: Light) -> None:
        self._frame = frame
        self.grid = _box(frame)
        mouth = draw_mouth(frame, self.grid.pixels(), light)
        self._cavity, self._upper, self._lower, self._tongue = mouth.cavity, mouth.upper, mouth.lower, mouth.tongue
        self._origin = np.array([self.grid.left, self.grid.top], np.float32)
        self._kernel = max(3, round(OCCLUSION_MM * frame.px_per_mm)) | 1

    def draw(self, source: Floats, mouth: Floats, opening: Floats) -> Floats:
        """`source` (h, w, 2): where each pixel of the box lies in the resting head; `mouth` (7,) MOUTH_AXES; `opening`
        (h, w) 0..1: where the mouth is open. Returns RGB float32 (h, w, 3), 0..255."""
        jaw, rounding, tongue = float(mouth[0]), float(mouth[2]), float(mouth[6])
        place = source - self._origin
        drop = self._frame.to_px(np.array([0.0, JAW_MM], np.float32)) * np.float32(jaw)
        rise = self._frame.to_px(np.array([0.0, TONGUE_RISE_MM], np.float32)) * np.float32(tongue)
        skull: Reals = self._sample(self._cavity, place)[..., :3]
        skull = _over(skull, self._sample(self._tongue, place - drop * np.float32(TONGUE_SHARE) + rise))
        skull = _over(skull, self._sample(self._lower, place - drop * np.float32(LOWER_TEETH_SHARE)))
        skull = _over(skull, self._sample(self._upper, place))
        # Ambient occlusion: near a lip less of the outside is seen.
        openness = cv2.blur(opening, (self._kernel, self._kernel))
        shade = np.clip(0.45 + 0.85 * (openness - 0.2), 0.42, 1.0)
        # Pursed lips stand before the teeth and shade them; light that lips let through is red.
        lit = skull * np.power((shade * np.float32(1 - 0.5 * rounding))[..., np.newaxis], SHADOW_TINT)
        return lit.astype(np.float32, copy=False)

    def _sample(self, layer: Floats, place: Reals) -> Floats:
        return sample(layer, place, cv2.BORDER_CONSTANT)


def _over(below: Reals, layer: Floats) -> Reals:
    return below * (1 - layer[..., 3:]) + layer[..., :3]


def _box(frame: FaceFrame) -> Grid:
    """The pixels the open mouth can ever cover, head moves included."""
    corners = np.array([[-33.0, -14.0], [33.0, -14.0], [-33.0, JAW_MM + 18], [33.0, JAW_MM + 18]], np.float32)
    places = frame.origin + frame.to_px(corners)
    return grid_around(places.min(axis=0), places.max(axis=0), 2, frame.side)
