"""The face: its relief and its colours, lit as skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local.presenter import anatomy as at
from local.presenter.geometry import Curve, Floats, Frame, both_sides, bump, mirrored, smoothstep, spline
from local.presenter.lighting import Surface, gloss, skin_light, srgb
from local.presenter.look import Presenter
from local.presenter.relief import surface
from local.presenter.texture import mottling, pores


def slimmed(x: Floats, y: Floats, width: float) -> Floats:
    """x of face points after the lower face is made `width` times as wide, in full from the mouth down."""
    return (x * (1 + (width - 1) * smoothstep(0.1, 1.25, y))).astype(np.float32)


def head_outline(who: Presenter) -> Curve:
    """The closed silhouette of the bare head."""
    ring = spline(both_sides(at.OUTLINE)[1:], 320, closed=True)
    ring[:, 0] = slimmed(ring[:, 0].astype(np.float32), ring[:, 1].astype(np.float32), who.face.jaw_width)
    return ring


def around_eye(curve: Curve, who: Presenter) -> NDArray[np.float64]:
    """A curve of the right half's eye, 60 points, at this person's eye size."""
    middle = np.array([0.5, 0.0])
    return (spline(curve, 60) - middle) * who.face.eye_size + middle


def lip_outlines(who: Presenter) -> tuple[Curve, Curve]:
    """Closed outlines of the upper and the lower lip over both halves, meeting on the mouth line."""
    line = spline(at.MOUTH_LINE, 60)
    upper, lower = (_fuller(spline(edge, 60), line, who.face.lip_fullness) for edge in (at.UPPER_LIP, at.LOWER_LIP))
    seam = both_sides(line)[::-1]
    return np.vstack([both_sides(upper), seam]), np.vstack([both_sides(lower), seam])


def _fuller(edge: NDArray[np.float64], line: NDArray[np.float64], fullness: float) -> NDArray[np.float64]:
    """A lip's edge moved away from the mouth line by a factor."""
    seam = np.interp(edge[:, 0], line[:, 0], line[:, 1])
    return np.stack([edge[:, 0], seam + (edge[:, 1] - seam) * fullness], axis=1)


def _pair(frame: Frame, half: Curve, widths: float | list[float], sigma: float) -> Floats:
    """A soft line on both halves of the face, peak near 1 for a line wider than its blur."""
    return frame.blurred(np.maximum(frame.line(half, widths), frame.line(mirrored(half), widths)), sigma)


def _twice(frame: Frame, x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> Floats:
    return bump(frame, x, y, rx, ry, angle) + bump(frame, -x, y, rx, ry, -angle)


def relief(frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    """Height of the face's skin in face units."""
    half = np.array(at.SIDE)
    half[:, 0] = slimmed(half[:, 0].astype(np.float32), half[:, 1].astype(np.float32), who.face.jaw_width)
    points = np.vstack([np.array(at.MIDLINE), half, half * (-1, 1, 1)])
    z = surface([(float(a), float(b), float(c)) for a, b, c in points], frame)
    z = z + _eye_relief(frame, who, z) + _nose_relief(frame) + _mouth_relief(frame, who)
    z += pores(frame, rng) * 0.0005
    return z.astype(np.float32)


def _eye_relief(frame: Frame, who: Presenter, z: Floats) -> Floats:
    x, y = frame.grid()
    across = (np.abs(x) - 0.5) ** 2 + (y + 0.015) ** 2
    ball = 0.155 - 0.24 + np.sqrt(np.maximum(0.24**2 - across, 0))
    sharp = 40.0
    rise = np.where(across < 0.235**2, np.logaddexp(0, sharp * (ball - z)) / sharp, 0)
    crease = _pair(frame, around_eye(at.LID_CREASE, who), [0.006, 0.022, 0.026, 0.022, 0.006], 0.008)
    margin = _pair(frame, around_eye(at.LOWER_LID, who), [0.004, 0.02, 0.02, 0.006], 0.010)
    bag = _pair(
        frame, spline([(0.28, 0.10), (0.42, 0.165), (0.58, 0.165), (0.72, 0.11)]), [0.01, 0.03, 0.03, 0.01], 0.022
    )
    return (rise - 0.012 * crease + 0.006 * margin - 0.009 * bag).astype(np.float32)


def _nose_relief(frame: Frame) -> Floats:
    tip = bump(frame, 0, 0.56, 0.085, 0.070)
    wings = _twice(frame, 0.212, 0.590, 0.050, 0.060, 0.3)
    groove = _pair(frame, spline(at.WING_GROOVE), [0.004, 0.03, 0.035, 0.03, 0.004], 0.013)
    fold = _pair(frame, spline(at.CHEEK_FOLD), [0.01, 0.05, 0.05, 0.01], 0.035)
    return (0.035 * tip + 0.045 * wings - 0.030 * groove - 0.022 * fold).astype(np.float32)


def _mouth_relief(frame: Frame, who: Presenter) -> Floats:
    upper, lower = lip_outlines(who)
    line = both_sides(spline(at.MOUTH_LINE, 60))
    full_upper, full_lower = frame.blurred(frame.fill(upper), 0.022), frame.blurred(frame.fill(lower), 0.028)
    seam = frame.blurred(frame.line(line, [0.004, 0.02, 0.024, 0.02, 0.004]), 0.009)
    philtrum = frame.blurred(frame.line([(0, 0.75), (0, 0.88)], [0.03, 0.05]), 0.022)
    ridges = _pair(frame, [(0.05, 0.75), (0.085, 0.88)], [0.01, 0.02], 0.014)
    corners = _twice(frame, 0.415, 1.002, 0.03, 0.035)
    chin = bump(frame, 0, 1.28, 0.20, 0.035)
    return (
        0.030 * full_upper
        + 0.045 * full_lower
        - 0.028 * seam
        - 0.014 * philtrum
        + 0.008 * ridges
        - 0.025 * corners
        - 0.012 * chin
    ).astype(np.float32)


def albedo(frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    """Colour of the face's skin and lips in linear light, (H, W, 3)."""
    skin = who.skin
    colour = np.broadcast_to(srgb(*skin.base), (frame.height, frame.width, 3)).astype(np.float32)
    flush = skin.blush * _twice(frame, 0.70, 0.50, 0.27, 0.20, -0.35) + 0.30 * bump(frame, 0, 0.58, 0.17, 0.14)
    flush += 0.20 * _twice(frame, 0.25, 0.58, 0.10, 0.12) + 0.10 * bump(frame, 0, 1.55, 0.25, 0.15)
    colour = _toward(colour, srgb(*skin.flush), flush.clip(0, 0.8))
    dark = (
        0.50 * _lid_tint(frame, who)
        + 0.20 * _twice(frame, 0.42, 0.14, 0.16, 0.05, 0.15)
        + 0.18 * _twice(frame, 0.24, -0.04, 0.06, 0.10)
    )
    dark += 0.60 * _pair(frame, around_eye(at.LID_CREASE, who), [0.004, 0.014, 0.018, 0.018, 0.006], 0.008)
    dark += 0.30 * bump(frame, 0, 0.70, 0.16, 0.03) + 0.26 * _twice(frame, 0.84, 0.80, 0.16, 0.30, 0.35)
    colour = _toward(colour, srgb(*skin.shade), dark.clip(0, 0.8))
    colour = colour * (1 + 0.028 * mottling(frame, rng)[..., None] * np.array([0.6, 1.1, 1.2], np.float32))
    return _lips(_freckled(colour, frame, who, rng), frame, who, rng)


def _toward(colour: Floats, target: Floats, amount: Floats) -> Floats:
    return (colour + (target - colour) * amount[..., None]).astype(np.float32)


def _lid_tint(frame: Frame, who: Presenter) -> Floats:
    lid = np.vstack([around_eye(at.LID_CREASE, who), around_eye(at.UPPER_LID, who)[::-1]])
    return frame.blurred(frame.fill(lid, mirrored(lid)), 0.02)


def _freckled(colour: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    spots = np.zeros((frame.height, frame.width), np.float32)
    for _ in range(who.skin.freckles):
        side = 1 if rng.random() < 0.5 else -1
        x, y = side * rng.normal(0.55, 0.22), rng.normal(0.42, 0.14)
        part, where = frame.window(x - 0.06, y - 0.06, x + 0.06, y + 0.06)
        if part.height and part.width:
            spots[where] += bump(part, x, y, *rng.uniform(0.006, 0.011, 2)) * rng.uniform(0.05, 0.22)
    return _toward(colour, srgb(*who.skin.shade), spots.clip(0, 0.5))


def _lips(colour: Floats, frame: Frame, who: Presenter, rng: np.random.Generator) -> Floats:
    upper, lower = lip_outlines(who)
    lips = srgb(*who.skin.lips)
    grain = pores(frame, rng)
    for outline, tone in ((upper, 0.80), (lower, 1.0)):
        amount = (frame.blurred(frame.fill(outline), 0.010) * 0.92).clip(0, 1)
        colour = _toward(colour, lips * tone, amount)
    seam = frame.blurred(frame.line(both_sides(spline(at.MOUTH_LINE, 60)), [0.006, 0.015, 0.016, 0.015, 0.006]), 0.0055)
    colour = _toward(colour, lips * 0.13, (seam * 1.1).clip(0, 1))
    nostrils = frame.blurred(frame.fill(spline(at.NOSTRIL, 60, True), mirrored(spline(at.NOSTRIL, 60, True))), 0.012)
    colour = _toward(colour, srgb(*who.skin.shade) * 0.10, (nostrils * 0.85).clip(0, 1))
    return (colour * (1 + 0.006 * grain[..., None])).astype(np.float32)


def lit_face(frame: Frame, who: Presenter, lay: Surface, coverage: Floats, colour: Floats) -> Floats:
    """The face as seen: scattered light through its colour, and the sheen of skin and lips."""
    light = skin_light(lay, frame, coverage)
    upper, lower = lip_outlines(who)
    dry = 1 - frame.blurred(frame.line(both_sides(spline(at.MOUTH_LINE, 60)), 0.03), 0.01)
    wet = frame.blurred(frame.fill(upper), 0.006) * 0.5 + frame.blurred(frame.fill(lower), 0.006)
    oily = (
        1.3 * bump(frame, 0, 0.40, 0.09, 0.30)
        + 1.6 * bump(frame, 0, 0.53, 0.09, 0.07)
        + 0.6 * bump(frame, 0, -0.62, 0.5, 0.22)
        + 0.5 * _twice(frame, 0.62, 0.28, 0.2, 0.12)
    )
    sheen = gloss(lay, 0.42, 0.55 + 0.8 * oily) + gloss(lay, 0.27, 1.6 * wet * dry)
    return (colour * light + sheen * coverage[..., None]).astype(np.float32)
