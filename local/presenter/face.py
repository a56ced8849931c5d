"""The face's relief, and its skin as the lamps show it."""

from __future__ import annotations

import cv2
import numpy as np

from local.presenter import ageing, shape
from local.presenter import anatomy as at
from local.presenter.geometry import Floats, Frame, both_sides, bump, paired, spline, twice
from local.presenter.lighting import Surface, gloss, skin_light
from local.presenter.look import Presenter
from local.presenter.relief import surface
from local.presenter.texture import pores

EDGE_ROLL, EDGE_REACH = 0.15, 0.13
"""How deep, and over how many face units, the head turns away from the viewer at its silhouette."""


def relief(frame: Frame, who: Presenter, skull: Floats, rng: np.random.Generator) -> Floats:
    """Height of the face's skin in face units; `skull` is the coverage of the bare head."""
    half = np.array(at.SIDE)
    points = shape.shaped(np.vstack([np.array(at.MIDLINE), half, half * (-1, 1, 1)]), who)
    z = surface([(float(a), float(b), float(c)) for a, b, c in points], frame)
    z = z + _eye_relief(frame, who, z) + _nose_relief(frame, who) + _mouth_relief(frame, who)
    z += _jaw_relief(frame, who) + ageing.lines(frame, who.skin.age)
    z -= EDGE_ROLL * _edge(frame, skull)
    z += pores(frame, rng) * (0.0005 + 0.0004 * who.skin.age)
    return z.astype(np.float32)


def _edge(frame: Frame, skull: Floats) -> Floats:
    """1 at the silhouette, falling to 0 inwards."""
    factor = 4
    small = cv2.resize(skull, (frame.width // factor, frame.height // factor), interpolation=cv2.INTER_AREA)
    away = cv2.distanceTransform((small > 0.5).astype(np.uint8), cv2.DIST_L2, 5) * factor / frame.unit
    full = cv2.resize(away.astype(np.float32), (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    edge = frame.blurred(np.exp(-np.square(np.maximum(full, 0) / EDGE_REACH)).astype(np.float32), 0.03)
    # Under the chin the spline has turned away already.
    return (edge * (1 - 0.85 * bump(frame, 0, 1.80, 0.38, 0.22))).astype(np.float32)


def _eye_relief(frame: Frame, who: Presenter, z: Floats) -> Floats:
    x, y = frame.grid()
    across = (np.abs(x) - 0.5) ** 2 + (y + 0.015) ** 2
    ball = 0.155 - 0.24 + np.sqrt(np.maximum(0.24**2 - across, 0))
    sharp = 40.0
    rise = np.where(across < 0.235**2, np.logaddexp(0, sharp * (ball - z)) / sharp, 0)
    crease = paired(frame, shape.lid_crease(who), [0.004, 0.020, 0.026, 0.022, 0.006], 0.008)
    margin = paired(frame, shape.around_eye(at.LOWER_LID, who), [0.004, 0.02, 0.02, 0.006], 0.010)
    bag = paired(
        frame, spline([(0.28, 0.10), (0.42, 0.165), (0.58, 0.165), (0.72, 0.11)]), [0.01, 0.03, 0.03, 0.01], 0.022
    )
    # A lid whose fold lies low is full above it.
    full = who.face.hood * (
        twice(frame, 0.50, -0.17, 0.22, 0.07) * 0.030 + twice(frame, 0.27, -0.06, 0.06, 0.07) * 0.02
    )
    depth = 0.012 * (1 - 0.45 * who.face.hood)
    return (rise - depth * crease + 0.006 * margin - (0.009 + 0.012 * who.skin.age) * bag + full).astype(np.float32)


def _nose_relief(frame: Frame, who: Presenter) -> Floats:
    w = who.face.nose_width
    tip = bump(frame, 0, 0.56, 0.085 * w, 0.070)
    wings = twice(frame, 0.212 * w, 0.590, 0.050 * w, 0.060, 0.3)
    groove = paired(frame, shape.shaped(spline(at.WING_GROOVE), who), [0.004, 0.03, 0.035, 0.03, 0.004], 0.013)
    fold = paired(frame, shape.shaped(spline(at.CHEEK_FOLD), who), [0.01, 0.05, 0.05, 0.01], 0.035)
    return (0.040 * tip + 0.045 * wings - 0.032 * groove - 0.022 * fold).astype(np.float32)


def _mouth_relief(frame: Frame, who: Presenter) -> Floats:
    upper, lower = shape.lip_outlines(who)
    line = both_sides(shape.mouth_line(who))
    w = who.face.mouth_width
    full_upper, full_lower = frame.blurred(frame.fill(upper), 0.022), frame.blurred(frame.fill(lower), 0.028)
    seam = frame.blurred(frame.line(line, [0.004, 0.02, 0.024, 0.02, 0.004]), 0.009)
    philtrum = frame.blurred(frame.line([(0, 0.75), (0, 0.88)], [0.03, 0.05]), 0.022)
    ridges = paired(frame, [(0.05, 0.75), (0.085, 0.88)], [0.01, 0.02], 0.014)
    corners = twice(frame, 0.415 * w, 1.002 - shape.LIFT * who.face.smile, 0.03, 0.035)
    cheeks = who.face.smile * twice(frame, 0.60, 0.46, 0.17, 0.12)
    chin = bump(frame, 0, 1.27 + 0.3 * who.face.chin_drop, 0.20, 0.035)
    return (
        0.030 * full_upper
        + 0.045 * full_lower
        - 0.028 * seam
        - 0.014 * philtrum
        + 0.008 * ridges
        - 0.025 * corners
        - 0.012 * chin
        + 0.020 * cheeks
    ).astype(np.float32)


def _jaw_relief(frame: Frame, who: Presenter) -> Floats:
    """The cheek bone's lower edge, deeper in a narrow face, and the planes of a square jaw."""
    hollow = paired(frame, spline([(0.92, 0.56), (0.80, 0.72), (0.66, 0.92)]), [0.06, 0.16, 0.10], 0.09)
    ball = bump(frame, 0, 1.52 + who.face.chin_drop * 0.6, 0.17 * who.face.chin_width, 0.13)
    strong = np.clip(who.face.jaw_corner / 0.05, 0, 1)
    return (-(0.030 + 0.020 * strong) * hollow + (0.004 + 0.022 * strong) * ball).astype(np.float32)


def lit_face(frame: Frame, who: Presenter, lay: Surface, coverage: Floats, colour: Floats) -> Floats:
    """The face as seen: scattered light through its colour, and the sheen of skin and lips."""
    light = skin_light(lay, frame, coverage)
    upper, lower = shape.lip_outlines(who)
    dry = 1 - frame.blurred(frame.line(both_sides(shape.mouth_line(who)), 0.03), 0.01)
    wet = frame.blurred(frame.fill(upper), 0.006) * 0.5 + frame.blurred(frame.fill(lower), 0.006)
    oily = (
        1.3 * bump(frame, 0, 0.40, 0.09, 0.30)
        + 1.6 * bump(frame, 0, 0.53, 0.09, 0.07)
        + 0.6 * bump(frame, 0, -0.62, 0.5, 0.22)
        + 0.7 * twice(frame, 0.64, 0.30, 0.19, 0.11)
    )
    sheen = gloss(lay, 0.42, (0.55 + 0.8 * oily) * who.skin.oil) + gloss(lay, 0.27, 1.6 * wet * dry)
    return (colour * light + sheen * coverage[..., None]).astype(np.float32)
