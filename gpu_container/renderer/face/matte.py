"""Separates the person from the background: a soft matte that follows hair and shoulders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from renderer.face.models import model
from renderer.pixels import resize
from renderer.types import Floats, Picture, Reals

Mean: TypeAlias = Callable[[Reals], Floats]

SIDE: Final = 256
GUIDE_SIDE: Final = 1024
RADIUS_SHARE: Final = 0.012
EPSILON: Final = 3e-4
"""Guided filter (He, Sun, Tang 2010): window radius, part of the longer side, and regulariser on 0..1 colour."""
CLOSE_UP: Final = 2.7
"""Side of the second, closer look, in face heights: hair and shoulders, each with three times the pixels."""
_FEATHER: Final = 0.12
"""Of the closer look's side, over which it gives way to the first."""


@dataclass(frozen=True)
class Spot:
    """Where the face is: its centre and height in pixels."""

    x: float
    y: float
    height: float


def person_matte(picture: Picture, face: Spot | None = None) -> Picture:
    """RGB uint8 (H, W, 3) -> uint8 (H, W): 255 where the person is, 0 background, soft along the edge.

    With `face`, its hair and shoulders are looked at more closely.
    """
    height, width = picture.shape[:2]
    shrink = min(1.0, GUIDE_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    guide = resize(picture, *size, how=cv2.INTER_AREA)
    coarse = resize(_segment(guide), *size)
    if face is not None:
        _look_closer(coarse, guide, Spot(face.x * shrink, face.y * shrink, face.height * shrink))
    refined = _guided(guide.astype(np.float32) / np.float32(255), coarse)
    # The network is unsure by 0.1 in flat regions: push those to fully in or out, keep the edge soft.
    firm = np.clip((refined - 0.15) / 0.7, 0.0, 1.0).astype(np.float32)
    return np.rint(resize(firm, width, height) * 255).astype(np.uint8)


def _segment(picture: Picture) -> Floats:
    """float32 (256, 256), 0..1: the network's view of a picture of any size."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return model("selfie_segmentation")(small.astype(np.float32) / 255.0)[0].reshape(SIDE, SIDE)


def _look_closer(coarse: Floats, guide: Picture, face: Spot) -> None:
    """Into `coarse`, what the network sees in the square about the head alone."""
    height, width = coarse.shape
    side = min(round(CLOSE_UP * face.height), height, width)
    if side >= 0.95 * max(height, width) or side < 16:
        return
    left = int(np.clip(face.x - side / 2, 0, width - side))
    top = int(np.clip(face.y - side * 0.48, 0, height - side))
    square = slice(top, top + side), slice(left, left + side)
    seen = resize(_segment(np.ascontiguousarray(guide[square])), side, side)
    weight = _feathered(left, width, side)[np.newaxis] * _feathered(top, height, side)[:, np.newaxis]
    coarse[square] += (seen - coarse[square]) * weight


def _feathered(start: int, length: int, side: int) -> Floats:
    """Weights along one side: 1 inside, falling to 0 towards its ends where the picture goes on beyond them."""
    place = np.arange(side, dtype=np.float32) + 0.5
    low = place / (_FEATHER * side) if start > 0 else np.ones_like(place)
    high = (side - place) / (_FEATHER * side) if start + side < length else np.ones_like(place)
    return np.clip(np.minimum(low, high), 0, 1)


def _guided(guide: Floats, source: Floats) -> Floats:
    """`source` (H, W) bent to the edges of `guide` (H, W, 3): in each window, an affine function of its colour."""
    radius = max(2, round(RADIUS_SHARE * max(source.shape)))
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Reals) -> Floats:
        return cv2.blur(values, window).astype(np.float32, copy=False)

    guide_mean, source_mean = mean(guide), mean(source)
    tilt = mean(guide * source[..., np.newaxis]) - guide_mean * source_mean[..., np.newaxis]
    slope = _solved(guide, guide_mean, mean, tilt.astype(np.float32, copy=False))
    offset = source_mean - (slope * guide_mean).sum(axis=-1)
    return ((mean(slope) * guide).sum(axis=-1) + mean(offset)).astype(np.float32, copy=False)


def _solved(guide: Floats, guide_mean: Floats, mean: Mean, tilt: Floats) -> Floats:
    """(covariance of the guide's colours + EPSILON) x = tilt at every pixel, by Cramer's rule."""
    r, g, b = (guide[..., channel] for channel in range(3))
    mr, mg, mb = (guide_mean[..., channel] for channel in range(3))
    rr, gg, bb = mean(r * r) - mr * mr + EPSILON, mean(g * g) - mg * mg + EPSILON, mean(b * b) - mb * mb + EPSILON
    rg, rb, gb = mean(r * g) - mr * mg, mean(r * b) - mr * mb, mean(g * b) - mg * mb
    c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    whole = rr * c00 + rg * c01 + rb * c02
    tr, tg, tb = (tilt[..., channel] for channel in range(3))
    parts = (c00 * tr + c01 * tg + c02 * tb, c01 * tr + c11 * tg + c12 * tb, c02 * tr + c12 * tg + c22 * tb)
    return (np.stack(parts, axis=-1) / whole[..., np.newaxis]).astype(np.float32, copy=False)
