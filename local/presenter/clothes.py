"""Jackets: the blazer with its lapels over a blouse, and the suit over a shirt."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter.cloth import SHOULDER, Panel, cut, folds, lay, torso, weave, widened
from local.presenter.geometry import Floats, Frame, both_sides, mirrored, moved, spline
from local.presenter.look import Presenter
from local.presenter.shirts import draw_shirt

NECKLINE: Final = ((0.0, 3.30), (0.10, 3.24), (0.30, 2.98), (0.52, 2.70), (0.68, 2.46), (0.74, 2.30))
FRONT: Final = ((0.10, 4.2), (0.34, 3.72), (0.60, 3.20), (0.74, 2.75), (0.73, 2.46))
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


def draw_blazer(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint blouse, jacket, lapels and collar onto the picture, in place, each shading the `skin` and cloth below."""
    creases = folds(frame, rng)
    threads = weave(frame, rng)
    blouse = frame.fill(both_sides(np.vstack([spline(NECKLINE, 60), [(1.2, 2.6), (1.2, 4.2), (0.0, 4.2)]])))
    hem = frame.line(both_sides(moved(spline(NECKLINE, 60), 0.0, 0.05)), 0.006)
    silk = (
        torso(frame, who.face.neck_width)
        + 0.03 * frame.blurred(blouse, 0.012)
        - 0.008 * frame.blurred(hem, 0.006)
        + _drape(frame, rng)
    )
    lay(picture, frame, skin, Panel(blouse, silk, who.clothing.blouse, 0.03, threads * np.float32(0.25)))
    _jacket(picture, frame, who, np.maximum(skin, blouse), creases, threads)


def draw_suit(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint an open-necked shirt and a jacket over it, in place."""
    shirt = draw_shirt(picture, frame, who, skin, who.clothing.blouse, rng)
    creases, threads = folds(frame, rng), weave(frame, rng)
    _jacket(picture, frame, who, np.maximum(skin, shirt), creases, threads)


def _jacket(picture: Floats, frame: Frame, who: Presenter, below: Floats, creases: Floats, threads: Floats) -> None:
    body, colour, wide = torso(frame, who.face.neck_width), who.clothing.jacket, who.face.neck_width
    half = widened(np.vstack([spline(FRONT, 60), spline(SHOULDER, 100)[8:]]), wide)
    jacket = frame.fill(half, mirrored(half))
    lay(
        picture,
        frame,
        below,
        Panel(jacket, body + creases + 0.03 * frame.blurred(jacket, 0.012), colour, 0.06, threads),
    )
    worn = np.maximum(below, jacket)
    for outline in (LAPEL, COLLAR):
        half = widened(cut(outline), wide)
        cover = frame.fill(half, mirrored(half))
        raised = body + 0.4 * creases + 0.018 * frame.blurred(cover, 0.006) + 0.030 * frame.blurred(cover, 0.035)
        lay(picture, frame, worn, Panel(cover, raised, colour, 0.035, threads))


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
