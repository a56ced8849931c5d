"""Draws the inside of a mouth once, in the portrait's light: cavity, upper teeth, lower teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.runtimes.mesh.frame import HALF_MOUTH_MM, FaceFrame
from renderer.runtimes.mesh.light import Light
from renderer.runtimes.mesh.spline import smoothstep
from renderer.types import Floats, Reals

# Where each tooth ends, mm from the midline: mean crown widths (Wheeler), foreshortened along the arch.
UPPER_BORDERS: Final = (0.0, 4.3, 7.9, 11.6, 15.0, 17.9, 20.2)
LOWER_BORDERS: Final = (0.0, 2.7, 5.6, 9.2, 12.8, 15.8, 18.2)
UPPER_SHORTER: Final = (0.0, 0.7, 0.1, 0.7, 1.1, 1.6)
LOWER_SHORTER: Final = (0.0, 0.0, -0.2, 0.4, 0.9, 1.4)
UPPER_EDGE_MM: Final = 3.0
"""How far the upper incisors reach below the closed lips' line: 2 to 3 mm show at rest with parted lips."""
LOWER_EDGE_MM: Final = 1.2


@dataclass(frozen=True)
class Mouth:
    """Premultiplied RGBA float32 (h, w, 4), 0..255 and 0..1, over the mouth's box, each as it lies at rest."""

    cavity: Floats
    upper: Floats
    lower: Floats
    tongue: Floats


def draw_mouth(frame: FaceFrame, pixels: Reals, light: Light) -> Mouth:
    """`pixels` (h, w, 2): the box to draw in, picture pixels."""
    mm = frame.to_mm(pixels)
    x, y = frame.along_mouth(mm) * HALF_MOUTH_MM, mm[..., 1]
    scale = frame.px_per_mm
    return Mouth(_cavity(x, y, light), _upper(x, y, scale, light), _lower(x, y, scale, light), _tongue(x, y, light))


def _cavity(x: Reals, y: Reals, light: Light) -> Floats:
    depth = 0.6 + 0.7 * smoothstep(-2, 22, y)
    sides = 1 - 0.5 * np.square(x / HALF_MOUTH_MM)
    return _layer(np.ones_like(x), light.cavity, depth * np.clip(sides, 0.3, 1))


def _upper(x: Reals, y: Reals, px_per_mm: float, light: Light) -> Floats:
    soft = max(0.35, 0.7 / px_per_mm)
    edge, gap = _arch(x, px_per_mm, UPPER_BORDERS, UPPER_SHORTER)
    lowest = UPPER_EDGE_MM - 0.0075 * x * x - edge
    cover = smoothstep(-soft, soft, lowest - y) * (1 - smoothstep(18.5, 20.5, np.abs(x)))
    gum = smoothstep(-9.5, -7.5, y)
    shade = _falloff(x, 21.0) * gap * (0.80 + 0.20 * smoothstep(-8, 0, y))
    teeth = _layer(cover * gum, light.teeth, shade)
    flesh = _layer(cover * (1 - gum), light.flesh * 0.8, _falloff(x, 21.0))
    return teeth + flesh


def _lower(x: Reals, y: Reals, px_per_mm: float, light: Light) -> Floats:
    soft = max(0.35, 0.7 / px_per_mm)
    edge, gap = _arch(x, px_per_mm, LOWER_BORDERS, LOWER_SHORTER)
    highest = LOWER_EDGE_MM + 0.012 * x * x + edge
    cover = smoothstep(-soft, soft, y - highest) * (1 - smoothstep(16.5, 18.5, np.abs(x)))
    gum = 1 - smoothstep(8.0, 9.5, y)
    shade = 0.80 * _falloff(x, 19.0) * gap * (0.75 + 0.25 * (1 - smoothstep(1, 9, y)))
    return _layer(cover * gum, light.teeth, shade) + _layer(cover * (1 - gum), light.flesh * 0.7, _falloff(x, 19.0))


def _tongue(x: Reals, y: Reals, light: Light) -> Floats:
    # A dome whose top lies just below the lower incisors' edge; the groove along its middle keeps it from a red ball.
    u, v = x / 17.0, (y - 11.0) / 9.0
    radius = np.sqrt(u * u + v * v)
    cover = 1 - smoothstep(0.88, 1.0, radius)
    lift = np.sqrt(np.clip(1 - radius * radius, 0, 1))
    groove = 1 - 0.18 * np.exp(-np.square(x / 1.6)) * smoothstep(-0.9, 0.2, v)
    shade = (0.48 + 0.42 * np.clip(lift - 0.35 * v, 0, 1.2)) * groove
    return _layer(cover, light.flesh, shade)


def _arch(x: Reals, px_per_mm: float, borders: tuple[float, ...], shorter: tuple[float, ...]) -> tuple[Floats, Floats]:
    """How much shorter the edge is at each x (mm), and the darkening between teeth (1 = none)."""
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
    return edge.astype(np.float32), (1 - 0.17 * np.exp(-np.square(nearest / 0.5))).astype(np.float32)


def _falloff(x: Reals, reach: float) -> Floats:
    """Light falls off along the arch: the corners of a mouth are dark."""
    return np.clip(1 - 0.72 * np.square(x / reach), 0.1, 1).astype(np.float32)


def _layer(alpha: Reals, colour: Reals, shade: Reals) -> Floats:
    rgb = colour * (shade * alpha)[..., np.newaxis]
    return np.concatenate([rgb, alpha[..., np.newaxis]], axis=-1).astype(np.float32)
