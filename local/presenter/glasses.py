"""Spectacles: rims, bridge, hinges and temples, their shadow on the skin, and the lamp in the lenses."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter import shape
from local.presenter.complexion import toward
from local.presenter.geometry import Floats, Frame, mirrored, moved, spline
from local.presenter.lighting import srgb
from local.presenter.look import Presenter

LENS: Final = (
    (0.155, -0.115), (0.30, -0.185), (0.52, -0.200), (0.74, -0.180), (0.865, -0.110), (0.880, 0.040), (0.825, 0.200),
    (0.680, 0.290), (0.500, 0.305), (0.310, 0.280), (0.195, 0.185), (0.150, 0.030),
)  # fmt: skip
BRIDGE: Final = ((-0.165, -0.045), (-0.09, -0.085), (0.0, -0.097), (0.09, -0.085), (0.165, -0.045))
TEMPLE: Final = ((0.868, -0.115), (0.96, -0.125), (1.065, -0.110))
RIM: Final = 0.030
"""Width of the rims, face units (1.9 mm)."""


def draw_glasses(picture: Floats, frame: Frame, who: Presenter) -> None:
    """Paint this person's glasses, if any, onto the lit face (H, W, 3), in place."""
    colour = who.clothing.glasses
    if colour is None:
        return
    right = spline(LENS, 160, closed=True)
    lenses = frame.fill(right, mirrored(right))
    metal = _rims(frame, who, right)
    shadow = frame.shifted(frame.blurred(metal, 0.014), 0.020, 0.040)
    picture *= 1 - (0.42 * shadow)[..., None] * np.array([0.85, 1.0, 1.04], np.float32)
    x, y = frame.grid()
    # A pale band of the softbox across each lens, upper left to lower right.
    band = np.exp(-((((np.abs(x) - 0.5) * np.sign(x) + 0.75 * y + 0.10) / 0.10) ** 2)) * (y < 0.12)
    picture += (lenses * (0.010 + 0.030 * frame.blurred(band.astype(np.float32), 0.02)))[..., None]
    inner = frame.shifted(frame.blurred(metal, 0.004), 0.004, 0.006)
    bevel = (frame.blurred(metal, 0.004) - inner).clip(0, 1)
    tone = srgb(*colour)[None, None] * (0.75 + 0.5 * frame.blurred(metal, 0.006)[..., None]) + 0.50 * bevel[..., None]
    picture += toward(picture, tone.astype(np.float32), frame.blurred(metal, 0.0018)) - picture


def _rims(frame: Frame, who: Presenter, right: np.ndarray) -> Floats:
    ring = np.vstack([right, right[:2]])
    # Acetate: the upper rim is heavier than the lower.
    heavy = 1 + 0.45 * np.clip(-ring[:, 1] / 0.2, -0.6, 1)
    parts = [frame.line(side, list(RIM * heavy)) for side in (ring, mirrored(ring))]
    parts.append(frame.line(spline(BRIDGE, 60), [RIM * 1.2, RIM * 0.95, RIM * 1.2]))
    temple = moved(shape.shaped(spline(TEMPLE, 40), who), 0, 0)
    parts += [frame.line(side, [RIM * 1.5, RIM * 1.25, RIM * 1.1]) for side in (temple, mirrored(temple))]
    return np.maximum.reduce(parts)
