"""The few OpenCV calls that everything drawn is made of, typed: sample, resize, mix."""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

import cv2
import numpy as np

from renderer.types import Floats, Picture, Reals

# Whole pictures are drawn side by side (see renderer.render): OpenCV's own threads would only fight over the cores.
cv2.setNumThreads(1)

_NO_MAP: Final[Any] = None
"""The second map is optional in OpenCV, not in its stubs."""

Plane = TypeVar("Plane", Picture, Floats)


def sample(plane: Plane, place: Reals, outside: int = cv2.BORDER_REPLICATE) -> Plane:
    """`plane` (H, W[, C]) read at `place` (h, w, 2), x and y in its pixels, bilinear -> (h, w[, C])."""
    at = place.astype(np.float32, copy=False)
    return cast(Plane, cv2.remap(plane, at, _NO_MAP, cv2.INTER_LINEAR, borderMode=outside))


def resize(plane: Plane, width: int, height: int, how: int = cv2.INTER_LINEAR) -> Plane:
    """`plane` (H, W[, C]) at `width` x `height`."""
    return cast(Plane, cv2.resize(plane, (width, height), interpolation=how))


def shrink_or_grow(plane: Plane, width: int, height: int) -> Plane:
    """Resized by area when it shrinks, by bicubic interpolation when it grows: neither aliases nor rings."""
    shrinks = width < plane.shape[1] or height < plane.shape[0]
    return resize(plane, width, height, cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def mix(a: Picture, b: Picture, weight_a: Floats, weight_b: Floats) -> Picture:
    """Two pictures (h, w, 3) by two weights (h, w), divided by their sum (where it is 0, black)."""
    return cast(Picture, cv2.blendLinear(a, b, weight_a, weight_b))


def soften(plane: Plane) -> Plane:
    """`plane` with steps between neighbouring pixels smoothed: a Gaussian of 0.8 pixels, over 3 x 3."""
    return cast(Plane, cv2.GaussianBlur(plane, (3, 3), 0.8))


def sample_at(plane: Plane, xs: Floats, ys: Floats) -> Plane:
    """`plane` (H, W[, C]) read at `xs`, `ys` (h, w), bilinear -> (h, w[, C])."""
    return cast(Plane, cv2.remap(plane, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def sample_into(out: Picture, plane: Picture, xs: Floats, ys: Floats) -> None:
    """`plane` (H, W) read at `xs`, `ys` (h, w), bilinear, into `out` (h, w), which may be part of a larger plane."""
    cv2.remap(plane, xs, ys, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def join(*planes: Plane) -> Plane:
    """Planes (h, w) as the channels of one."""
    return cast(Plane, cv2.merge(planes))


def split(plane: Plane) -> tuple[Plane, ...]:
    """The channels (h, w) of `plane` (h, w, C)."""
    return cast("tuple[Plane, ...]", cv2.split(plane))
