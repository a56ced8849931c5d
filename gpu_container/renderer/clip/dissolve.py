"""Dissolves one picture into another that is much like it: what moved is moved half way, so that nothing is doubled."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from renderer.pixels import resize
from renderer.types import Floats, Picture

_NO_MAP: Final[Any] = None
FLOW_SIDE: Final = 640
"""Longer side at which the motion between the two is measured, pixels: finer finds grain, and costs four times more."""


SHARPENING: Final = 1.25
"""Unsharp masking of amount k over a blur of 1 pixel raises `_detail` by about k / 1.25 of itself."""


def dissolved(first: Picture, second: Picture, share: float) -> Picture:
    """RGB uint8 (H, W, 3) twice -> `share` of the way from the first to the second."""
    there, back = _flow(first, second), _flow(second, first)
    a = _moved(first, there, share)
    b = _moved(second, back, 1 - share)
    mixed = np.asarray(cv2.addWeighted(a, 1 - share, b, share, 0), np.uint8)
    # Detail that does not quite meet is averaged away; a clip that turns soft for a moment shows where it is joined.
    wanted = (1 - share) * _detail(first) + share * _detail(second)
    amount = float(np.clip((wanted / max(_detail(mixed), 1e-3) - 1) * SHARPENING, 0, 1.5))
    soft = cv2.GaussianBlur(mixed, (0, 0), 1.0)
    return np.asarray(cv2.addWeighted(mixed, 1 + amount, soft, -amount, 0), np.uint8)


def _detail(picture: Picture) -> float:
    """How much of a picture a slight blur takes away, grey levels."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.std(grey - cv2.GaussianBlur(grey, (0, 0), 1.0)))


def _flow(first: Picture, second: Picture) -> Floats:
    """Where each pixel of the first goes in the second: float32 (H, W, 2), pixels."""
    height, width = first.shape[:2]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = [
        cv2.resize(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA) for p in (first, second)
    ]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(
        small[0], small[1], np.empty(0, np.float32)
    )
    calm = cv2.GaussianBlur(flow, (0, 0), 2.0).astype(np.float32)
    return resize(calm, width, height) * np.array([width / size[0], height / size[1]], np.float32)


def _moved(picture: Picture, flow: Floats, share: float) -> Picture:
    height, width = picture.shape[:2]
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at = np.stack([xs, ys], axis=-1) - np.float32(share) * flow
    return np.asarray(cv2.remap(picture, at, _NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)
