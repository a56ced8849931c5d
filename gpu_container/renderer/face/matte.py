"""Separates the person from the background: a soft matte that follows hair and shoulders."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.face.models import model
from renderer.pixels import resize
from renderer.types import Floats, Picture, Reals

SIDE: Final = 256
GUIDE_SIDE: Final = 512
RADIUS: Final = 6
EPSILON: Final = 1e-3
"""Guided filter (He, Sun, Tang 2010): window radius in guide pixels and regulariser on 0..1 luma."""


def person_matte(picture: Picture) -> Picture:
    """RGB uint8 (H, W, 3) -> uint8 (H, W): 255 where the person is, 0 background, soft along the edge."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    coarse = model("selfie_segmentation")(small.astype(np.float32) / 255.0)[0].reshape(SIDE, SIDE)
    height, width = picture.shape[:2]
    guide_size = (min(GUIDE_SIDE, width), min(GUIDE_SIDE, height))
    guide = cv2.cvtColor(cv2.resize(picture, guide_size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    wide = resize(coarse, *guide_size)
    refined = _guided(guide.astype(np.float32) / 255.0, wide)
    # The network is unsure by 0.1 in flat regions: push those to fully in or out, keep the edge soft.
    firm = np.clip((refined - 0.15) / 0.7, 0.0, 1.0)
    full = cv2.resize(firm, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(full * 255).astype(np.uint8)


def _guided(guide: Reals, source: Reals) -> Floats:
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)

    def mean(values: Reals) -> Floats:
        return cv2.blur(values, window).astype(np.float32, copy=False)

    guide_mean, source_mean = mean(guide), mean(source)
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = (mean(guide * source) - guide_mean * source_mean) / (variance + EPSILON)
    offset = source_mean - slope * guide_mean
    return (mean(slope) * guide + mean(offset)).astype(np.float32, copy=False)
