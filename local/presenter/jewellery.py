"""A fine chain with a pendant, on the skin between the lapels."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter.geometry import Floats, Frame, both_sides, bump, moved, spline
from local.presenter.lighting import srgb

CHAIN: Final = ((0.0, 2.990), (0.12, 2.945), (0.30, 2.800), (0.47, 2.600), (0.60, 2.400), (0.65, 2.300))
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


def _circle(radius: float) -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return [(float(radius * np.cos(a)), float(radius * np.sin(a))) for a in turn]
