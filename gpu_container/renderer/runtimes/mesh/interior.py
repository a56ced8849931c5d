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
TONGUE_SHARE: Final = 0.55
TONGUE_RISE_MM: Final = 7.0
TIP_FROM: Final = 0.8
"""Value of the tongue axis from which its tip comes out over the lower teeth: th, not d, n or l."""
TIP_SHARE: Final = 0.55  # of the tongue's rise
OCCLUSION_MM: Final = 3.0
"""Lips shade what lies within about this distance of them."""
SHADOW_TINT: Final = np.array([0.22, -0.03, -0.12], np.float32)
"""What a shade s gains for red, green and blue, of s (1 - s): what lips let through is red."""
PURSED_SHADOW: Final = 0.32
"""Of the light inside that fully rounded lips, which stand before the teeth, keep out."""
RIM_PX: Final = 2  # colour is stored at half resolution: see layer.Painted
TEETH_DARKEST, DEEP_DARKEST = 0.68, 0.40
"""Shade of what lies in a narrow slit: teeth just behind the lips, and all that is further back."""


class Interior:
    """Made once per portrait and size; `draw` is called per picture."""

    def __init__(self, frame: FaceFrame, light: Light) -> None:
        self._frame = frame
        self.grid = _box(frame)
        mouth = draw_mouth(frame, self.grid.pixels(), light)
        self._cavity, self._tongue, self._tip = mouth.cavity, mouth.tongue, mouth.tip
        self._upper, self._lower = mouth.upper, mouth.lower
        self._origin = np.array([self.grid.left, self.grid.top], np.float32)
        self._tint = SHADOW_TINT * np.float32(light.colour)
        self._black = np.float32(light.black)
        self._contrast = np.float32(1 - light.black / max(float(light.teeth.max()), 1.0))
        self._kernel = max(3, round(OCCLUSION_MM * frame.px_per_mm)) | 1

    def draw(self, source: Floats, mouth: Floats, opening: Floats) -> Floats:
        """`source` (h, w, 2): where each pixel of the box lies in the resting head; `mouth` (8,) MOUTH_AXES; `opening`
        (h, w) 0..1: where the mouth is open. Returns RGB float32 (h, w, 3), 0..255."""
        # Near a lip less of the outside is seen; pursed lips stand before it all.
        rounding = float(mouth[2])
        openness = cv2.blur(opening, (self._kernel, self._kernel)) * np.float32(1 - 0.35 * rounding)
        hidden = np.float32(1 - PURSED_SHADOW * rounding)
        drawn = np.zeros((*opening.shape, 3), np.float32)
        box = _bounds(opening)
        behind, teeth = self._parts(place=source[box] - self._origin, mouth=mouth)
        deep, near = (_shade(openness[box], darkest, self._tint) for darkest in (DEEP_DARKEST, TEETH_DARKEST))
        # Where the picture's own black is pale, so is the mouth's.
        drawn[box] = (behind * deep + teeth * near) * (hidden * self._contrast) + self._black
        return drawn

    def _parts(self, place: Reals, mouth: Floats) -> tuple[Reals, Reals]:
        """Cavity and tongue, and before them what the teeth and the tongue's tip add: RGB (h, w, 3) each, unshaded."""
        jaw, tongue = float(mouth[0]), float(mouth[6])
        drop = self._frame.to_px(np.array([0.0, JAW_MM], np.float32)) * np.float32(jaw)
        rise = self._frame.to_px(np.array([0.0, TONGUE_RISE_MM], np.float32)) * np.float32(tongue)
        dropped = place - drop * np.float32(LOWER_TEETH_SHARE)
        upper, lower = self._sample(self._upper, place), self._sample(self._lower, dropped)
        back = self._sample(self._tongue, place - drop * np.float32(TONGUE_SHARE) + rise)
        clear = 1 - upper[..., 3:]
        free, teeth = clear * (1 - lower[..., 3:]), lower[..., :3]
        if tongue > TIP_FROM:
            shown = np.float32((tongue - TIP_FROM) / (1 - TIP_FROM))
            tip = self._sample(self._tip, dropped + rise * np.float32(TIP_SHARE)) * shown
            free, teeth = free * (1 - tip[..., 3:]), teeth * (1 - tip[..., 3:]) + tip[..., :3]
        behind = (self._sample(self._cavity, place)[..., :3] * (1 - back[..., 3:]) + back[..., :3]) * free
        return behind, teeth * clear + upper[..., :3]

    def _sample(self, layer: Floats, place: Reals) -> Floats:
        return sample(layer, place, cv2.BORDER_CONSTANT)


def _bounds(opening: Floats) -> tuple[slice, slice]:
    """Rows and columns that hold all that is open, and RIM_PX around it."""
    x, y, width, height = cv2.boundingRect((opening > 0).astype(np.uint8))
    rows, columns = slice(max(y - RIM_PX, 0), y + height + RIM_PX), slice(max(x - RIM_PX, 0), x + width + RIM_PX)
    return rows, columns


def _shade(openness: Floats, darkest: float, tint: Floats) -> Floats:
    """How much light comes in, for red, green and blue (h, w, 3)."""
    slope = np.float32((1 - darkest) * 1.5)
    shade = np.clip(openness * slope + np.float32(darkest - 0.2 * slope), darkest, 1)[..., np.newaxis]
    return (shade + shade * (1 - shade) * tint).astype(np.float32, copy=False)


def _box(frame: FaceFrame) -> Grid:
    """The pixels the open mouth can ever cover, head moves included."""
    corners = np.array([[-33.0, -14.0], [33.0, -14.0], [-33.0, JAW_MM + 18], [33.0, JAW_MM + 18]], np.float32)
    places = frame.origin + frame.to_px(corners)
    return grid_around(places.min(axis=0), places.max(axis=0), 2, frame.width, frame.height)
