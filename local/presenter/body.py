"""Neck and upper chest: their outline, relief and skin."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from local.presenter.geometry import Curve, Floats, Frame, both_sides, bump, mirrored, spline
from local.presenter.lighting import Surface, gloss, skin_light, srgb
from local.presenter.look import Presenter
from local.presenter.relief import normals, openness, surface
from local.presenter.texture import mottling, pores

NECK: Final = (
    (0.66, 0.9),
    (0.635, 1.50),
    (0.615, 1.95),
    (0.66, 2.25),
    (0.86, 2.46),
    (1.15, 2.62),
    (1.3, 2.9),
    (1.2, 4.2),
    (0.0, 4.2),
)

CONTROL: Final = (
    (0.00, 1.00, -0.55), (0.00, 1.60, -0.50), (0.00, 2.00, -0.44), (0.00, 2.40, -0.42), (0.00, 2.72, -0.47),
    (0.00, 3.00, -0.36), (0.00, 3.90, -0.20),
    (0.35, 1.00, -0.66), (0.35, 1.60, -0.62), (0.33, 2.00, -0.55), (0.34, 2.40, -0.54), (0.36, 2.72, -0.48),
    (0.40, 3.10, -0.34), (0.40, 3.90, -0.20),
    (0.56, 1.00, -0.95), (0.55, 1.60, -0.90), (0.54, 2.00, -0.86), (0.62, 2.35, -0.82), (0.74, 2.62, -0.62),
    (0.80, 3.10, -0.36), (0.80, 3.90, -0.22),
    (0.66, 1.60, -1.30), (0.65, 2.00, -1.30), (0.80, 2.36, -1.20), (1.30, 2.58, -1.00), (1.40, 2.80, -0.66),
    (1.50, 3.20, -0.42), (1.50, 3.90, -0.34),
    (2.40, 2.80, -1.10), (2.40, 3.20, -0.66), (2.40, 3.90, -0.52),
)  # fmt: skip
"""Right half of neck and chest: (x, y, z) as in anatomy."""


def body_outline(who: Presenter) -> Curve:
    """The closed silhouette of neck and chest."""
    return both_sides(_widened(np.vstack([spline(NECK[:7], 120), NECK[7:]]), who.face.neck_width))


def _widened(half: Curve, factor: float) -> NDArray[np.float64]:
    """Points (N, 2 or 3) of the body let out at the neck by a factor."""
    p = np.array(half, np.float64)
    p[:, 0] *= 1 + (factor - 1) * np.exp(-np.square(np.maximum(p[:, 1] - 2.0, 0) / 0.5))
    return p


def body_relief(frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    """Height of neck and chest, with the sternomastoid cords, the notch between them and the collar bones."""
    half = _widened(np.array(CONTROL), who.face.neck_width)
    points = np.vstack([half, half[7:] * (-1, 1, 1)])
    z = surface([(float(a), float(b), float(c)) for a, b, c in points], frame)
    cord = spline([(0.58, 1.55), (0.46, 2.05), (0.27, 2.48), (0.12, 2.72)])
    bone = spline([(0.14, 2.78), (0.45, 2.75), (0.85, 2.66), (1.35, 2.62)])
    z = z + 0.055 * _pair(frame, cord, [0.03, 0.10, 0.09, 0.05], 0.045)
    z = z + 0.050 * _pair(frame, bone, [0.11, 0.08, 0.08, 0.06], 0.035)
    z = z - 0.045 * bump(frame, 0, 2.745, 0.085, 0.075)
    z = z + 0.075 * who.face.throat * (bump(frame, 0, 2.10, 0.085, 0.10) + 0.5 * bump(frame, 0, 2.30, 0.10, 0.14))
    z = z + 0.018 * who.skin.age * _pair(
        frame, spline([(0.10, 1.75), (0.13, 2.2), (0.09, 2.6)]), [0.02, 0.05, 0.02], 0.03
    )
    return (z + 0.0004 * pores(frame, rng)).astype(np.float32)


def _pair(frame: Frame, half: Curve, widths: list[float], sigma: float) -> Floats:
    return frame.blurred(np.maximum(frame.line(half, widths), frame.line(mirrored(half), widths)), sigma)


def lit_body(frame: Frame, who: Presenter, z: Floats, lit: Floats, rng: np.random.Generator) -> Floats:
    """Neck and chest as seen, (H, W, 3) in linear light."""
    lay = Surface(normals(z, frame), lit, openness(z, frame) * (1 - 0.55 * bump(frame, 0, 1.62, 0.75, 0.30)))
    colour = np.broadcast_to(srgb(*who.skin.base) * 0.95, (frame.height, frame.width, 3)).astype(np.float32)
    warm = 0.06 * bump(frame, 0, 3.0, 0.6, 0.45) + 0.05
    colour = colour + (srgb(*who.skin.flush) - colour) * warm[..., None]
    colour = colour * (1 + 0.02 * mottling(frame, rng)[..., None])
    sheen = gloss(lay, 0.48, 0.55)
    return (colour * skin_light(lay, frame, np.ones_like(lit)) + sheen).astype(np.float32)
