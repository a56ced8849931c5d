"""Height fields: a smooth surface through control points, its normals, its hollows and the shadows it throws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from local.presenter.geometry import Floats, Frame

COARSE_STEP = 0.028
"""Spacing in face units of the grid on which the spline is evaluated; finer detail is added as separate relief."""


def surface(points: Sequence[tuple[float, float, float]], frame: Frame, smoothing: float = 2e-3) -> Floats:
    """The thin-plate spline through (x, y, z) points, z over the frame's pixels, in face units."""
    control = np.asarray(points, np.float64)
    weights = _thin_plate(control, smoothing)
    columns = max(8, int(frame.width / frame.unit / COARSE_STEP))
    rows = max(8, int(frame.height / frame.unit / COARSE_STEP))
    x = ((np.arange(columns) + 0.5) * frame.width / columns - frame.left) / frame.unit
    y = ((np.arange(rows) + 0.5) * frame.height / rows - frame.top) / frame.unit
    gx, gy = np.meshgrid(x, y)
    away = (gx[..., None] - control[:, 0]) ** 2 + (gy[..., None] - control[:, 1]) ** 2
    z = _kernel(away.astype(np.float32)) @ weights[:-3].astype(np.float32)
    z += weights[-3] + weights[-2] * gx + weights[-1] * gy
    fine = cv2.resize(z.astype(np.float32), (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    # OpenCV's cubic leaves the grid visible in the normals; a blur of half a step takes it away.
    return frame.blurred(fine.astype(np.float32), COARSE_STEP * 0.6)


def _thin_plate(control: NDArray[np.float64], smoothing: float) -> Floats:
    n = len(control)
    xy = control[:, :2]
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _kernel(np.sum((xy[:, None] - xy[None]) ** 2, axis=2)) + smoothing * np.eye(n)
    system[:n, n] = system[n, :n] = 1
    system[:n, n + 1 :] = xy
    system[n + 1 :, :n] = xy.T
    return np.linalg.solve(system, np.concatenate([control[:, 2], np.zeros(3)]))


def _kernel(squared: NDArray[Any]) -> NDArray[Any]:
    """r² log r of squared distances."""
    return 0.5 * squared * np.log(np.maximum(squared, 1e-18))


def normals(z: Floats, frame: Frame) -> Floats:
    """Unit normals (height, width, 3) of a height field; x right, y down, z to the viewer."""
    dy, dx = np.gradient(z * frame.unit)
    length = np.sqrt(dx * dx + dy * dy + 1)
    return np.stack([-dx / length, -dy / length, 1 / length], axis=2).astype(np.float32)


def openness(z: Floats, frame: Frame) -> Floats:
    """Ambient visibility 0..1: how little a point lies below its surroundings, near (folds) and far (sockets)."""
    near = np.maximum(frame.blurred(z, 0.03) - z, 0) * 9.0
    middle = np.maximum(frame.blurred(z, 0.09) - z, 0) * 5.0
    far = np.maximum(frame.blurred(z, 0.25) - z, 0) * 1.6
    return np.exp(-(near + middle + far)).astype(np.float32)


def shadow(
    z: Floats,
    occluder: Floats,
    frame: Frame,
    light: Floats,
    reach: float = 1.1,
    softness: float = 0.16,
    steps: int = 26,
) -> Floats:
    """Light 0..1 that reaches `z` past `occluder` from direction `light`; marched on a reduced copy."""
    factor = 4
    size = (frame.width // factor, frame.height // factor)
    small = cv2.resize(z, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    tall = cv2.resize(occluder, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    flat = float(np.hypot(light[0], light[1]))
    toward = np.array([light[0], light[1]]) / flat
    climb = float(light[2]) / flat
    lit = np.ones_like(small)
    for step in range(1, steps + 1):
        distance = reach * (step / steps) ** 1.5
        offset = toward * distance * frame.unit / factor
        move = np.array([[1, 0, offset[0]], [0, 1, offset[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        passed = cv2.warpAffine(tall, move, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=-9)
        above = passed - small - distance * climb
        lit = np.minimum(lit, 1 - np.clip(above / (softness * distance + 0.012), 0, 1))
    return cv2.resize(lit, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC).clip(0, 1).astype(np.float32)
