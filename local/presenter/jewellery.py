"""What is worn on the bare neck: a fine chain with a pendant, or pearls."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter.geometry import Floats, Frame, both_sides, bump, moved, spline
from local.presenter.lighting import srgb

CHAIN: Final = ((0.0, 2.990), (0.12, 2.945), (0.30, 2.800), (0.47, 2.600), (0.60, 2.400), (0.65, 2.300))
PEARLS: Final = ((0.0, 2.800), (0.14, 2.775), (0.30, 2.700), (0.47, 2.560), (0.60, 2.390), (0.66, 2.270))
PEARL: Final = 0.034
"""Radius of a pearl, face units (2 mm)."""
PENDANT: Final = (0.0, 3.025)


def draw_necklace(picture: Floats, frame: Frame) -> None:
    """Paint chain and pendant onto lit skin (H, W, 3), in place."""
    half = spline(CHAIN, 150)
    chain = both_sides(half)
    shadow = frame.blurred(frame.line(moved(chain, 0.008, 0.014), 0.012), 0.008) * 0.30
    shadow = shadow + 0.45 * bump(frame, PENDANT[0] + 0.012, PENDANT[1] + 0.018, 0.026, 0.026)
    picture *= 1 - shadow[..., None] * np.array([0.85, 1.0, 1.05], np.float32)
    # Links catch the lamp one by one.
    links = np.where(np.arange(len(chain)) % 3 == 0, 1.0, 0.35)
    lit = frame.blurred(frame.line(chain, 0.0075), 0.0015)
    x, _ = frame.grid()
    at = np.interp(x[0], np.sort(chain[:, 0]), links[np.argsort(chain[:, 0])])[None].astype(np.float32)
    gold = srgb(214, 170, 96) * (0.45 + 0.75 * at)[..., None]
    picture += (gold - picture) * lit[..., None]
    disc = frame.fill(moved(_circle(0.026), *PENDANT))
    shine = bump(frame, PENDANT[0] - 0.008, PENDANT[1] - 0.009, 0.009, 0.009)
    face = srgb(206, 160, 88) * (0.55 + 0.9 * shine)[..., None]
    picture += (face - picture) * disc[..., None]


def draw_pearls(picture: Floats, frame: Frame) -> None:
    """Paint a string of pearls onto lit skin (H, W, 3), in place."""
    string = both_sides(spline(PEARLS, 200))
    shadow = frame.blurred(frame.line(moved(string, 0.010, 0.026), 0.055), 0.016) * 0.42
    picture *= 1 - shadow[..., None] * np.array([0.85, 1.0, 1.05], np.float32)
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(string, axis=0), axis=1))])
    at = np.arange(0, steps[-1], 2 * PEARL * 0.98)
    for x, y in zip(np.interp(at, steps, string[:, 0]), np.interp(at, steps, string[:, 1]), strict=True):
        _pearl(picture, frame, float(x), float(y), PEARL)


def draw_earrings(picture: Floats, frame: Frame, lobe: tuple[float, float]) -> None:
    """Paint a pearl on either ear, in place; `lobe` is the right one's place."""
    for side in (-1, 1):
        _pearl(picture, frame, side * lobe[0], lobe[1], PEARL * 1.25)


def _pearl(picture: Floats, frame: Frame, x: float, y: float, radius: float) -> None:
    part, where = frame.window(x - 0.06, y - 0.06, x + 0.06, y + 0.06)
    if not (part.height and part.width):
        return
    disc = part.fill(moved(_circle(radius), x, y))
    body = 0.34 + 0.50 * bump(part, x - 0.009, y - 0.010, 0.020, 0.020)
    glint = 0.75 * bump(part, x - 0.011, y - 0.013, 0.0055, 0.0055)
    glint += 0.10 * bump(part, x + 0.010, y + 0.013, 0.010, 0.006)
    tone = srgb(246, 238, 226) * body[..., None] + glint[..., None]
    picture[where] += (tone - picture[where]) * disc[..., None]


def _circle(radius: float) -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return [(float(radius * np.cos(a)), float(radius * np.sin(a))) for a in turn]
