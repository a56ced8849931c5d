"""Curves and masks in face units: one unit is the distance between the pupils, origin between them, y down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 wherever there is one value per pixel."""
Curve: TypeAlias = Sequence[tuple[float, float]] | NDArray[np.floating]

SUBPIXEL_BITS = 4
"""Fraction bits of the fixed-point coordinates that OpenCV's anti-aliased fills take."""


@dataclass(frozen=True)
class Frame:
    """A window on the drawing: `unit` pixels per face unit, the face's origin at its pixel (`left`, `top`)."""

    unit: float
    left: float
    top: float
    height: int
    width: int

    def window(self, x0: float, y0: float, x1: float, y1: float) -> tuple[Frame, tuple[slice, slice]]:
        """The part of this frame between two corners in face units, and where it lies in this frame's arrays."""
        columns = np.clip(np.round(np.array([x0, x1]) * self.unit + self.left), 0, self.width).astype(int)
        rows = np.clip(np.round(np.array([y0, y1]) * self.unit + self.top), 0, self.height).astype(int)
        part = Frame(
            self.unit,
            self.left - float(columns[0]),
            self.top - float(rows[0]),
            int(rows[1] - rows[0]),
            int(columns[1] - columns[0]),
        )
        return part, (slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1])))

    def grid(self) -> tuple[Floats, Floats]:
        """Face coordinates of the pixel centres as an open mesh: x (1, width), y (height, 1)."""
        x = ((np.arange(self.width) - self.left) / self.unit).astype(np.float32)
        y = ((np.arange(self.height) - self.top) / self.unit).astype(np.float32)
        return x[None, :], y[:, None]

    def pixels(self, curve: Curve) -> NDArray[np.float64]:
        """Curve points as pixel coordinates, (N, 2)."""
        return np.asarray(curve, np.float64) * self.unit + (self.left, self.top)

    def fixed(self, curve: Curve) -> NDArray[np.int32]:
        """Curve points in OpenCV's fixed point."""
        return np.round(self.pixels(curve) * (1 << SUBPIXEL_BITS)).astype(np.int32)

    def fill(self, *outlines: Curve) -> Floats:
        """Coverage 0..1 of closed outlines, anti-aliased, (height, width)."""
        mask = np.zeros((self.height, self.width), np.uint8)
        for outline in outlines:
            cv2.fillPoly(mask, [self.fixed(outline)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
        return np.multiply(mask, 1 / 255, dtype=np.float32)

    def line(self, curve: Curve, widths: float | Sequence[float]) -> Floats:
        """Coverage of a line whose width in face units runs through `widths` from its start to its end."""
        return self.fill(ribbon(curve, widths))

    def shifted(self, values: Floats, dx: float, dy: float) -> Floats:
        """Values moved by face units, their edges held."""
        move = np.array([[1, 0, dx * self.unit], [0, 1, dy * self.unit]])
        size = (self.width, self.height)
        return cv2.warpAffine(values, move, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)

    def blurred(self, values: Floats, sigma: float) -> Floats:
        """Gaussian blur by `sigma` face units; wide blurs run on a reduced copy, which looks the same for less."""
        sigma_px = sigma * self.unit
        if sigma_px < 0.3:
            return values
        factor = int(max(1, 2 ** np.floor(np.log2(sigma_px / 2.5)))) if sigma_px > 5 else 1
        if factor == 1:
            return _gaussian(values, sigma_px)
        size = (max(1, self.width // factor), max(1, self.height // factor))
        small = _gaussian(cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.float32), sigma_px / factor)
        return cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _gaussian(values: Floats, sigma_px: float) -> Floats:
    return cv2.GaussianBlur(values, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE).astype(np.float32)


def spline(points: Curve, count: int = 96, closed: bool = False) -> NDArray[np.float64]:
    """A centripetal Catmull-Rom curve through `points`, evenly resampled to `count` points."""
    p = np.asarray(points, np.float64)
    p = np.vstack([p[-1], p, p[:2]]) if closed else np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    steps = np.maximum(np.sqrt(np.linalg.norm(np.diff(p, axis=0), axis=1)), 1e-6)
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    pieces = [_segment(p[i : i + 4], knots[i : i + 4]) for i in range(len(p) - 3)]
    return resampled(np.vstack([*pieces, p[-2][None]]), count)


def _segment(p: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Barry and Goldman's pyramid for one span, 24 points without the last."""
    u = np.linspace(t[1], t[2], 24, endpoint=False)[:, None]
    a = [((t[i + 1] - u) * p[i] + (u - t[i]) * p[i + 1]) / (t[i + 1] - t[i]) for i in range(3)]
    b = [((t[i + 2] - u) * a[i] + (u - t[i]) * a[i + 1]) / (t[i + 2] - t[i]) for i in range(2)]
    return ((t[2] - u) * b[0] + (u - t[1]) * b[1]) / (t[2] - t[1])


def resampled(curve: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The curve with `count` points at equal arc lengths."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, curve[:, k]) for k in range(2)], axis=1)


def mirrored(curve: Curve) -> NDArray[np.float64]:
    """The same curve on the other side of the face, walked the same way from the midline."""
    return np.asarray(curve, np.float64) * (-1, 1)


def moved(curve: Curve, dx: float, dy: float) -> NDArray[np.float64]:
    """The curve shifted by face units."""
    return np.asarray(curve, np.float64) + np.array([dx, dy])


def both_sides(half: Curve) -> NDArray[np.float64]:
    """A curve given from the midline outward (or from bottom to top), closed through its mirror image."""
    right = np.asarray(half, np.float64)
    return np.vstack([mirrored(right)[::-1], right])


def ribbon(curve: Curve, widths: float | Sequence[float]) -> NDArray[np.float64]:
    """The outline of a line of varying width along a curve, in the curve's own units."""
    p = np.asarray(curve, np.float64)
    w = np.atleast_1d(np.asarray(widths, np.float64))
    half = np.interp(np.linspace(0, 1, len(p)), np.linspace(0, 1, len(w)), w)[:, None] / 2
    tangent = np.gradient(p, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = tangent[:, ::-1] * (-1, 1)
    return np.vstack([p + normal * half, (p - normal * half)[::-1]])


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def bump(frame: Frame, x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> Floats:
    """A gaussian hill of height 1 at (x, y), radii in face units, turned by `angle` radians."""
    gx, gy = frame.grid()
    dx, dy = gx - x, gy - y
    if angle == 0.0:
        return np.exp(-0.5 * (dy / ry) ** 2) * np.exp(-0.5 * (dx / rx) ** 2)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return np.exp(-0.5 * (((c * dx + s * dy) / rx) ** 2 + ((c * dy - s * dx) / ry) ** 2)).astype(np.float32)


def paired(frame: Frame, half: Curve, widths: float | Sequence[float], sigma: float) -> Floats:
    """A soft line on both halves of the face, peak near 1 for a line wider than its blur."""
    return frame.blurred(np.maximum(frame.line(half, widths), frame.line(mirrored(half), widths)), sigma)


def twice(frame: Frame, x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> Floats:
    """The same gaussian hill on both halves of the face."""
    return bump(frame, x, y, rx, ry, angle) + bump(frame, -x, y, rx, ry, -angle)
