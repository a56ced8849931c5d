"""How one piece of cloth is laid on what is below it: its shadow, its folds and its light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from local.presenter.geometry import Curve, Floats, Frame, spline
from local.presenter.lighting import Surface, cloth_light, srgb
from local.presenter.look import Colour
from local.presenter.relief import normals, openness
from local.presenter.texture import cloud

SHOULDER: Final = (
    (0.66, 2.20),
    (0.90, 2.42),
    (1.35, 2.58),
    (2.00, 2.76),
    (2.55, 2.95),
    (2.88, 3.22),
    (3.05, 3.62),
    (3.14, 4.2),
)
SHADOW_TINT: Final = np.array([0.94, 1.0, 1.02], np.float32)


@dataclass(frozen=True)
class Panel:
    """One piece of cloth: coverage (H, W) and relief (H, W) in face units, colour, and how far it stands off.

    `weave` (H, W) is the brightness of its threads around 0, `silk` 0..1 how much it shines.
    """

    cover: Floats
    z: Floats
    colour: Colour
    thickness: float
    weave: Floats
    silk: float = 0.08


def lay(picture: Floats, frame: Frame, below: Floats, panel: Panel) -> None:
    """Paint a panel over the picture after darkening what it shades, which is only what lies `below`."""
    part, where = _around(frame, panel)
    below = below[where]
    panel = replace(panel, cover=panel.cover[where], z=panel.z[where], weave=panel.weave[where])
    reach = panel.thickness
    cast = part.shifted(part.blurred(panel.cover, reach * 0.8), 0.5 * reach, 0.7 * reach)
    close = part.blurred(panel.cover, reach * 0.25)
    picture[where] *= 1 - (below * (0.50 * cast + 0.30 * close))[..., None] * SHADOW_TINT
    surface = Surface(normals(panel.z, part), np.ones_like(panel.cover), openness(panel.z, part))
    colour = cloth_light(surface) * srgb(*panel.colour) * (1 + np.float32(0.07) * panel.weave)[..., None]
    edge = (1 - surface.normal[..., 2]).clip(0, 1)
    sheen = (0.4 - 0.5 * surface.normal[..., 1]).clip(0, 1) ** 2 * edge * panel.silk
    picture[where] += (colour + sheen[..., None] - picture[where]) * panel.cover[..., None]


def _around(frame: Frame, panel: Panel) -> tuple[Frame, tuple[slice, slice]]:
    """The window that holds a panel and its shadow."""
    rows, columns = np.flatnonzero(panel.cover.any(axis=1)), np.flatnonzero(panel.cover.any(axis=0))
    if not len(rows):
        return frame.window(0, 0, 0, 0)
    margin = 0.12 + 3 * panel.thickness
    x = (np.array([columns[0], columns[-1]]) - frame.left) / frame.unit
    y = (np.array([rows[0], rows[-1]]) - frame.top) / frame.unit
    return frame.window(x[0] - margin, y[0] - margin, x[1] + margin, y[1] + margin)


def cut(points: Curve, ease: float = 0.025) -> Curve:
    """A panel's outline: nearly straight cuts with corners eased by a few millimetres."""
    p = np.asarray(points, np.float64)
    steps = np.stack([np.roll(p, 1, 0) - p, np.roll(p, -1, 0) - p], axis=1)
    share = np.minimum(0.15, ease / np.linalg.norm(steps, axis=2, keepdims=True))
    return spline((p[:, None] + steps * share).reshape(-1, 2), 400, closed=True)


def torso(frame: Frame, wide: float) -> Floats:
    """Relief of chest and shoulders under the cloth: round shoulders that roll away at the silhouette.

    `wide` is how far it is let out around the neck, as in `widened`.
    """
    x, y = frame.grid()
    edge = widened(spline(SHOULDER, 600), wide)
    drop = y - np.interp(np.abs(x), edge[:, 0], edge[:, 1])
    roll = 0.55 * (1 - np.exp(-np.clip(drop, 0, None) / 0.22))
    return (roll + chest(frame)).astype(np.float32)


def chest(frame: Frame) -> Floats:
    """The same without the shoulders' roll: what a collar lies on."""
    x, y = frame.grid()
    return (-0.10 * x**2 + 0.08 * (y - 3.0) - 0.05 * np.sqrt(x**2 + 0.02) - 0.95).astype(np.float32)


def folds(frame: Frame, rng: np.random.Generator, soft: float = 1.0) -> Floats:
    """Soft creases from the shoulders towards the middle, and the dent where the sleeve is set in."""
    total = np.zeros((frame.height, frame.width), np.float32)
    for side in (-1, 1):
        for _ in range(7):
            x, y = rng.uniform(1.3, 2.7), rng.uniform(3.05, 3.6)
            crease = spline([(x, y), (x - 0.25, y + 0.30), (x - 0.55, y + rng.uniform(0.45, 0.7))])
            depth = rng.uniform(-0.05, 0.05) * soft
            total += frame.blurred(frame.line(crease * (side, 1), [0.01, 0.10, 0.01]), 0.05) * depth
        seam = spline([(2.52, 2.93), (2.40, 3.25), (2.34, 3.70), (2.40, 4.2)]) * (side, 1)
        total -= 0.018 * frame.blurred(frame.line(seam, 0.02), 0.010)
        total -= 0.050 * frame.blurred(frame.line(seam, 0.10), 0.07)
    return (total + 0.005 * cloud(frame, rng, 0.40)).astype(np.float32)


def weave(frame: Frame, rng: np.random.Generator) -> Floats:
    """Threads of wool or cotton, deviation about 1."""
    return (0.7 * cloud(frame, rng, 0.006) + 0.3 * cloud(frame, rng, 0.05)).astype(np.float32)


def widened(half: Curve, factor: float) -> np.ndarray:
    """A cut let out around the neck by a factor."""
    p = np.array(half, np.float64)
    p[:, 0] *= 1 + (factor - 1) * np.exp(-(((p[:, 1] - 2.2) / 0.55) ** 2))
    return p
