"""The studio's lamps, and how skin, cloth and wet surfaces answer them, in linear light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from local.presenter.geometry import Floats, Frame


def _direction(x: float, y: float, z: float) -> Floats:
    v = np.array([x, y, z], np.float32)
    return (v / np.linalg.norm(v)).astype(np.float32)


def _colour(r: float, g: float, b: float) -> Floats:
    return np.array([r, g, b], np.float32)


KEY: Final = _direction(-0.60, -0.60, 0.74)
"""A large softbox up left of the camera."""
FILL: Final = _direction(0.75, -0.05, 0.70)
RIM: Final = _direction(0.90, -0.45, -0.12)
KEY_COLOUR: Final = _colour(1.16, 1.06, 0.96)
FILL_COLOUR: Final = _colour(0.21, 0.23, 0.27)
RIM_COLOUR: Final = _colour(0.75, 0.80, 0.90)
SKY: Final = _colour(0.19, 0.20, 0.22)
GROUND: Final = _colour(0.27, 0.215, 0.18)

SKIN_WRAP: Final = (0.34, 0.20, 0.13)
"""How far light creeps past the terminator, per channel: red scatters furthest under skin."""
SKIN_SCATTER: Final = (0.017, 0.010, 0.006)
"""Blur of the light under the skin in face units, per channel (about 1.1, 0.6 and 0.4 mm)."""


@dataclass(frozen=True)
class Surface:
    """What the lamps fall on: normals (H, W, 3), key light that arrives (H, W), ambient visibility (H, W)."""

    normal: Floats
    lit: Floats
    open: Floats


def srgb(r: int, g: int, b: int) -> Floats:
    """An 8-bit sRGB colour as linear light."""
    v = np.array([r, g, b], np.float32) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _wrapped(cosine: Floats, wrap: float) -> Floats:
    return (np.clip((cosine + wrap) / (1 + wrap), 0, 1) ** (1 + wrap)).astype(np.float32)


def skin_light(surface: Surface, frame: Frame, coverage: Floats) -> Floats:
    """Light leaving skin per unit of albedo, (H, W, 3): lamps, sky and ground, then spread under the skin."""
    key, fill, rim = (surface.normal @ d for d in (KEY, FILL, RIM))
    up = 0.5 - 0.5 * surface.normal[..., 1]
    planes: list[Floats] = []
    for c in range(3):
        # Shadows and hollows on skin stay warm: light that enters nearby comes out red.
        warm_lit = surface.lit ** (1.0 - 0.22 * (c == 0))
        hollow = surface.open ** (0.86, 1.0, 1.07)[c]
        light = KEY_COLOUR[c] * _wrapped(key, SKIN_WRAP[c]) * warm_lit * (0.35 + 0.65 * hollow)
        light += FILL_COLOUR[c] * _wrapped(fill, 0.4) * hollow
        light += RIM_COLOUR[c] * _wrapped(rim, 0.05)
        light += (GROUND[c] + (SKY[c] - GROUND[c]) * up) * hollow
        planes.append(_scattered(light.astype(np.float32), frame, coverage, SKIN_SCATTER[c]))
    return np.stack(planes, axis=2)


def _scattered(light: Floats, frame: Frame, coverage: Floats, sigma: float) -> Floats:
    weight = np.maximum(frame.blurred(coverage, sigma), 1e-3)
    return (frame.blurred(light * coverage, sigma) / weight).astype(np.float32)


def gloss(surface: Surface, roughness: Floats | float, strength: Floats | float) -> Floats:
    """Highlight (H, W, 3) of key and fill on a rough wet surface: Blinn-Phong with Schlick's edge gain."""
    exponent = 2.0 / np.square(roughness) - 1.0
    edge = (1 - surface.normal[..., 2]).clip(0, 1) ** 4
    total = np.zeros_like(surface.normal)
    for lamp, colour, seen in ((KEY, KEY_COLOUR, surface.lit), (FILL, FILL_COLOUR, 1.0)):
        half = lamp + np.array([0, 0, 1], np.float32)
        half = (half / np.linalg.norm(half)).astype(np.float32)
        cosine = (surface.normal @ half).clip(0, 1)
        lobe = cosine**exponent * (exponent + 2) / 8 * strength * (0.04 + 0.35 * edge) * seen * surface.open
        total += lobe[..., None] * colour
    return total.astype(np.float32)


def cloth_light(surface: Surface) -> Floats:
    """Light leaving matte cloth per unit of albedo, (H, W, 3)."""
    key, fill, rim = ((surface.normal @ d).clip(0, 1) for d in (KEY, FILL, RIM))
    up = (0.5 - 0.5 * surface.normal[..., 1])[..., None]
    light = KEY_COLOUR * (key * surface.lit)[..., None] + RIM_COLOUR * rim[..., None] * 0.5
    light += (FILL_COLOUR * fill[..., None] + GROUND + (SKY - GROUND) * up) * surface.open[..., None]
    return light.astype(np.float32)
