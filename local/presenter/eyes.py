"""Eyes: ball, iris, lids' shadow and wetness; and the hairs around them: lashes and brows."""

from __future__ import annotations

import cv2
import numpy as np

from local.presenter import anatomy as at
from local.presenter.geometry import Curve, Floats, Frame, bump, mirrored, moved, ribbon, smoothstep, spline
from local.presenter.lighting import KEY, srgb
from local.presenter.look import Presenter
from local.presenter.shape import around_eye, brow, iris_centre, iris_radius
from local.presenter.texture import cloud

Point = tuple[float, float]


def draw_eyes(picture: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> None:
    """Paint both eyes with their lashes onto lit skin (H, W, 3), in place."""
    for side in (-1, 1):
        x0, x1 = sorted((side * 0.12, side * 0.95))
        part, where = frame.window(x0, -0.42, x1, 0.32)
        picture[where] = _lashed(_eye(picture[where], part, who, side, rng), part, who, side, rng)


def _on(side: int, curve: Curve) -> np.ndarray:
    return np.asarray(curve) if side > 0 else mirrored(curve)


def _mix(under: Floats, colour: Floats, amount: Floats) -> Floats:
    return (under + (colour - under) * amount[..., None]).astype(np.float32)


def _eye(skin: Floats, frame: Frame, who: Presenter, side: int, rng: np.random.Generator) -> Floats:
    upper, lower = _on(side, around_eye(at.UPPER_LID, who)), _on(side, around_eye(at.LOWER_LID, who))
    opening = frame.fill(np.vstack([upper, lower[::-1]]))
    cx, cy = iris_centre(who)
    cx *= side
    ball = _white(frame, side, rng) * who.eyes.white
    ball = _iris(ball, frame, who, (cx, cy), rng)
    # The upper lid and its lashes shade the ball below them; the lower lid only a rim.
    above = frame.fill(np.vstack([upper, moved(upper[::-1], 0, -0.2)]))
    shade = 0.62 * frame.blurred(above, 0.022) + 0.30 * frame.shifted(frame.blurred(above, 0.03), 0, 0.03)
    shade += 0.25 * frame.blurred(1 - opening, 0.018)
    ball = ball * (1 - shade.clip(0, 0.85))[..., None] ** np.array([0.9, 1.0, 1.02], np.float32)
    ball = ball + _catchlights(frame, (cx, cy))[..., None] * np.array([1.0, 1.0, 1.04], np.float32)
    seen = frame.blurred(opening, 0.0035)
    out = _mix(skin, ball.astype(np.float32), seen)
    return _wet_line(out, frame, lower, side, _luma(who))


def _white(frame: Frame, side: int, rng: np.random.Generator) -> Floats:
    x, y = frame.grid()
    nx, ny = (x - 0.5 * side) / 0.30, (y + 0.01) / 0.30
    nz = np.sqrt(np.clip(1 - nx**2 - ny**2, 0.05, 1))
    light = 0.50 + 0.42 * np.clip(nx * KEY[0] + ny * KEY[1] + nz * KEY[2], 0, 1)
    white = light[..., None] * srgb(226, 216, 210)
    corner = bump(frame, 0.275 * side, 0.03, 0.045, 0.05) + 0.35 * bump(frame, 0.735 * side, 0.0, 0.05, 0.06)
    white = _mix(white.astype(np.float32), srgb(190, 118, 108) * 0.8, corner.clip(0, 0.85))
    return (white * (1 + 0.02 * cloud(frame, rng, 0.03)[..., None] * np.array([0, 1, 1], np.float32))).astype(
        np.float32
    )


def _iris(ball: Floats, frame: Frame, who: Presenter, centre: Point, rng: np.random.Generator) -> Floats:
    x, y = frame.grid()
    dx, dy = x - centre[0], y - centre[1]
    r = np.sqrt(dx**2 + dy**2) / iris_radius(who)
    turn = np.arctan2(dy, dx)
    fibres = _fibres(turn, r.astype(np.float32), rng)
    rim, outer, inner = (srgb(*c) for c in (who.eyes.rim, who.eyes.outer, who.eyes.inner))
    ring = smoothstep(0.42, 0.72, (r + 0.06 * fibres).astype(np.float32))
    colour = inner + (outer - inner) * ring[..., None]
    colour = colour * (1 + 0.34 * fibres[..., None])
    # Light enters the cornea from the key's side and pools opposite to it.
    pool = np.clip((dx * -KEY[0] + dy * -KEY[1]) / iris_radius(who), -1, 1)
    colour = colour * (1.02 + 0.85 * smoothstep(-0.4, 1.0, pool.astype(np.float32)))[..., None]
    colour = _mix(colour.astype(np.float32), rim * 0.55, smoothstep(0.74, 1.0, r.astype(np.float32)) * 0.92)
    colour = _mix(colour, np.full(3, 0.004, np.float32), 1 - smoothstep(0.34, 0.42, r.astype(np.float32)))
    return _mix(ball, colour, 1 - smoothstep(0.95, 1.06, r.astype(np.float32)))


def _fibres(turn: Floats, r: Floats, rng: np.random.Generator) -> Floats:
    """Radial streaks of the iris, mean 0, about -1..1."""
    total = np.zeros_like(r)
    for waves in (17, 29, 43, 61):
        phase, drift = rng.uniform(0, 6.28), rng.uniform(-1.5, 1.5)
        total += np.sin(waves * turn + phase + drift * r * 2 + np.sin(3 * turn + phase)) * rng.uniform(0.5, 1)
    return (total / 2.4).astype(np.float32)


def _catchlights(frame: Frame, centre: Point) -> Floats:
    cx, cy = centre
    box = moved([(-0.054, -0.054), (-0.020, -0.060), (-0.018, -0.026), (-0.052, -0.022)], cx, cy)
    key = frame.blurred(frame.fill(spline(box, 60, True)), 0.004) * 0.95
    fill = bump(frame, cx + 0.045, cy + 0.050, 0.014, 0.010) * 0.16
    return (key + fill).astype(np.float32)


def _luma(who: Presenter) -> float:
    """How light this skin is next to fair skin, 0..1."""
    return float(min(1.0, srgb(*who.skin.base).mean() / 0.46))


def _wet_line(skin: Floats, frame: Frame, lower: np.ndarray, side: int, luma: float) -> Floats:
    """The lower lid's rim, pink and moist, and the pink of the inner corner, as light as the skin around them."""
    rim = frame.blurred(frame.line(moved(lower, 0, 0.007), [0.004, 0.014, 0.016, 0.014, 0.005]), 0.0035)
    out = _mix(skin, srgb(222, 160, 142) * 0.78 * (0.25 + 0.75 * luma), rim * 0.60)
    tear = frame.blurred(frame.line(moved(lower[6:46], 0, -0.004), [0.002, 0.006, 0.002]), 0.003)
    out = out + (0.05 + 0.15 * luma) * tear[..., None]
    flesh = bump(frame, 0.281 * side, 0.031, 0.016, 0.013)
    out = _mix(out.astype(np.float32), srgb(196, 112, 100) * (0.4 + 0.4 * luma), flesh * 0.75)
    return (out + 0.30 * bump(frame, 0.278 * side, 0.027, 0.004, 0.004)[..., None]).astype(np.float32)


def hairs(frame: Frame, strands: list[np.ndarray], widths: list[float]) -> Floats:
    """Coverage of many tapered hairs, each a curve with a root width in face units."""
    mask = np.zeros((frame.height, frame.width), np.float32)
    layer = np.zeros((frame.height, frame.width), np.uint8)
    for strand, width in zip(strands, widths, strict=True):
        outline = frame.fixed(ribbon(strand, [width, width * 0.75, width * 0.12]))
        cv2.fillPoly(layer, [outline], 255, cv2.LINE_AA, 4)
    mask += layer.astype(np.float32) / 255
    return mask


def arc(root: Point, angle: float, length: float, bend: float) -> np.ndarray:
    """A hair: starts at `root` towards `angle` (radians, 0 right, -pi/2 up), turns by `bend` over its length."""
    t = np.linspace(0, 1, 9)
    heading = angle + bend * t
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / 8
    return np.asarray(root) + np.vstack([[0, 0], np.cumsum(steps[:-1], axis=0)])


def _lashed(skin: Floats, frame: Frame, who: Presenter, side: int, rng: np.random.Generator) -> Floats:
    upper, lower = around_eye(at.UPPER_LID, who), around_eye(at.LOWER_LID, who)
    line = frame.blurred(frame.line(_on(side, moved(upper, 0, -0.004)), [0.004, 0.017, 0.026, 0.031, 0.016]), 0.0045)
    out = _mix(skin, srgb(38, 24, 20) * 0.8, (line * (0.45 + 0.47 * who.eyes.lashes)).clip(0, 1))
    for length, alpha in ((1.0, 0.50), (0.75, 0.50)):
        out = _mix(
            out,
            srgb(30, 19, 16) * 0.7,
            frame.blurred(_upper_lashes(frame, upper, side, length * (0.55 + 0.45 * who.eyes.lashes), rng), 0.0012)
            * alpha,
        )
    return _mix(
        out, srgb(52, 34, 28), frame.blurred(_lower_lashes(frame, lower, side, rng), 0.001) * 0.34 * who.eyes.lashes
    )


def _upper_lashes(frame: Frame, lid: np.ndarray, side: int, length: float, rng: np.random.Generator) -> Floats:
    strands: list[np.ndarray] = []
    for i in range(48):
        t = float(np.clip(0.10 + 0.89 * (i + rng.uniform(-0.6, 0.6)) / 48, 0, 1))
        root = lid[int(t * 59)] + (0, -0.006)
        # Seen from the front the middle lashes point at the viewer: only those at the outer corner show their length.
        angle = np.radians(-112 + 84 * t**1.2 + rng.normal(0, 7))
        reach = (0.016 + 0.044 * t**2) * rng.uniform(0.6, 1.15) * length
        strands.append(_on(side, arc((root[0], root[1]), angle, reach, -0.55 * t + rng.normal(0, 0.15))))
    return hairs(frame, strands, [0.0048] * len(strands))


def _lower_lashes(frame: Frame, lid: np.ndarray, side: int, rng: np.random.Generator) -> Floats:
    strands: list[np.ndarray] = []
    for i in range(26):
        t = float(np.clip(0.30 + 0.66 * (i + rng.uniform(-0.6, 0.6)) / 26, 0, 1))
        root = lid[int(t * 59)] + (0, 0.010)
        angle = np.radians(100 - 66 * t + rng.normal(0, 9))
        strands.append(_on(side, arc((root[0], root[1]), angle, rng.uniform(0.010, 0.024), 0.35)))
    return hairs(frame, strands, [0.003] * len(strands))


def draw_brows(picture: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> None:
    """Paint both brows onto lit skin (H, W, 3), in place: a soft shade, then single hairs."""
    centre = brow(who)
    weight = who.face.brow_weight
    colour = srgb(*(who.hair.brow or who.hair.dark))
    thick = np.interp(np.linspace(0, 1, 100), [0, 0.12, 0.45, 0.75, 1], [0.032, 0.074, 0.076, 0.056, 0.012]) * weight
    for side in (-1, 1):
        x0, x1 = sorted((side * 0.08, side * 1.02))
        part, where = frame.window(x0, -0.60, x1, -0.14)
        tint = part.blurred(part.line(_on(side, centre), list(thick * 0.66)), 0.018)
        out = _mix(picture[where], colour * 1.1, (tint * 0.42 * weight).clip(0, 0.7))
        for alpha in (0.36, 0.48, 0.60):
            cover = part.blurred(hairs(part, *_brow_hairs(centre, thick, side, rng)), 0.0012)
            out = _mix(out, colour * 0.9, cover * alpha)
        picture[where] = out


def _brow_hairs(
    centre: np.ndarray, thick: np.ndarray, side: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], list[float]]:
    strands: list[np.ndarray] = []
    for _ in range(120):
        t = rng.random() ** 0.92
        i = int(t * 98)
        across = rng.uniform(-0.5, 0.5)
        along = np.arctan2(*(centre[i + 1] - centre[i])[::-1])
        lift = np.interp(t, [0, 0.15, 0.4, 1], [1.15, 0.75, 0.42, 0.12])
        # Lower hairs sweep up, upper hairs sweep down: they meet along the brow's spine.
        angle = along - lift * (0.45 + 1.1 * (across + 0.5)) + 0.35 * (0.5 - across) * t + rng.normal(0, 0.10)
        root = centre[i] + (0, across * thick[i])
        length = np.interp(t, [0, 0.3, 1], [0.055, 0.078, 0.050]) * rng.uniform(0.7, 1.1)
        strands.append(_on(side, arc((root[0], root[1]), angle, length, rng.normal(0.35, 0.12))))
    return strands, [0.0044] * len(strands)
