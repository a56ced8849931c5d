"""The jacket with its lapels, and the blouse under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from local.presenter.geometry import Curve, Floats, Frame, both_sides, mirrored, moved, spline
from local.presenter.lighting import Surface, cloth_light, srgb
from local.presenter.look import Colour, Presenter
from local.presenter.relief import normals, openness
from local.presenter.texture import cloud

NECKLINE: Final = ((0.0, 3.30), (0.10, 3.24), (0.30, 2.98), (0.52, 2.70), (0.68, 2.46), (0.74, 2.30))
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
FRONT: Final = ((0.10, 4.2), (0.34, 3.72), (0.60, 3.20), (0.74, 2.75), (0.70, 2.40))
LAPEL: Final = (
    (0.00, 4.36), (0.16, 4.10), (0.36, 3.72), (0.60, 3.22), (0.72, 2.88), (0.80, 2.74), (1.20, 2.925),
    (1.46, 3.02), (1.33, 3.36), (1.06, 3.72), (0.62, 4.20), (0.3, 4.4),
)  # fmt: skip
COLLAR: Final = (
    (0.64, 2.22),
    (0.82, 2.34),
    (1.05, 2.50),
    (1.34, 2.72),
    (1.20, 2.925),
    (0.80, 2.74),
    (0.72, 2.62),
    (0.66, 2.42),
)


@dataclass(frozen=True)
class Panel:
    """One piece of cloth: coverage (H, W) and relief (H, W) in face units, colour, and how far it stands off."""

    cover: Floats
    z: Floats
    colour: Colour
    thickness: float


def coverage(frame: Frame) -> Floats:
    """Where jacket and blouse lie."""
    return np.maximum(_jacket(frame), _blouse(frame))


def draw_clothes(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint blouse, jacket, lapels and collar onto the picture, in place, each shading the `skin` and cloth below."""
    torso = _torso(frame)
    folds = _folds(frame, rng)
    weave = 0.7 * cloud(frame, rng, 0.006) + 0.3 * cloud(frame, rng, 0.05)
    blouse = _blouse(frame)
    hem = frame.line(both_sides(moved(spline(NECKLINE, 60), 0.0, 0.05)), 0.006)
    silk = torso + 0.03 * frame.blurred(blouse, 0.012) - 0.008 * frame.blurred(hem, 0.006) + _drape(frame, rng)
    _lay(picture, frame, skin, Panel(blouse, silk, who.clothing.blouse, 0.03), weave * 0.25)
    jacket = _jacket(frame)
    wool = torso + folds + 0.03 * frame.blurred(jacket, 0.012)
    _lay(picture, frame, np.maximum(skin, blouse), Panel(jacket, wool, who.clothing.jacket, 0.06), weave)
    worn = np.maximum(np.maximum(skin, blouse), jacket)
    for outline in (LAPEL, COLLAR):
        half = _cut(outline)
        cover = frame.fill(half, mirrored(half))
        raised = torso + 0.4 * folds + 0.018 * frame.blurred(cover, 0.006) + 0.030 * frame.blurred(cover, 0.035)
        _lay(picture, frame, worn, Panel(cover, raised, who.clothing.jacket, 0.035), weave)


def _cut(points: Curve) -> Curve:
    """A panel's outline: nearly straight cuts with corners eased by a few millimetres."""
    p = np.asarray(points, np.float64)
    steps = np.stack([np.roll(p, 1, 0) - p, np.roll(p, -1, 0) - p], axis=1)
    ease = np.minimum(0.15, 0.025 / np.linalg.norm(steps, axis=2, keepdims=True))
    return spline((p[:, None] + steps * ease).reshape(-1, 2), 400, closed=True)


def _blouse(frame: Frame) -> Floats:
    inner = spline(NECKLINE, 60)
    return frame.fill(both_sides(np.vstack([inner, [(1.2, 2.6), (1.2, 4.2), (0.0, 4.2)]])))


def _jacket(frame: Frame) -> Floats:
    half = np.vstack([spline(FRONT, 60), spline(SHOULDER, 100)])
    return frame.fill(half, mirrored(half))


def _torso(frame: Frame) -> Floats:
    """Chest and shoulders under the cloth: round shoulders that roll away at the silhouette."""
    x, y = frame.grid()
    edge = spline(SHOULDER, 600)
    drop = y - np.interp(np.abs(x), edge[:, 0], edge[:, 1])
    roll = 0.55 * (1 - np.exp(-np.clip(drop, 0, None) / 0.22))
    chest = -0.10 * x**2 + 0.08 * (y - 3.0) - 0.05 * np.sqrt(x**2 + 0.02)
    return (roll + chest - 0.95).astype(np.float32)


def _folds(frame: Frame, rng: np.random.Generator) -> Floats:
    """Soft creases from the shoulders towards the closing of the jacket, and the dent where the sleeve is set in."""
    total = np.zeros((frame.height, frame.width), np.float32)
    for side in (-1, 1):
        for _ in range(7):
            x, y = rng.uniform(1.3, 2.7), rng.uniform(3.05, 3.6)
            crease = spline([(x, y), (x - 0.25, y + 0.30), (x - 0.55, y + rng.uniform(0.45, 0.7))])
            total += frame.blurred(frame.line(crease * (side, 1), [0.01, 0.10, 0.01]), 0.05) * rng.uniform(-0.05, 0.05)
        seam = spline([(2.52, 2.93), (2.40, 3.25), (2.34, 3.70), (2.40, 4.2)]) * (side, 1)
        total -= 0.018 * frame.blurred(frame.line(seam, 0.02), 0.010)
        total -= 0.050 * frame.blurred(frame.line(seam, 0.10), 0.07)
    return (total + 0.005 * cloud(frame, rng, 0.40)).astype(np.float32)


def _drape(frame: Frame, rng: np.random.Generator) -> Floats:
    """Fine folds of silk that fall from the neckline."""
    total = np.zeros((frame.height, frame.width), np.float32)
    for side in (-1, 1):
        for _ in range(5):
            x = rng.uniform(0.05, 0.5)
            y = 3.35 - 1.05 * x
            fold = spline([(x, y), (x * 0.8 + 0.02, y + 0.35), (x * 0.5, y + 0.8)]) * (side, 1)
            total += frame.blurred(frame.line(fold, [0.005, 0.03, 0.05]), 0.025) * rng.uniform(-0.02, 0.03)
    return total


def _lay(picture: Floats, frame: Frame, below: Floats, panel: Panel, weave: Floats) -> None:
    """Paint a panel over the picture after darkening what it shades, which is only what lies `below`."""
    reach = panel.thickness
    cast = frame.shifted(frame.blurred(panel.cover, reach * 0.8), 0.5 * reach, 0.7 * reach)
    close = frame.blurred(panel.cover, reach * 0.25)
    picture *= 1 - (below * (0.50 * cast + 0.30 * close))[..., None] * np.array([0.94, 1.0, 1.02], np.float32)
    lay = Surface(normals(panel.z, frame), np.ones_like(panel.cover), openness(panel.z, frame))
    cloth = cloth_light(lay) * srgb(*panel.colour) * (1 + np.float32(0.07) * weave)[..., None]
    sheen = (0.4 - 0.5 * lay.normal[..., 1]).clip(0, 1) ** 2 * (1 - lay.normal[..., 2]).clip(0, 1) * 0.08
    picture += (cloth + sheen[..., None] - picture) * panel.cover[..., None]
