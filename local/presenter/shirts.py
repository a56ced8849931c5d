"""Clothes without a jacket: shirt, turtleneck, and the ao dai with its standing collar."""

from __future__ import annotations

from typing import Final

import numpy as np

from local.presenter.cloth import SHOULDER, Panel, chest, cut, folds, lay, torso, weave, widened
from local.presenter.geometry import Curve, Floats, Frame, both_sides, bump, mirrored, spline
from local.presenter.look import Colour, Presenter

OPENING: Final = ((0.0, 3.02), (0.12, 2.80), (0.33, 2.52), (0.52, 2.26), (0.62, 2.06))
TUCKED_LEAF: Final = (
    (0.625, 2.02), (0.52, 2.24), (0.33, 2.52), (0.115, 2.80), (0.36, 3.12), (0.60, 2.88), (0.72, 2.50), (0.665, 2.18),
)  # fmt: skip
"""The same under a jacket's collar."""
LEAF: Final = (
    (0.625, 2.02), (0.52, 2.24), (0.33, 2.52), (0.115, 2.80), (0.40, 3.13), (0.72, 2.84), (1.00, 2.52), (0.84, 2.26),
)  # fmt: skip
PLACKET: Final = ((0.0, 3.02), (0.095, 3.10), (0.095, 4.2), (-0.075, 4.2), (-0.075, 3.12))

ROLL_TOP: Final = ((0.0, 2.115), (0.22, 2.095), (0.44, 2.03), (0.635, 1.90))
ROLL_FOOT: Final = ((0.745, 2.34), (0.50, 2.475), (0.25, 2.545), (0.0, 2.565))

BAND_TOP: Final = ((0.0, 2.270), (0.05, 2.225), (0.22, 2.190), (0.44, 2.115), (0.610, 2.01))
BAND_FOOT: Final = ((0.700, 2.30), (0.50, 2.44), (0.25, 2.52), (0.05, 2.545), (0.0, 2.55))
FLAP: Final = ((0.02, 2.55), (-0.22, 2.66), (-0.62, 2.80), (-1.05, 3.00), (-1.50, 3.30), (-1.90, 3.72))


def _bodice(top: Curve, wide: float) -> np.ndarray:
    """Closed outline of cloth over chest and shoulders below an inner edge that runs from the midline outward."""
    half = np.vstack([spline(top, 60), spline(SHOULDER, 100)[3:], [(0.0, 4.2)]])
    return both_sides(widened(half, wide))


def draw_shirt(
    picture: Floats, frame: Frame, who: Presenter, skin: Floats, colour: Colour, rng: np.random.Generator
) -> Floats:
    """Paint a shirt open at the neck, in place; its coverage (H, W)."""
    wide = who.face.neck_width
    body, threads = torso(frame, wide), weave(frame, rng)
    cover = frame.fill(_bodice(OPENING, wide))
    z = body + 0.7 * folds(frame, rng) + 0.025 * frame.blurred(cover, 0.010) + _yoke(frame)
    lay(picture, frame, skin, Panel(cover, z, colour, 0.035, threads * np.float32(0.5)))
    strip = frame.fill(cut(PLACKET, 0.012))
    raised = z + 0.010 * frame.blurred(strip, 0.005)
    lay(picture, frame, cover, Panel(strip, raised, colour, 0.008, threads * np.float32(0.5)))
    for y in (3.24, 3.66):
        _button(picture, frame, 0.01, y, colour)
    under_jacket = who.clothing.outfit == "suit"
    leaf = widened(cut(TUCKED_LEAF if under_jacket else LEAF, 0.02), wide)
    leaves = frame.fill(leaf, mirrored(leaf))
    inner = frame.line(leaf, 0.008)
    stitches = frame.blurred(np.maximum(inner, frame.line(mirrored(leaf), 0.008)), 0.010)
    raised = (
        chest(frame)
        + 0.5
        + 0.035 * frame.blurred(leaves, 0.008)
        + 0.030 * frame.blurred(leaves, 0.04)
        + 0.004 * stitches
    )
    worn = np.maximum(skin, cover)
    lay(picture, frame, worn, Panel(leaves, raised, colour, 0.040, threads * np.float32(0.5)))
    return np.maximum(cover, leaves)


def _yoke(frame: Frame) -> Floats:
    """Folds that run from the collar towards the arms."""
    total = np.zeros((frame.height, frame.width), np.float32)
    for x, y, dx, dy, depth in (
        (0.55, 3.10, 0.55, 0.60, -0.030), (0.85, 2.95, 0.70, 0.75, 0.035), (1.25, 2.95, 0.55, 0.80, -0.030),
        (0.30, 3.35, 0.25, 0.60, 0.022),
    ):  # fmt: skip
        line = spline([(x, y), (x + dx * 0.55, y + dy * 0.40), (x + dx, y + dy)])
        for side, part in ((1, 1.0), (-1, 0.8)):
            total += frame.blurred(frame.line(line * (side, 1), [0.01, 0.08, 0.02]), 0.04) * (depth * part)
    return total


def _button(picture: Floats, frame: Frame, x: float, y: float, colour: Colour) -> None:
    part, where = frame.window(x - 0.12, y - 0.12, x + 0.12, y + 0.12)
    if not (part.height and part.width):
        return
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    disc = part.fill(np.stack([x + 0.036 * np.cos(turn), y + 0.036 * np.sin(turn)], axis=1))
    picture[where] *= 1 - 0.35 * part.shifted(part.blurred(disc, 0.010), 0.008, 0.012)[..., None]
    shade = 0.55 + 0.35 * bump(part, x - 0.012, y - 0.014, 0.022, 0.022)
    tone = np.asarray(colour, np.float32) / 255
    picture[where] += ((tone**2.2 * 0.9 + 0.06) * shade[..., None] - picture[where]) * disc[..., None]


def draw_turtleneck(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint a fine knit with a rolled collar, in place."""
    wide, colour = who.face.neck_width, who.clothing.jacket
    body, threads = torso(frame, wide), weave(frame, rng)
    cover = frame.fill(_bodice(((0.0, 2.30), (0.40, 2.26), (0.66, 2.18)), wide))
    z = body + 0.8 * folds(frame, rng) + _yoke(frame) * np.float32(0.7)
    lay(picture, frame, skin, Panel(cover, z.astype(np.float32), colour, 0.04, threads, silk=0.20))
    half = widened(np.vstack([spline(ROLL_TOP, 50), spline(ROLL_FOOT, 60)]), wide)
    roll = frame.fill(both_sides(half))
    x, _ = frame.grid()
    around = np.arcsin(np.clip(x / (0.74 * wide), -0.999, 0.999))
    ribs = np.cos(around * 62.0) * np.clip(1.15 - np.abs(around) / 1.5, 0, 1)
    tube = 0.40 * np.cos(around) - 0.75 + 0.05 * frame.blurred(roll, 0.05) + 0.006 * ribs
    tube = tube + 0.02 * frame.blurred(roll, 0.012)
    lay(picture, frame, np.maximum(skin, cover), Panel(roll, tube.astype(np.float32), colour, 0.05, threads, silk=0.15))


def draw_ao_dai(picture: Floats, frame: Frame, who: Presenter, skin: Floats, rng: np.random.Generator) -> None:
    """Paint an ao dai: silk, a standing collar, and the closing that runs from it to the arm, in place."""
    wide, colour = who.face.neck_width, who.clothing.jacket
    body, threads = torso(frame, wide), weave(frame, rng) * np.float32(0.35)
    cover = frame.fill(_bodice(((0.0, 2.36), (0.40, 2.30), (0.66, 2.18)), wide))
    flap = frame.line(spline(FLAP, 120), 0.010)
    edge = frame.fill(np.vstack([spline(FLAP, 120), [(3.2, 4.2), (3.2, 2.0), (0.0, 2.0)]]))
    z = body + 0.55 * folds(frame, rng) + 0.016 * frame.blurred(edge, 0.008) - 0.006 * frame.blurred(flap, 0.006)
    z = z + _yoke(frame) * np.float32(0.8)
    lay(picture, frame, skin, Panel(cover, z.astype(np.float32), colour, 0.03, threads, silk=0.55))
    half = widened(np.vstack([spline(BAND_TOP, 50), spline(BAND_FOOT, 60)]), wide)
    band = frame.fill(both_sides(half))
    x, _ = frame.grid()
    stand = 0.34 * np.cos(np.clip(x / (0.76 * wide), -1.5, 1.5)) - 0.75 + 0.03 * frame.blurred(band, 0.010)
    lay(picture, frame, np.maximum(skin, cover), Panel(band, stand.astype(np.float32), colour, 0.03, threads, silk=0.5))
    piping = frame.blurred(frame.line(both_sides(widened(spline(BAND_TOP, 50), wide)), 0.020), 0.003)
    seam = frame.blurred(frame.line(spline(FLAP, 120), 0.016), 0.003)
    gold = np.asarray(who.clothing.blouse, np.float32) / 255
    picture += (gold**2.2 * 0.62 - picture) * (np.maximum(piping, seam) * 0.9)[..., None]
    for t in (6, 36, 66, 96):
        at = spline(FLAP, 120)[t]
        _button(picture, frame, float(at[0]), float(at[1]), who.clothing.blouse)
