"""Hair cut close: thousands of short hairs or tight coils on a dome, thinned towards the ears by the clipper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local.presenter.geometry import Curve, Floats, Frame, both_sides, spline
from local.presenter.hair import Layer, ramp, stroke
from local.presenter.lighting import FILL, KEY, RIM
from local.presenter.look import Hair

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    """A close cut: its inner edge from the midline (or the temple) down, its outer edge back up, right half.

    `coil` is the radius of its curls in face units, 0 for straight hair; `fade` 0..1 how much the ears' side thins.
    """

    hairline: Curve
    crown: Curve
    count: int
    coil: float
    length: float
    fade: float


COILS: Final = Clip(
    ((0.00, -1.03), (0.28, -1.01), (0.54, -0.96), (0.71, -0.86), (0.80, -0.70), (0.865, -0.52), (0.965, -0.44),
     (0.985, -0.15), (0.990, 0.20)),
    ((1.055, 0.22), (1.095, -0.15), (1.130, -0.60), (1.110, -1.05), (0.990, -1.42), (0.760, -1.72), (0.420, -1.89),
     (0.00, -1.94)),
    9500, 0.0155, 0.0, 0.55,
)  # fmt: skip
SIDES: Final = Clip(
    ((0.70, -1.30), (0.80, -1.02), (0.845, -0.82), (0.880, -0.62), (0.965, -0.46), (0.995, -0.22), (1.005, 0.24)),
    ((1.075, 0.26), (1.105, -0.10), (1.135, -0.45), (1.140, -0.80), (1.105, -1.12), (1.000, -1.42), (0.80, -1.62)),
    9000, 0.0, 0.085, 0.60,
)  # fmt: skip
CROP: Final = Clip(
    ((0.00, -1.035), (0.30, -1.020), (0.55, -0.965), (0.73, -0.880), (0.830, -0.76), (0.880, -0.60), (0.965, -0.46),
     (0.995, -0.22), (1.005, 0.24)),
    ((1.075, 0.26), (1.105, -0.10), (1.135, -0.45), (1.140, -0.80), (1.105, -1.12), (1.000, -1.42), (0.76, -1.70),
     (0.40, -1.84), (0.00, -1.88)),
    9500, 0.0, 0.085, 0.60,
)  # fmt: skip
"""Also the soft beginning of longer hair along the forehead."""


def paint_clipped(clip: Clip, frame: Frame, hair: Hair, width: float, rng: np.random.Generator) -> Layer:
    """The cut as a layer over the bare head; `width` is the head's width as a factor."""
    half = np.vstack([spline(clip.hairline, 80), spline(clip.crown, 100)]) * (width, 1)
    mass = frame.fill(both_sides(half)) if clip.hairline[0][0] == 0 else frame.fill(half, half * (-1, 1))
    x, y = frame.grid()
    # Shaved down towards the ears: skin shows through.
    thin = np.exp(-(((np.abs(x) - 1.02) / 0.24) ** 2)) * np.clip((y + 0.80) / 0.75, 0, 1)
    soft = np.clip(frame.blurred(mass, 0.020) * (1 - clip.fade * thin), 0, 1).astype(np.float32)
    tone = np.full(mass.shape, 26, np.uint8)
    cover = (np.clip(soft * 1.15, 0, 1) ** 1.4 * 255).astype(np.uint8)
    paths = _hairs(clip, frame, soft, rng)
    stroke(tone, cover, frame, paths, _tones(paths, clip.coil > 0, rng))
    # Where the clipper thinned them, hairs are fine and let the skin through.
    return Layer(ramp(hair)[tone], (cover * np.clip(0.35 + 0.75 * soft, 0, 1) / 255).astype(np.float32))


def _hairs(clip: Clip, frame: Frame, density: Floats, rng: np.random.Generator) -> Array:
    """Short paths (N, 7, 3) rooted where it is dense; the third coordinate is -1 on a coil's upper side, 1 below."""
    at = rng.uniform((-1.2, -2.0), (1.2, 0.3), (clip.count * 3, 2))
    pixel = np.round(at * frame.unit + (frame.left, frame.top)).astype(int)
    inside = (pixel >= 0).all(axis=1) & (pixel[:, 0] < frame.width) & (pixel[:, 1] < frame.height)
    at, pixel = at[inside], pixel[inside]
    at = at[rng.random(len(at)) < density[pixel[:, 1], pixel[:, 0]] * 1.05][: clip.count]
    t = np.linspace(0, 1, 7)[None]
    n = (len(at), 1)
    if clip.coil:
        radius = clip.coil * rng.uniform(0.65, 1.35, n)
        turn = rng.uniform(0, 2 * np.pi, n) + t * rng.uniform(2.2, 4.4, n)
        return np.stack([at[:, :1] + radius * np.cos(turn), at[:, 1:] + radius * 0.8 * np.sin(turn), np.sin(turn)], 2)
    # Combed down and back, which from the front is down and a little outward; above the forehead it stands up.
    rise = np.clip((-0.80 - at[:, 1:]) / 0.15, 0, 1) if clip.hairline[0][0] == 0 else np.zeros(n)
    comb = (np.pi / 2 - np.sign(at[:, :1]) * 0.22) * (1 - rise) + (0.25 - np.pi / 2) * rise
    angle = comb + rng.normal(0, 0.16, n) + t * rng.normal(0, 0.25, n)
    step = clip.length * rng.uniform(0.5, 1.1, n) / 6 * np.clip(1 - 0.55 * (at[:, 1:] + 0.9), 0.35, 1.2)
    along = np.cumsum(np.stack([np.cos(angle) * step, np.sin(angle) * step], axis=2), axis=1)
    return np.concatenate([at[:, None] + along, np.broadcast_to(0.5 - t[..., None], (len(at), 7, 1))], axis=2)


def _tones(paths: Array, curled: bool, rng: np.random.Generator) -> Array:
    """Brightness 0..1 per point: the dome's own shade, and each coil's upper side brighter than its lower."""
    x, y = paths[..., 0] / 1.25, (paths[..., 1] + 0.55) / 1.55
    z = np.sqrt(np.clip(1.05 - x**2 - y**2, 0.03, 1))
    normal = np.stack([x, y, z], axis=2)
    light = sum(w * np.clip(normal @ lamp + 0.15, 0, 1) for lamp, w in ((KEY, 0.42), (FILL, 0.12), (RIM, 0.16)))
    side = 1 - (0.75 if curled else 0.2) * paths[..., 2]
    return np.clip((0.06 + light * side) * rng.uniform(0.45, 1.35, (len(paths), 1)), 0, 1)
