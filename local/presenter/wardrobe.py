"""Chooses how an outfit is painted, and says where it lies."""

from __future__ import annotations

import numpy as np

from local.presenter.cloth import SHOULDER
from local.presenter.clothes import draw_blazer, draw_suit
from local.presenter.geometry import Floats, Frame, both_sides, spline
from local.presenter.look import Presenter
from local.presenter.shirts import draw_ao_dai, draw_shirt, draw_turtleneck


def draw_outfit(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint what this person wears onto the picture (H, W, 3), in place; `skin` (H, W) is where the body shows."""
    match who.clothing.outfit:
        case "blazer":
            draw_blazer(picture, frame, who, skin, rng)
        case "suit":
            draw_suit(picture, frame, who, skin, rng)
        case "shirt":
            draw_shirt(picture, frame, who, skin, who.clothing.jacket, rng)
        case "turtleneck":
            draw_turtleneck(picture, frame, who, skin, rng)
        case "ao_dai":
            draw_ao_dai(picture, frame, who, skin, rng)


def coverage(frame: Frame) -> Floats:
    """Where cloth lies under hanging hair, whatever is worn, (H, W)."""
    return frame.fill(both_sides(np.vstack([[(0.0, 3.3), (0.3, 2.98)], spline(SHOULDER, 100), [(0.0, 4.2)]])))
