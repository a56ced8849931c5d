"""Draws the inside of a mouth once, in the portrait's light: cavity, upper teeth, lower teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.runtimes.mesh.arch import arch_place
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.light import Light
from renderer.runtimes.mesh.spline import smoothstep
from renderer.types import Floats, Reals

# Where each tooth ends, mm from the midline: mean crown widths (Wheeler), foreshortened along the arch.
UPPER_BORDERS: Final = (0.0, 4.3, 7.9, 11.6, 15.0, 17.9, 20.2, 22.0)
LOWER_BORDERS: Final = (0.0, 2.7, 5.6, 9.2, 12.8, 15.8, 18.2, 20.5)
UPPER_SHORTER: Final = (0.0, 0.7, 0.1, 0.6, 0.8, 1.0, 1.2)
LOWER_SHORTER: Final = (0.0, 0.0, -0.2, 0.3, 0.6, 0.8, 0.9)
UPPER_EDGE_MM: Final = 3.4
"""How far the upper incisors reach below the closed lips' line: 2 to 4 mm show with parted lips."""
LOWER_EDGE_MM: Final = 1.2
GAP: Final = np.array([0.14, 0.20, 0.22], np.float32)
"""How much darker the groove between two teeth is, for red, green, blue: light in it came through enamel."""


@dataclass(frozen=True)
class Mouth:
    """Premultiplied RGBA float32 (h, w, 4), 0..255 and 0..1, over the mouth's box, each as it lies at rest."""

    cavity: Floats
    upper: Floats
    lower: Floats
    tongue: Floats
    tip: Floats


def draw_mouth(frame: FaceFrame, pixels: Reals, light: Light) -> Mouth:
    """`pixels` (h, w, 2): the box to draw in, picture pixels."""
    x, y = arch_place(frame, pixels)
    scale = frame.px_per_mm
    parts = _cavity(x, y, light), _upper(x, y, scale, light), _lower(x, y, scale, light)
    across = light.at(frame.to_mm(pixels)[..., 0])[..., np.newaxis].astype(np.float32)
    flesh = _tongue(x, y, light), _tip(x, y, light)
    for part in (*parts, *flesh):
        part[..., :3] *= across
    return Mouth(*parts, *flesh)


def _cavity(x: Reals, y: Reals, light: Light) -> Floats:
    """Darkest under the palate; towards cheeks and throat some light comes back red."""
    depth = 0.62 + 0.75 * smoothstep(-2, 22, y)
    sides = 1 + 0.5 * smoothstep(14, 24, np.abs(x))
    return _layer(np.ones_like(x), light.cavity, depth * sides)


def _upper(x: Reals, y: Reals, px_per_mm: float, light: Light) -> Floats:
    soft = max(0.35, 0.7 / px_per_mm)
    edge, gap = _teeth(x, px_per_mm, UPPER_BORDERS, UPPER_SHORTER)
    lowest = UPPER_EDGE_MM - 0.0045 * x * x - edge
    cover = smoothstep(-soft, soft, lowest - y) * (1 - smoothstep(20.5, 22.5, np.abs(x)))
    gum = smoothstep(-9.5, -7.5, y)
    # The crown is brightest in its lower third and lets light through at its edge.
    above_edge = lowest - y
    crown = (0.86 + 0.14 * smoothstep(-9, 0, y)) * (0.87 + 0.13 * smoothstep(0.2, 1.6, above_edge))
    teeth = _layer(cover * gum, light.teeth * gap, _falloff(x, 23.0) * crown)
    flesh = _layer(cover * (1 - gum), light.flesh * 0.8, _falloff(x, 23.0))
    return teeth + flesh


def _lower(x: Reals, y: Reals, px_per_mm: float, light: Light) -> Floats:
    soft = max(0.35, 0.7 / px_per_mm)
    edge, gap = _teeth(x, px_per_mm, LOWER_BORDERS, LOWER_SHORTER)
    highest = LOWER_EDGE_MM + 0.007 * x * x + edge
    cover = smoothstep(-soft, soft, y - highest) * (1 - smoothstep(18.0, 20.0, np.abs(x)))
    gum = 1 - smoothstep(8.0, 9.5, y)
    crown = 0.86 * (0.78 + 0.22 * (1 - smoothstep(1, 9, y))) * (0.90 + 0.10 * smoothstep(0.1, 1.2, y - highest))
    teeth = _layer(cover * gum, light.teeth * gap, _falloff(x, 21.0) * crown)
    return teeth + _layer(cover * (1 - gum), light.flesh * 0.7, _falloff(x, 21.0))


def _tongue(x: Reals, y: Reals, light: Light) -> Floats:
    """A dome that rises from behind the lower incisors and goes back into the dark."""
    u, v = x / 20.0, (y - 10.5) / 12.0
    radius = np.sqrt(u * u + v * v)
    cover = 1 - smoothstep(0.80, 1.02, radius)
    groove = 1 - 0.16 * np.exp(-np.square(x / 1.8)) * smoothstep(-0.9, -0.2, v)
    front = smoothstep(-1.1, -0.35, v)
    wet = 0.12 * np.exp(-np.square((np.abs(x) - 6.0) / 3.2) - np.square((v + 0.55) / 0.14))
    shade = (0.40 + 0.50 * front * (1 - 0.35 * u * u)) * groove + wet
    return _layer(cover, light.flesh, shade)


def _tip(x: Reals, y: Reals, light: Light) -> Floats:
    """The tip of a tongue that comes between the teeth: wide, rounded, lit from in front."""
    u, v = x / 12.0, (y - 8.6) / 5.6
    radius = np.sqrt(u * u + v * v)
    cover = 1 - smoothstep(0.80, 1.0, radius)
    round_edge = np.sqrt(np.clip(1 - np.square(np.minimum(radius, 1)), 0, 1))
    shade = (0.62 + 0.36 * round_edge) * (1 - 0.12 * np.exp(-np.square(x / 1.5)))
    return _layer(cover, light.flesh, shade)


def _teeth(x: Reals, px_per_mm: float, borders: tuple[float, ...], shorter: tuple[float, ...]) -> tuple[Floats, Floats]:
    """How much shorter the edge is at each x (mm), and the darkening between teeth, (h, w, 3), 1 = none."""
    distance = np.abs(x)
    index = np.clip(np.searchsorted(borders, distance.ravel(), side="right") - 1, 0, len(shorter) - 1)
    index = index.reshape(x.shape)
    low, high = np.array(borders)[index], np.array(borders)[index + 1]
    within = np.clip((distance - low) / (high - low) * 2 - 1, -1, 1)
    rounding = 0.45 * np.power(np.abs(within), 5)
    edge = np.array(shorter)[index] + rounding
    # Rounded along the arch: one tooth's edge runs into the next, which a few pixels would show as steps.
    edge = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), max(0.6 * px_per_mm, 0.6))
    nearest = np.minimum(np.abs(distance - low), np.abs(high - distance))
    # A tooth is round: its flanks turn away from the light, and the groove is the darkest line between two.
    flank = 0.07 * np.square(within)
    groove = np.exp(-np.square(nearest / max(0.42, 0.55 / px_per_mm)))
    gap = 1 - flank[..., np.newaxis] - GAP * groove[..., np.newaxis]
    return edge.astype(np.float32), gap.astype(np.float32)


def _falloff(x: Reals, reach: float) -> Floats:
    """Light falls off along the arch: the corners of a mouth are dark."""
    return np.clip(1 - 0.70 * np.square(x / reach), 0.1, 1).astype(np.float32)


def _layer(alpha: Reals, colour: Reals, shade: Reals) -> Floats:
    rgb = colour * (shade * alpha)[..., np.newaxis]
    return np.concatenate([rgb, alpha[..., np.newaxis]], axis=-1).astype(np.float32)
