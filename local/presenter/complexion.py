"""The colours of the face's skin and lips, before any light falls on them."""

from __future__ import annotations

import numpy as np

from local.presenter import anatomy as at
from local.presenter import shape
from local.presenter.geometry import Floats, Frame, both_sides, bump, mirrored, paired, spline, twice
from local.presenter.lighting import srgb
from local.presenter.look import Presenter
from local.presenter.texture import mottling, pores


def albedo(frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    """Colour of the face's skin and lips in linear light, (H, W, 3)."""
    skin = who.skin
    colour = np.broadcast_to(srgb(*skin.base), (frame.height, frame.width, 3)).astype(np.float32)
    flush = skin.blush * twice(frame, 0.70, 0.50, 0.27, 0.20, -0.35) + 0.30 * bump(frame, 0, 0.58, 0.17, 0.14)
    flush += 0.20 * twice(frame, 0.25, 0.58, 0.10, 0.12) + 0.10 * bump(frame, 0, 1.55, 0.25, 0.15)
    colour = toward(colour, srgb(*skin.flush), flush.clip(0, 0.8))
    colour = toward(colour, srgb(*skin.shade), _dark(frame, who).clip(0, 0.8))
    uneven = (0.028 + 0.012 * skin.age) * mottling(frame, rng)[..., None]
    colour = colour * (1 + uneven * np.array([0.6, 1.1, 1.2], np.float32))
    return _lips(_freckled(colour, frame, who, rng), frame, who, rng)


def toward(colour: Floats, target: Floats, amount: Floats) -> Floats:
    """`colour` (H, W, 3) moved to `target` by `amount` (H, W) 0..1."""
    return (colour + (target - colour) * amount[..., None]).astype(np.float32)


def _dark(frame: Frame, who: Presenter) -> Floats:
    """Where the skin is darker by itself: lids, rings under the eyes, sockets, below the nose and the cheek bones."""
    age = who.skin.age
    dark = (
        0.50 * _lid_tint(frame, who)
        + (0.20 + 0.16 * age) * twice(frame, 0.42, 0.14, 0.16, 0.05, 0.15)
        + 0.22 * twice(frame, 0.24, -0.04, 0.06, 0.10)
    )
    dark += 0.60 * paired(frame, shape.lid_crease(who), [0.004, 0.014, 0.018, 0.018, 0.006], 0.008)
    dark += 0.30 * bump(frame, 0, 0.70, 0.16, 0.03) + 0.34 * twice(frame, 0.86, 0.80, 0.15, 0.30, 0.35)
    return (dark + 0.22 * twice(frame, 1.0, -0.55, 0.12, 0.35)).astype(np.float32)


def _lid_tint(frame: Frame, who: Presenter) -> Floats:
    lid = np.vstack([shape.lid_crease(who), shape.around_eye(at.UPPER_LID, who)[::-1]])
    return frame.blurred(frame.fill(lid, mirrored(lid)), 0.02)


def _freckled(colour: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    spots = np.zeros((frame.height, frame.width), np.float32)
    for _ in range(who.skin.freckles):
        side = 1 if rng.random() < 0.5 else -1
        x, y = side * rng.normal(0.55, 0.22), rng.normal(0.42, 0.14)
        part, where = frame.window(x - 0.06, y - 0.06, x + 0.06, y + 0.06)
        if part.height and part.width:
            spots[where] += bump(part, x, y, *rng.uniform(0.006, 0.011, 2)) * rng.uniform(0.05, 0.22)
    return toward(colour, srgb(*who.skin.shade), spots.clip(0, 0.5))


def _lips(colour: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    upper, lower = shape.lip_outlines(who)
    lips = srgb(*who.skin.lips)
    grain = pores(frame, rng)
    for outline, tone in ((upper, 0.80), (lower, 1.0)):
        amount = (frame.blurred(frame.fill(outline), 0.010) * 0.92).clip(0, 1)
        colour = toward(colour, lips * tone, amount)
    line = both_sides(shape.mouth_line(who))
    seam = frame.blurred(frame.line(line, [0.006, 0.015, 0.016, 0.015, 0.006]), 0.0055)
    colour = toward(colour, lips * 0.13, (seam * 1.1).clip(0, 1))
    hole = shape.shaped(spline(at.NOSTRIL, 60, True), who)
    nostrils = frame.blurred(frame.fill(hole, mirrored(hole)), 0.012)
    colour = toward(colour, srgb(*who.skin.shade) * 0.10, (nostrils * 0.85).clip(0, 1))
    return (colour * (1 + 0.006 * grain[..., None])).astype(np.float32)
