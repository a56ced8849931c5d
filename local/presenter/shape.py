"""Makes the mean face one person's: where this person's points, lids, lips, brows and outlines lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local.presenter import anatomy as at
from local.presenter.geometry import Curve, both_sides, spline
from local.presenter.look import Presenter

Points = NDArray[np.float64]


def shaped(points: Curve | Points, who: Presenter) -> Points:
    """Points (N, 2) or (N, 3) of the mean face, either half, moved to where they lie on this person's."""
    p = np.array(points, np.float64)
    x, y = p[:, 0], p[:, 1]
    face = who.face
    jaw = 1 + (face.jaw_width - 1) * _step(0.1, 1.25, y)
    cheek = 1 + (face.cheek_width - 1) * np.exp(-(((y - 0.35) / 0.55) ** 2)) * _step(0.35, 0.8, np.abs(x))
    chin = 1 + (face.chin_width - 1) * _step(1.35, 1.62, y) * np.exp(-((x / 0.55) ** 2))
    corner = face.jaw_corner * np.exp(-(((y - 1.22) / 0.30) ** 2)) * _step(0.45, 0.95, np.abs(x))
    nose = 1 + (face.nose_width - 1) * np.exp(-(((y - 0.55) / 0.27) ** 2)) * np.exp(-((x / 0.40) ** 4))
    head = 1 + (face.head_width - 1) * _step(0.40, 0.85, np.abs(x))
    p[:, 0] = x * jaw * cheek * chin * nose * head + np.sign(x) * corner
    p[:, 1] = y + face.chin_drop * np.clip((y - 1.15) / 0.6, 0, 1.1)
    if p.shape[1] == 3:
        bridge = np.exp(-((x / 0.10) ** 2)) * np.exp(-(((y - 0.12) / 0.26) ** 2))
        ridge = np.exp(-(((y + 0.36) / 0.14) ** 2)) * np.exp(-(((np.abs(x) - 0.40) / 0.40) ** 2))
        p[:, 2] += face.nose_bridge * bridge + face.brow_ridge * ridge
    return p


def _step(low: float, high: float, v: Points) -> Points:
    t = np.clip((v - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def head_outline(who: Presenter) -> Points:
    """The closed silhouette of the bare head."""
    return shaped(spline(both_sides(at.OUTLINE)[1:], 320, closed=True), who)


def around_eye(curve: Curve, who: Presenter) -> Points:
    """A curve of the right half's eye, 60 points, at this person's size, opening and tilt."""
    face = who.face
    p = (spline(curve, 60) - (0.5, 0.0)) * face.eye_size
    p[:, 1] = (p[:, 1] - 0.01) * face.eye_open + 0.01
    c, s = np.cos(face.eye_tilt), np.sin(face.eye_tilt)
    return np.stack([0.5 + p[:, 0] * c + p[:, 1] * s, p[:, 1] * c - p[:, 0] * s], axis=1)


def lid_crease(who: Presenter) -> Points:
    """The fold above the right half's upper lid, 60 points."""
    crease, lid = around_eye(at.LID_CREASE, who), around_eye(at.UPPER_LID, who)
    t = np.linspace(0, 1, 60)[:, None]
    low = who.face.hood * np.interp(t, [0, 0.35, 1], [1.0, 0.72, 0.62])
    return crease + (lid - np.array([0, 0.012]) - crease) * low


def iris_centre(who: Presenter) -> tuple[float, float]:
    """The right half's iris: a little of it lies under the upper lid, whatever the lid's opening."""
    return at.IRIS_CENTRE[0], at.IRIS_CENTRE[1] + 0.10 * (1 - who.face.eye_open)


def iris_radius(who: Presenter) -> float:
    """Large eyes have larger irises, but not in proportion."""
    return at.IRIS_RADIUS * who.face.eye_size**0.6


def brow(who: Presenter) -> Points:
    """The middle line of the right half's brow, 100 points from the nose outward."""
    p = spline(at.BROW, 100)
    base = np.linspace(p[0, 1], p[-1, 1], 100)
    p[:, 1] = base + (p[:, 1] - base) * who.face.brow_arch + who.face.brow_drop
    return p


LIFT = 0.045
"""How far a full closed smile lifts the corners of the mouth, face units."""


def mouth_line(who: Presenter) -> Points:
    """Half of the line where the lips meet, 60 points from the midline to the corner."""
    return _smiling(spline(at.MOUTH_LINE, 60), who)


def _smiling(half: Points, who: Presenter) -> Points:
    p = half * (who.face.mouth_width * (1 + 0.05 * who.face.smile), 1)
    p[:, 1] -= LIFT * who.face.smile * (half[:, 0] / 0.398) ** 2
    return p


def lip_outlines(who: Presenter) -> tuple[Points, Points]:
    """Closed outlines of the upper and the lower lip over both halves, meeting on the mouth line."""
    line, full = mouth_line(who), who.face.lip_fullness
    upper, lower = (_fuller(_smiling(spline(edge, 60), who), line, full) for edge in (at.UPPER_LIP, at.LOWER_LIP))
    seam = both_sides(line)[::-1]
    return np.vstack([both_sides(upper), seam]), np.vstack([both_sides(lower), seam])


def _fuller(edge: Points, line: Points, fullness: float) -> Points:
    """A lip's edge moved away from the mouth line by a factor."""
    seam = np.interp(edge[:, 0], line[:, 0], line[:, 1])
    return np.stack([edge[:, 0], seam + (edge[:, 1] - seam) * fullness], axis=1)
