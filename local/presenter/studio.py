"""The backdrop, and the finish that turns linear light into the final picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from local.presenter.geometry import Floats, Frame, bump
from local.presenter.lighting import srgb
from local.presenter.look import Presenter


def backdrop(frame: Frame, who: Presenter) -> Floats:
    """A plain wall with a pool of light behind the shoulders, (H, W, 3) in linear light."""
    small = Frame(frame.unit / 8, frame.left / 8, frame.top / 8, frame.height // 8, frame.width // 8)
    pool = bump(small, -0.45, 0.2, 1.9, 2.1) * 0.95 + bump(small, 1.6, 2.2, 1.6, 1.2) * 0.22
    near, far = srgb(*who.studio.near), srgb(*who.studio.far)
    wall = (far + (near - far) * pool.clip(0, 1)[..., None]).astype(np.float32)
    return cv2.resize(wall, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def finish(light: Floats, size: int, seed: int) -> NDArray[np.uint8]:
    """8-bit sRGB of (size, size, 3): reduced, with a film-like shoulder, a breath of bloom and fine grain."""
    small = cv2.resize(light, (size, size), interpolation=cv2.INTER_AREA if size < light.shape[0] else cv2.INTER_CUBIC)
    glow = cv2.GaussianBlur(np.clip(small - 0.55, 0, 2), (0, 0), size / 60)
    x = np.clip(small + 0.10 * glow, 0, None)
    x = x * (1 + 0.22 * x) / (1 + 0.55 * x) * 1.18
    curve = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.clip(x, 1e-6, None) ** (1 / 2.4) - 0.055)
    curve = curve + 0.035 * (curve - 0.5) * (1 - np.abs(2 * curve - 1).clip(0, 1))
    grain = np.random.default_rng(seed).standard_normal((size, size, 1)).astype(np.float32) * 0.0065
    return (255 * np.clip(curve + grain, 0, 1) + 0.5).astype(np.uint8)
