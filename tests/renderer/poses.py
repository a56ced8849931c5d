"""Mouth and head poses by name, and what is measured on the pictures drawn of them."""

from __future__ import annotations

import numpy as np

from renderer.face.mesh import LEFT_EYE_CORNERS, LOWER_INNER_LIP, RIGHT_EYE_CORNERS
from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.backdrop import at_rest
from renderer.runtimes.mesh.frame import FaceFrame, face_frame
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import HEAD_AXES, MOUTH_AXES, Floats, Picture

MOUTH_LIMITS = {
    "jaw": (0.0, 1.0),
    "wide": (-1.0, 1.0),
    "round": (0.0, 1.0),
    "upper": (0.0, 1.0),
    "lower": (-1.0, 1.0),
    "press": (0.0, 1.0),
    "tongue": (0.0, 1.0),
    "corner": (-1.0, 1.0),
}
HEAD_LIMITS = {
    "x": 0.15, "y": 0.12, "roll": 0.10, "yaw": 0.16, "pitch": 0.12, "breath": 1.0, "blink": 1.0,
    "brow": 1.0, "frown": 1.0, "gaze_x": 0.2, "gaze_y": 0.15, "squint": 1.0,
}  # fmt: skip
"""As far as motion.head ever lets anything go, and a little further."""


def framed(rig: Rig, side: int) -> FaceFrame:
    return face_frame(canvas_of(rig, side, side).points, side, side)


def drawing(rig: Rig, side: int, colour: tuple[int, int, int] | None = None) -> MeshRuntime:
    """The runtime of `rig` on a square of `side` pixels, before one flat colour when one is given."""
    canvas = canvas_of(rig, side, side)
    return MeshRuntime(canvas, None if colour is None else np.full((side, side, 3), colour, np.uint8))


def resting(rig: Rig, side: int, colour: tuple[int, int, int] | None = None) -> Picture:
    canvas = canvas_of(rig, side, side)
    return at_rest(canvas, None if colour is None else np.full((side, side, 3), colour, np.uint8)).rgb()


def mouth(**axes: float) -> Floats:
    return _pose(MOUTH_AXES, axes)


def head(**axes: float) -> Floats:
    return _pose(HEAD_AXES, axes)


def _pose(names: tuple[str, ...], axes: dict[str, float]) -> Floats:
    pose = np.zeros(len(names), np.float32)
    for name, value in axes.items():
        pose[names.index(name)] = value
    return pose


def inside_pixels(picture: Picture, frame: FaceFrame) -> int:
    """How many pixels between the mouth's corners are neither the presenter's skin nor her lips: teeth or darkness."""
    corners = frame.points[[LOWER_INNER_LIP[0], LOWER_INNER_LIP[-1]], 0]
    top, bottom = (int(frame.origin[1] + mm * frame.px_per_mm) for mm in (-12, 30))
    box = picture[top:bottom, round(float(corners[0])) : round(float(corners[1]))].astype(int)
    luma = box @ np.array([0.299, 0.587, 0.114])
    return int(np.count_nonzero((luma < 60) | (box[..., 0] - box[..., 1] < 33)))


def white_of_eyes(picture: Picture, frame: FaceFrame) -> int:
    """How many pixels about the eyes are bright and without colour."""
    corners = frame.points[[*LEFT_EYE_CORNERS, *RIGHT_EYE_CORNERS]]
    low, high = corners.min(axis=0), corners.max(axis=0)
    wide, tall = 6 * frame.px_per_mm, 12 * frame.px_per_mm
    box = picture[int(low[1] - tall) : int(high[1] + tall), int(low[0] - wide) : int(high[0] + wide)].astype(int)
    return int(np.count_nonzero((np.ptp(box, axis=-1) < 26) & (box.mean(axis=-1) > 120)))
