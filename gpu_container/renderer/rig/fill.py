"""Makes up pixels where a picture is not known from those around: smooth, without edge or repetition."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.pixels import resize
from renderer.types import Floats, Picture

_LEAST: Final = 1e-3
_SMALLEST_SIDE: Final = 2


def fill_unknown(picture: Picture, known: Floats) -> Picture:
    """`picture` (H, W, 3) where `known` (H, W) 0..1 is 1; elsewhere what its surroundings lead to (push-pull)."""
    weight = known[..., np.newaxis]
    colour = _pull(picture.astype(np.float32) * weight, known)
    return (picture * weight + colour * (1 - weight) + np.float32(0.5)).astype(np.uint8)


def _pull(weighted: Floats, weight: Floats) -> Floats:
    """Mean colours (H, W, 3) of what is known nearby: of coarser and coarser neighbourhoods where little is."""
    height, width = weight.shape
    here = (weighted / np.maximum(weight, _LEAST)[..., np.newaxis]).astype(np.float32, copy=False)
    if min(height, width) <= _SMALLEST_SIDE:
        total = max(float(weight.sum()), _LEAST)
        mean = (weighted.sum(axis=(0, 1)) / total).astype(np.float32)
        return np.where(weight[..., np.newaxis] > _LEAST, here, mean).astype(np.float32, copy=False)
    half = (-(-width // 2), -(-height // 2))
    # Area means of 2 x 2; only then smoothed, so that what is unknown weighs nothing.
    coarse = _pull(_halved(weighted, *half), _halved(weight, *half))
    known = np.clip(weight, 0, 1)[..., np.newaxis]
    return (here * known + resize(coarse, width, height) * (1 - known)).astype(np.float32, copy=False)


def _halved(plane: Floats, width: int, height: int) -> Floats:
    padded = np.pad(
        plane,
        [(0, 2 * height - plane.shape[0]), (0, 2 * width - plane.shape[1])] + [(0, 0)] * (plane.ndim - 2),
        mode="edge",
    )
    return (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) * np.float32(0.25)
