"""Hair of the lower face: beard and moustache hair by hair, or the shade of stubble."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from local.presenter import shape
from local.presenter.complexion import toward
from local.presenter.geometry import Floats, Frame, both_sides, bump, spline
from local.presenter.lighting import srgb
from local.presenter.look import Beard, Presenter

HAIRS: Final = 11000
CHEEK_LINE: Final = (
    (0.975, 0.30), (0.945, 0.62), (0.80, 0.86), (0.62, 0.98), (0.50, 0.97), (0.46, 0.88), (0.36, 0.80),
    (0.20, 0.765), (0.05, 0.775), (0.0, 0.785),
)  # fmt: skip
JAW_LINE: Final = ((0.0, 1.86), (0.40, 1.80), (0.75, 1.55), (1.00, 1.20), (1.06, 0.80), (1.05, 0.30))
"""Edges of the beard on the right half: above, from the ear to the middle of the lip, and below."""


def draw_beard(picture: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> None:
    """Paint this person's beard, if any, onto the lit face (H, W, 3), in place."""
    beard = who.beard
    if beard is None:
        return
    field = _density(frame, who) * beard.density
    tint = 0.34 if beard.extent == "stubble" else 0.86
    under = frame.blurred(field, 0.02) * tint
    light = (picture @ np.array([0.3, 0.5, 0.2], np.float32)) / max(float(srgb(*who.skin.base) @ (0.3, 0.5, 0.2)), 1e-3)
    shade = frame.blurred(light, 0.03)[..., None].clip(0.15, 1.4)
    picture += toward(picture, srgb(*beard.colour) * (0.55 + 0.5 * shade), under) - picture
    for colour, share in ((beard.colour, 0.6), (beard.light, 0.25), (beard.colour, 0.15)):
        cover = _hairs(frame, field, beard, int(HAIRS * share), rng)
        picture += (
            toward(picture, srgb(*colour) * shade, cover * (0.45 if beard.extent == "stubble" else 0.62)) - picture
        )


def _density(frame: Frame, who: Presenter) -> Floats:
    """Where hair grows, 0..1: cheeks below a line, jaw, chin and above the lip; never the lips."""
    half = shape.shaped(np.vstack([spline(CHEEK_LINE, 90)[::-1], spline(JAW_LINE, 60)[::-1]]), who)
    region = frame.blurred(frame.fill(both_sides(half)), 0.030)
    upper, lower = shape.lip_outlines(who)
    lips = frame.blurred(np.maximum(frame.fill(upper), frame.fill(lower)), 0.012)
    lips = np.clip(lips * 2.2, 0, 1)
    bare = 0.75 * (bump(frame, 0.24, 1.23, 0.10, 0.035) + bump(frame, -0.24, 1.23, 0.10, 0.035))
    philtrum = 0.5 * bump(frame, 0, 0.80, 0.035, 0.06)
    return (region * (1 - lips) * (1 - bare) * (1 - philtrum)).clip(0, 1).astype(np.float32)


def _hairs(frame: Frame, field: Floats, beard: Beard, count: int, rng: np.random.Generator) -> Floats:
    """Coverage of `count` hairs rooted where `field` is dense, combed down and outward."""
    at = rng.uniform((-1.1, 0.25), (1.1, 1.9), (count * 3, 2))
    pixel = np.round(at * frame.unit + (frame.left, frame.top)).astype(int)
    pixel = np.clip(pixel, 0, (frame.width - 1, frame.height - 1))
    at = at[rng.random(len(at)) < field[pixel[:, 1], pixel[:, 0]]][:count]
    x, y = at[:, 0], at[:, 1]
    moustache = np.exp(-(((y - 0.83) / 0.09) ** 2)) * (np.abs(x) < 0.45)
    heading = np.arctan2(1.0 - 0.55 * moustache, x * 0.55 + np.sign(x) * 0.75 * moustache)
    heading = heading + rng.normal(0, 0.28, len(at))
    bend = rng.normal(0, 0.5, len(at))
    length = beard.length * rng.uniform(0.5, 1.2, len(at)) * (1 - 0.35 * moustache)
    t = np.linspace(0, 1, 6)
    angle = heading[:, None] + bend[:, None] * t[None]
    steps = np.stack([np.cos(angle), np.sin(angle)], axis=2) * (length / 6)[:, None, None]
    paths = at[:, None] + np.cumsum(steps, axis=1)
    layer = np.zeros((frame.height, frame.width), np.uint8)
    fixed = np.round((paths * frame.unit + (frame.left, frame.top)) * 16).astype(np.int32)
    cv2.polylines(layer, list(fixed), False, 255, 1, cv2.LINE_AA, 4)
    return np.multiply(layer, 1 / 255, dtype=np.float32)
