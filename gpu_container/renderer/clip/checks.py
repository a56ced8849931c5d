"""Whether a tracked face can be animated in every picture of its clip; what to change when it cannot."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.clip.errors import ClipRejected
from renderer.clip.smoothing import smoothed
from renderer.clip.tracking import Tracked
from renderer.face.check import MIN_FACE_PX, MIN_FACE_SHARE, MIN_LUMA, MIN_SHARPNESS, head_angles
from renderer.face.mesh import FACE_OVAL, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Mesh
from renderer.types import Floats, Reals

MAX_TURN_DEG: Final = 33.0
"""Yaw and pitch: asked for are 30; the measure itself is off by up to 3."""
MAX_ROLL_DEG: Final = 35.0
MAX_OUTSIDE: Final = 0.08
"""Share of the face's outline beyond the picture's edge in any one picture: chin and mouth must never leave it."""
JUMP: Final = 0.35
"""Eye distances that a face may leap from one picture to the next when it neither came nor goes at that pace: 0.35 in
40 ms is half a metre a second from rest to rest."""
CHANGE: Final = 22.0
"""Mean change of the grey thumbnail (0..255) that is a new shot, when it is also SPIKE times what surrounds it."""
SPIKE: Final = 4.0
_AROUND: Final = 5
LEAST_PICTURES: Final = 12
"""A loop needs at least 4 for its join, 5 beside it, and some to choose from."""


def check_clip(tracked: Tracked) -> None:
    """Raises ClipRejected: clip_too_few_pictures, clip_cut, clip_face_turned, clip_face_too_small, clip_face_cropped,
    clip_too_dark, clip_blurred."""
    _check_pictures(tracked)
    _check_one_shot(tracked)
    _check_turned(tracked)
    _check_size(tracked)
    _check_light(tracked)


def eye_distance(points: Floats) -> Floats:
    """`points` (T, 468, 3) -> (T,) pixels, in three dimensions: a turned head does not shrink."""
    left, right = (points[:, list(pair)].mean(axis=1) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
    return np.maximum(np.linalg.norm(left - right, axis=1), 4.0).astype(np.float32)


def _check_pictures(tracked: Tracked) -> None:
    if len(tracked.points) < LEAST_PICTURES:
        raise ClipRejected(
            "clip_too_few_pictures",
            f"At {tracked.fps} pictures a second the clip has {len(tracked.points)}: choose a higher fps, best 25.",
        )


def _check_one_shot(tracked: Tracked) -> None:
    moved = np.diff(tracked.points[..., :2].mean(axis=1), axis=0)
    leaps = np.linalg.norm(moved, axis=1) / eye_distance(tracked.points)[1:]
    changes = np.abs(np.diff(tracked.thumbs, axis=0)).mean(axis=(1, 2))
    cut = np.logical_or(_spikes(leaps, JUMP), _spikes(changes, CHANGE))
    if cut.any():
        seconds = (int(np.argmax(cut)) + 1) / tracked.fps
        raise ClipRejected("clip_cut", f"The clip has a cut at {seconds:.1f} s: send one shot without cuts or flashes.")


def _spikes(values: Reals, least: float) -> Reals:
    """Where a value is at least `least`, and SPIKE times the median of its neighbours."""
    found = np.zeros(len(values), bool)
    for at in np.flatnonzero(values > least).tolist():
        around = np.concatenate([values[max(0, at - _AROUND) : at], values[at + 1 : at + 1 + _AROUND]])
        found[at] = values[at] > SPIKE * max(float(np.median(around)) if len(around) else 0.0, 1e-6)
    return found


def _check_turned(tracked: Tracked) -> None:
    angles = np.array([head_angles(Mesh(points, 1.0)) for points in smoothed(tracked.points, 1.5)])
    most = np.array([MAX_TURN_DEG, MAX_TURN_DEG, MAX_ROLL_DEG])
    wrong = (np.abs(angles) > most).any(axis=1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ClipRejected(
            "clip_face_turned",
            f"The face is turned or tilted by {np.abs(angles[at]).max():.0f} degrees at {at / tracked.fps:.1f} s: "
            "send a clip in which the person looks towards the camera (within 30 degrees) throughout.",
        )


def _check_size(tracked: Tracked) -> None:
    oval = tracked.points[:, list(FACE_OVAL), :2]
    heights = np.ptp(oval[..., 1], axis=1)
    small = (heights < MIN_FACE_PX) | (heights < MIN_FACE_SHARE * min(tracked.width, tracked.height))
    if small.any():
        at = int(np.argmax(small))
        raise ClipRejected(
            "clip_face_too_small",
            f"The face is only {heights[at]:.0f} pixels high at {at / tracked.fps:.1f} s: film from nearer, or crop, "
            f"so that it is at least {MIN_FACE_PX} pixels and {MIN_FACE_SHARE:.0%} of the picture high.",
        )
    beyond = (oval < 0) | (oval >= np.array([tracked.width, tracked.height]))
    outside = beyond.any(axis=-1).mean(axis=1) > MAX_OUTSIDE
    if outside.any():
        raise ClipRejected(
            "clip_face_cropped",
            f"Part of the face leaves the picture at {int(np.argmax(outside)) / tracked.fps:.1f} s: "
            "keep it whole in view, chin to hair.",
        )


def _check_light(tracked: Tracked) -> None:
    if float(np.median(np.percentile(tracked.thumbs, 97, axis=(1, 2)))) < MIN_LUMA:
        raise ClipRejected("clip_too_dark", "The clip is too dark: film with light on the face.")
    if float(np.median(tracked.crispness)) < MIN_SHARPNESS:
        raise ClipRejected(
            "clip_blurred", "The face is blurred: film in focus, with enough light for a short exposure."
        )
