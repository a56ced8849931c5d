"""Pictures as an encoder takes them: a plane of luma, two of colour at half the size; from RGB and back."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np

from renderer.pixels import Plane, resize
from renderer.types import Picture

_CHROMA: Final = np.array(
    [[-37.797, -74.203, 112.0, 128.0 * 255], [112.0, -93.786, -18.214, 128.0 * 255]], np.float32
) / np.float32(255)
"""RGB 0..255 to U and V in studio range: ITU-R BT.601, as OpenCV's own conversion of luma."""


class Planes(NamedTuple):
    """`i420` uint8 (H*3/2, W), C-contiguous, BT.601 in studio range; `y` (H, W), `u`, `v` (H/2, W/2) are views of it.

    A colour sample stands for the four pixels around it and lies in their middle: the chroma sample at (i, j) is at
    (2 i + 0.5, 2 j + 0.5) of the luma. H and W are even.
    """

    i420: Picture
    y: Picture
    u: Picture
    v: Picture

    def rgb(self) -> Picture:
        """RGB uint8 (H, W, 3)."""
        return cv2.cvtColor(self.i420, cv2.COLOR_YUV2RGB_I420).astype(np.uint8, copy=False)


def planes_over(i420: Picture) -> Planes:
    """`i420` uint8 (H*3/2, W), C-contiguous, as planes that share its memory."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    flat, luma, chroma = i420.reshape(-1), width * height, width * height // 4
    u, v = (flat[luma + start : luma + start + chroma] for start in (0, chroma))
    half = (height // 2, width // 2)
    return Planes(i420, flat[:luma].reshape(height, width), u.reshape(half), v.reshape(half))


def blank(width: int, height: int) -> Planes:
    """Planes to be filled: what they hold is undefined."""
    return planes_over(np.empty((height * 3 // 2, width), np.uint8))


def planes_of(rgb: Picture) -> Planes:
    """RGB uint8 (H, W, 3), H and W even -> its planes; colour is the mean of each four pixels."""
    made = planes_over(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).astype(np.uint8, copy=False))
    made.u[:], made.v[:] = colour_of(rgb)
    return made


def luma_of(rgb: Picture) -> Picture:
    """RGB uint8 (h, w, 3), h and w even -> Y (h, w)."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)[: rgb.shape[0]].astype(np.uint8, copy=False)


def colour_of(rgb: Picture) -> tuple[Picture, Picture]:
    """RGB uint8 (h, w, 3), h and w even -> U and V (h/2, w/2)."""
    small = halved(rgb)
    u, v = cv2.split(cv2.transform(small, _CHROMA).astype(np.uint8, copy=False))
    return u.astype(np.uint8, copy=False), v.astype(np.uint8, copy=False)


def halved(plane: Plane) -> Plane:
    """`plane` (h, w[, C]) at half its size, each pixel the mean of four."""
    return resize(plane, plane.shape[1] // 2, plane.shape[0] // 2, cv2.INTER_AREA)
