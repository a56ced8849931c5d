"""Ears, seen from the front: their outline, the rolled rim, the inner ridge, the hollow, and the lobe."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter import shape
from local.presenter.complexion import toward
from local.presenter.geometry import Floats, Frame, bump, mirrored, paired, spline, twice
from local.presenter.lighting import Surface, gloss, skin_light, srgb
from local.presenter.look import Presenter
from local.presenter.relief import normals, openness
from local.presenter.texture import pores

OUTLINE: Final = (
    (1.02, -0.20), (1.09, -0.285), (1.175, -0.315), (1.245, -0.265), (1.275, -0.150), (1.270, -0.010), (1.245, 0.130),
    (1.215, 0.260), (1.190, 0.370), (1.165, 0.455), (1.120, 0.510), (1.065, 0.490), (1.035, 0.420), (0.98, 0.30),
    (0.95, 0.00),
)  # fmt: skip
"""The right ear: it spans from the brow to the base of the nose."""
RIM: Final = (
    (1.070, 0.02), (1.085, -0.14), (1.115, -0.245), (1.172, -0.282), (1.222, -0.238), (1.246, -0.145), (1.240, -0.010),
    (1.217, 0.125), (1.190, 0.250), (1.165, 0.355),
)  # fmt: skip
RIDGE: Final = ((1.135, -0.180), (1.180, -0.110), (1.190, 0.000), (1.168, 0.120), (1.140, 0.230), (1.115, 0.300))
GROOVE: Final = ((1.120, -0.215), (1.175, -0.225), (1.208, -0.150), (1.212, -0.010), (1.190, 0.120), (1.160, 0.255))
LOBE: Final = (1.105, 0.445)
HOLLOW: Final = ((1.095, 0.085), (1.110, 0.190), (1.085, 0.270))


def draw_ears(picture: Floats, frame: Frame, who: Presenter, near_hair: Floats, rng: np.random.Generator) -> None:
    """Paint both ears onto the picture (H, W, 3), in place; the face covers their roots afterwards."""
    cover = coverage(frame, who)
    z = _relief(frame, cover, who, rng)
    lit = (1 - 0.75 * near_hair) * (1 - 0.35 * bump(frame, 1.15, 0.1, 0.16, 0.5))
    hollow = openness(z, frame) * (1 - 0.45 * near_hair)
    lay = Surface(normals(z, frame), lit.astype(np.float32), hollow.astype(np.float32))
    skin = who.skin
    colour = np.broadcast_to(srgb(*skin.base), (frame.height, frame.width, 3)).astype(np.float32)
    colour = toward(
        colour,
        srgb(*skin.flush),
        (0.30 + 0.25 * twice(frame, 1.22 * who.face.head_width, -0.1, 0.06, 0.3)).clip(0, 0.7),
    )
    depth = 0.78 * paired(frame, shape.shaped(spline(HOLLOW), who), [0.05, 0.075, 0.04], 0.028)
    depth += 0.60 * paired(frame, shape.shaped(spline(GROOVE), who), [0.008, 0.022, 0.020, 0.006], 0.011)
    colour = toward(colour, srgb(*skin.shade) * 0.42, depth.clip(0, 0.85))
    seen = colour * skin_light(lay, frame, np.maximum(cover, 1e-3)) + gloss(lay, 0.42, 0.55 * skin.oil)
    picture += (seen - picture) * frame.blurred(cover, 0.004)[..., None]


def coverage(frame: Frame, who: Presenter) -> Floats:
    """Where the ears lie, (H, W)."""
    right = shape.shaped(spline(OUTLINE, 120, closed=True), who)
    return frame.fill(right, mirrored(right))


def lobe(who: Presenter) -> tuple[float, float]:
    """The middle of the right ear's lobe."""
    x, y = shape.shaped([LOBE], who)[0]
    return float(x), float(y)


def _relief(frame: Frame, cover: Floats, who: Presenter, rng: np.random.Generator) -> Floats:
    """Height, face units: a leaf that stands away from the skull, higher at its outer rim."""
    x, _ = frame.grid()
    w = who.face.head_width
    z = -0.62 + 0.35 * (np.abs(x) - 1.05 * w) + 0.05 * frame.blurred(cover, 0.03)
    z = z + 0.062 * paired(frame, shape.shaped(spline(RIM), who), [0.03, 0.058, 0.058, 0.050, 0.03], 0.012)
    z = z + 0.045 * paired(frame, shape.shaped(spline(RIDGE), who), [0.03, 0.055, 0.05, 0.03], 0.016)
    z = z - 0.060 * paired(frame, shape.shaped(spline(GROOVE), who), [0.01, 0.026, 0.026, 0.01], 0.012)
    z = z - 0.075 * paired(frame, shape.shaped(spline(HOLLOW), who), [0.06, 0.085, 0.05], 0.026)
    z = z + 0.045 * twice(frame, 1.035 * w, 0.06, 0.03, 0.06) + 0.05 * twice(frame, 1.105 * w, 0.42, 0.045, 0.065)
    return (z + 0.0004 * pores(frame, rng)).astype(np.float32)
