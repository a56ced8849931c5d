"""Hair: strands that run along sheets of guide curves, gathered in locks, each lit by its own direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from local.presenter.geometry import Curve, Floats, Frame, ribbon, spline
from local.presenter.lighting import FILL, KEY, RIM, srgb
from local.presenter.look import Hair

Array = NDArray[np.float64]
POINTS = 40
"""Points per strand."""
TONES = 56
"""Steps of the ramp from the darkest to the brightest hair colour."""
LAYERS = 16
"""Depth layers of a sheet: within one, bright strands lie over dark ones."""


Guide: TypeAlias = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Sheet:
    """A surface of hair between guide curves, the first nearest to the face; strands run along it from root to tip."""

    guides: tuple[Guide, ...]
    locks: int
    strands: int
    wave: float = 0.03
    gather: float = 0.62
    brightness: float = 1.0
    ragged: float = 0.17
    hairline: float = 0.0
    """Share of the length over which roots are scattered: 0 on a parting, more where hair begins on bare skin."""
    loose: float = 1.0
    """How many stray hairs leave the mass, as a factor."""
    depth: float = 1.0
    """How round the mass is: factor on its height."""

    def widened(self, factor: float) -> Sheet:
        """The same sheet on a head `factor` times as wide."""
        return replace(self, guides=tuple(tuple((x * factor, y) for x, y in guide) for guide in self.guides))


@dataclass(frozen=True)
class Strands:
    """Paths (N, POINTS, 3) in face units, where each lies across its lock (N,) -1..1, and a shade (N,) around 1."""

    paths: Array
    across: Array
    shade: Array


@dataclass(frozen=True)
class Layer:
    """Painted hair: linear colour (H, W, 3) and coverage (H, W)."""

    colour: Floats
    cover: Floats


def grow(sheet: Sheet, rng: np.random.Generator) -> Strands:
    """Strands of a sheet from the outermost to the innermost, gathered in locks that wave together."""
    guides = np.stack([spline(g, POINTS) for g in sheet.guides])
    n, locks = sheet.strands, sheet.locks
    middle = (np.arange(locks) + rng.uniform(-0.45, 0.45, locks)) / (locks - 1)
    near = rng.normal(0, 0.05, locks)
    which = rng.integers(0, locks, n)
    which = which[np.argsort(-(middle + near)[which], kind="stable")]
    t = np.linspace(0, 1, POINTS)[None]
    across = np.clip(rng.normal(0, 0.55, n), -1.4, 1.4)
    # A lock is wide at its root, gathers on its way and ends in a point.
    breadth = rng.uniform(0.5, 2.2, locks)[which][:, None]
    width = breadth * (1.15 - sheet.gather * np.clip(t * 1.25, 0, 1) ** 1.3) / locks
    at = middle[which][:, None] + across[:, None] * width
    paths = _between(guides, at)
    phase = 2 * np.pi * (0.7 * middle + rng.normal(0, 0.05, locks))[which][:, None]
    swing = (
        np.sin(2 * np.pi * 1.55 * t + phase) * _waviness(t) * sheet.wave * rng.uniform(0.6, 1.4, locks)[which][:, None]
    )
    stray = np.cumsum(rng.normal(0, 0.0016, (n, POINTS)), axis=1) + rng.normal(0, 0.004, (n, 1))
    paths = paths + _normals(paths) * (swing + stray)[..., None]
    loose = (rng.random(n) < 0.05 * sheet.loose)[:, None] * np.abs(rng.normal(0, 0.06, (n, 1))) * t**1.3
    paths[..., 0] += np.sign(paths[..., 0]) * loose
    paths = _trimmed(
        paths,
        0.4 * rng.random(n) / POINTS + 1.6 * sheet.hairline * rng.random(n) ** 1.5,
        1 - sheet.ragged * rng.random(locks)[which] - 0.30 * rng.random(n) ** 1.4,
    )
    z = sheet.depth * _depth(paths) + 0.9 * np.cos(2 * np.pi * 1.55 * t + phase) * _waviness(t) * sheet.wave
    broad = 1 + 0.16 * np.sin(2 * np.pi * (middle * 5.2 + rng.random())) * np.sin(
        2 * np.pi * (middle * 2.3 + rng.random())
    )
    shade = (broad * rng.normal(1, 0.08, locks))[which] * rng.normal(1, 0.27, n)
    return Strands(np.concatenate([paths, z[..., None]], axis=2), across, np.clip(shade, 0.5, 1.7))


def _waviness(t: Array) -> Array:
    """Hair lies flat on the skull and waves where it hangs."""
    return 0.12 + 0.88 * np.clip((t - 0.30) / 0.40, 0, 1) ** 1.5


def _between(guides: Array, at: Array) -> Array:
    """Points between guide curves: `at` (N, POINTS) 0..1 across them, a little beyond at either side."""
    place = np.clip(at, -0.06, 1.06) * (len(guides) - 1)
    low = np.clip(np.floor(place), 0, len(guides) - 2).astype(int)
    part = (place - low)[..., None]
    column = np.arange(POINTS)[None]
    return guides[low, column] * (1 - part) + guides[low + 1, column] * part


def _normals(paths: Array) -> Array:
    tangent = np.gradient(paths, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    return tangent[..., ::-1] * (-1, 1)


def _trimmed(paths: Array, start: Array, end: Array) -> Array:
    """Each path from share `start` to share `end`; uneven starts keep the joints of neighbours from lining up."""
    at = (start[:, None] + np.linspace(0, 1, POINTS)[None] * (end - start)[:, None]) * (POINTS - 1)
    low = np.minimum(at.astype(int), POINTS - 2)
    part = (at - low)[..., None]
    row = np.arange(len(paths))[:, None]
    return paths[row, low] * (1 - part) + paths[row, low + 1] * part


def _depth(paths: Array) -> Array:
    """How near the hair lies: an egg over the skull, hanging straight below the ears."""
    x, y = paths[..., 0], _above(paths[..., 1])
    return 1.25 * np.sqrt(np.clip(1.06 - (x / 1.60) ** 2 - ((y + 0.1) / 2.0) ** 2, 0.01, None))


def _above(y: Array) -> Array:
    """y, eased to a constant below the ears, where hair hangs."""
    return 0.3 - np.logaddexp(0, (0.3 - y) * 3.0) / 3.0


def tones(strands: Strands, brightness: float) -> Array:
    """Brightness 0..1 per point, (N, POINTS): Kajiya and Kay's hair under key, fill and rim, darker between locks."""
    tangent = np.gradient(strands.paths, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    body = _facing(strands)
    diffuse = np.full(tangent.shape[:2], 0.07)
    shine = np.zeros(tangent.shape[:2])
    for lamp, power in ((KEY, 1.0), (FILL, 0.30), (RIM, 0.30)):
        faces = np.clip((body @ lamp + 0.25) / 1.25, 0, 1)
        diffuse += 0.17 * power * np.sqrt(np.clip(1 - (tangent @ lamp) ** 2, 0, 1)) * faces
        half = lamp + np.array([0, 0, 1.0])
        along = tangent @ (half / np.linalg.norm(half))
        shine += power * faces**1.5 * np.clip(1 - (along + 0.05) ** 2, 0, 1) ** 54
    shade = strands.shade[:, None]
    t = np.linspace(0, 1, POINTS)[None]
    crevice = np.clip(1.06 - (0.10 + 0.36 * t) * np.minimum(strands.across[:, None] ** 2, 1.0), 0.25, None)
    roots = 0.72 + 0.28 * np.clip(t / 0.10, 0, 1)
    tone = (diffuse * 0.92 * crevice + 0.26 * shine * shade**2.5 * crevice**1.5) * shade * roots
    # Evened along the strand, or a highlight would start with a hard edge at a joint.
    for _ in range(2):
        tone[:, 1:-1] = 0.25 * tone[:, :-2] + 0.5 * tone[:, 1:-1] + 0.25 * tone[:, 2:]
    return np.clip(tone * brightness, 0, 1)


def _facing(strands: Strands) -> Array:
    """Outward direction of the hair's mass at each point, turned within a lock as on a round cord."""
    paths = strands.paths
    x = paths[..., 0] / 1.35 + 0.16 * strands.across[:, None] * np.sign(paths[..., 0])
    out = np.stack([x, (_above(paths[..., 1]) + 0.1) / 2.2, 0.30 + 0.5 * paths[..., 2]], axis=2)
    return out / np.maximum(np.linalg.norm(out, axis=2, keepdims=True), 1e-6)


def paint(
    sheets: tuple[Sheet, ...], frame: Frame, hair: Hair, rng: np.random.Generator, inside: float, width: float
) -> Layer:
    """Paint sheets one over the other on a clear layer.

    `inside` 0..1 is how dark the hair is beside the neck, `width` the head's width as a factor.
    """
    sheets = tuple(sheet.widened(width) for sheet in sheets)
    # Where single strands leave the mass their soft edges mix with what is there: were it dark, they had a rim.
    tone = np.full((frame.height, frame.width), 80, np.uint8)
    cap = frame.blurred(frame.fill(*(_cap(sheet) for sheet in sheets if not sheet.hairline)), 0.010)
    tone = (tone + (55.0 - tone) * cap).astype(np.uint8)
    cover = (cap * 255).astype(np.uint8)
    for sheet in sheets:
        mass = frame.blurred(frame.fill(_outline(sheet)), 0.010)
        tone = (tone + (12.0 * sheet.brightness - tone) * mass).astype(np.uint8)
        cover = np.maximum(cover, (mass * 255).astype(np.uint8))
        strands = grow(sheet, rng)
        stroke(tone, cover, frame, strands.paths, tones(strands, sheet.brightness))
    # Inside, towards the neck, little light arrives.
    x, y = frame.grid()
    light = 1 - inside * np.exp(-(((np.abs(x) - 0.80) / 0.26) ** 2 + ((y - 1.75) / 0.62) ** 2))
    return Layer(
        (ramp(hair)[tone] * light[..., None]).astype(np.float32), np.multiply(cover, 1 / 255, dtype=np.float32)
    )


def stroke(tone: NDArray[np.uint8], cover: NDArray[np.uint8], frame: Frame, paths: Array, tint: Array) -> None:
    """Draw strands in depth layers; a segment takes the nearest of TONES steps so that thousands go in one call."""
    fixed = np.round((paths[..., :2] * frame.unit + (frame.left, frame.top)) * 16).astype(np.int32)
    cv2.polylines(cover, list(fixed), False, 255, 1, cv2.LINE_AA, 4)
    steps = np.round((tint[:, 1:] + tint[:, :-1]) / 2 * (TONES - 1)).astype(int)
    for part in np.array_split(np.arange(len(paths)), LAYERS):
        segments = np.stack([fixed[part, :-1], fixed[part, 1:]], axis=2).reshape(-1, 2, 2)
        level = steps[part].ravel()
        order = np.argsort(level, kind="stable")
        edges = np.searchsorted(level[order], np.arange(TONES + 1))
        for step in range(TONES):
            chosen = segments[order[edges[step] : edges[step + 1]]]
            if len(chosen):
                cv2.polylines(tone, list(chosen), False, 8 + step * 247 // (TONES - 1), 1, cv2.LINE_AA, 4)


def ramp(hair: Hair) -> Floats:
    """Linear colour for each of 256 tones, through the hair's dark, middle and light."""
    stops = np.stack(
        [srgb(*hair.dark) * 0.35, srgb(*hair.dark), srgb(*hair.middle), srgb(*hair.light), srgb(*hair.light) * 1.7]
    )
    at = np.array([0.0, 0.13, 0.36, 0.72, 1.0])
    return np.stack([np.interp(np.linspace(0, 1, 256), at, stops[:, c]) for c in range(3)], axis=1).astype(np.float32)


def _cap(sheet: Sheet) -> Curve:
    """The scalp along a sheet's roots."""
    return ribbon([guide[0] for guide in sheet.guides], 0.11)


def _outline(sheet: Sheet) -> Curve:
    """Where the sheet is dense: from its roots to 82 % of its length, a little inside its first and last guide."""
    guides = [spline(guide, POINTS) for guide in sheet.guides]
    lean = (guides[-1] - guides[0]) * 0.05
    start, end = int(POINTS * sheet.hairline), int(POINTS * 0.82)
    tips = [guide[end][None] for guide in guides[1:-1]]
    roots = [guide[start][None] for guide in guides[-2:0:-1]]
    return np.vstack([(guides[0] + lean)[start:end], *tips, (guides[-1] - lean)[start:end][::-1], *roots])
