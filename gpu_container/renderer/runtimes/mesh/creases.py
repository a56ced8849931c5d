"""The folds a moving mouth makes: beside the nose in a smile, under pursed lips, below corners that drop."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.pixels import resize, sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.layer import Painted, Pose
from renderer.runtimes.mesh.light import colourfulness, faded, skin_tone
from renderer.runtimes.mesh.spline import smoothstep
from renderer.runtimes.mesh.warp import grid_around
from renderer.types import MOUTH_AXES, Floats, Picture, Reals

# Along each fold between cheek and lip: from the wing of the nose to beside the corner (canonical face model).
NASOLABIAL: Final = ((129, 203, 206, 216), (358, 423, 426, 436))
DEPTH: Final = 0.24
"""Of its light that skin in the middle of a full smile's fold loses: seen, and not a line drawn with a pen."""
LEAST: Final = 0.012
"""A fold fainter than this everywhere is not drawn: two steps of 255 on bright skin."""
SHADOW: Final = np.array([0.62, 0.40, 0.34], np.float32)
"""What is left of skin in full shadow, for red, green, blue: light that comes back out of skin is red."""
LIFT_MM: Final = 2.4
"""How far the folds are pushed up and out by a full smile."""
SMALLEST: Final = 8
"""Pixels across, below which there is no fold to see."""

_JAW, _WIDE, _ROUND, _PRESS, _CORNER = (MOUTH_AXES.index(axis) for axis in ("jaw", "wide", "round", "press", "corner"))


class Creases:
    """A Layer. `picture` RGB uint8 (H, W, 3), the face at rest."""

    def __init__(self, frame: FaceFrame, picture: Picture) -> None:
        corners = np.array([[-46.0, -46.0], [46, -46], [-46, 32], [46, 32]], np.float32)
        places = frame.origin + frame.to_px(corners)
        self.grid = grid_around(places.min(axis=0), places.max(axis=0), 2, frame.width, frame.height)
        # Folds are soft: worked out, and drawn, at every second pixel.
        mm = frame.to_mm(self.grid.pixels()[::2, ::2] + np.float32(0.5))
        along = frame.along_mouth(mm)
        rim = _rim(mm.shape[:2])
        folds = (_nasolabial(frame, mm), _under_lip(along, mm[..., 1]), _below_corners(along, mm[..., 1]))
        self._folds = np.stack([fold * rim for fold in folds], axis=-1).astype(np.float32)
        self._first = np.array([self.grid.left, self.grid.top], np.float32) + np.float32(0.5)
        self._lift = np.float32(LIFT_MM) * frame.down * np.float32(frame.px_per_mm)
        skin = skin_tone(picture, frame)
        colour = np.clip(faded(skin * SHADOW, colourfulness(skin)), 0, 255).astype(np.uint8)
        self._rgb = np.broadcast_to(colour, (self.grid.height, self.grid.width, 3))

    def draw(self, place: Floats, pose: Pose) -> Painted | None:
        depths = _depths(pose.mouth)
        if max(depths) < LEAST or min(self.grid.width, self.grid.height) < SMALLEST:
            return None
        smile = np.float32(max(float(pose.mouth[_CORNER]), 0.0))
        here = place[::2, ::2] + (self._lift * smile + np.float32(0.5) - self._first)
        here *= np.float32(0.5)
        seen = sample(self._folds, here)
        weight = cv2.transform(seen, np.array([depths], np.float32)).astype(np.float32, copy=False)
        return Painted(self._rgb, resize(weight, self.grid.width, self.grid.height))


def _depths(mouth: Floats) -> tuple[float, float, float]:
    """How deep each fold is, 0..1, for one mouth (8,)."""
    jaw, wide, rounding, press, corner = (float(mouth[axis]) for axis in (_JAW, _WIDE, _ROUND, _PRESS, _CORNER))
    nose = DEPTH * min(max(corner, 0.0) + 0.35 * max(wide, 0.0) + 0.35 * jaw, 1.0)
    lip = DEPTH * 0.55 * min(rounding + 0.35 * press, 1.0)
    return nose, lip, DEPTH * 0.6 * max(-corner, 0.0)


def _nasolabial(frame: FaceFrame, mm: Reals) -> Reals:
    """A soft valley along either fold, steep on the lip's side, fading out at both ends."""
    total = np.zeros(mm.shape[:2])
    for indices in NASOLABIAL:
        knots = frame.to_mm(frame.points[list(indices)]).astype(np.float64)
        t = np.linspace(0, 1, 49)
        curve = [np.polyval(np.polyfit(np.linspace(0, 1, len(knots)), knots[:, axis], 2), t) for axis in (0, 1)]
        fade = smoothstep(0, 0.45, t) * (1 - smoothstep(0.45, 1, t))
        apart = np.square(mm[..., 0, np.newaxis] - curve[0]) + np.square(mm[..., 1, np.newaxis] - curve[1])
        nearest = apart.argmin(axis=-1)
        closest = apart.min(axis=-1)
        total += (0.55 * np.exp(-closest / 2.6**2) + 0.45 * np.exp(-closest / 7.0**2)) * fade[nearest]
    return np.minimum(total, 1)


def _under_lip(along: Reals, y: Reals) -> Reals:
    return np.exp(-np.square((y - 15.5) / 3.2) - np.square(along / 0.5))


def _below_corners(along: Reals, y: Reals) -> Reals:
    return np.exp(-np.square((y - 8.0) / 5.0) - np.square((np.abs(along) - 1.12) / 0.15))


def _rim(shape: tuple[int, ...]) -> Reals:
    """0 on the window's border, so that no fold ends in a line."""
    rows, columns = (np.minimum(np.arange(count), np.arange(count)[::-1]) for count in shape)
    return smoothstep(0.5, 4, rows)[:, np.newaxis] * smoothstep(0.5, 4, columns)
