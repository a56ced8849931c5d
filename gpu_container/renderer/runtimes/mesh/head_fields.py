"""How the head, as one soft layer of hair, face, neck and near background, turns, nods and frowns: backward fields."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import FACE_OVAL
from renderer.pixels import resize
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.spline import smoothstep, spread
from renderer.runtimes.mesh.upper_face_fields import upper_face_fields, upper_face_weights
from renderer.types import HEAD_AXES, Floats, Reals

MOVES: Final = HEAD_AXES.index("breath") + 1
"""The first of HEAD_AXES, up to breath, are displacement fields of their own; the upper face's follow."""

BREATH_MM: Final = 1.6
"""How far the shoulders rise at breath = 1: quiet breathing lifts the clavicles by one to two millimetres."""
CAMERA_MM: Final = 950.0
"""From where portraits are taken: what turns towards the viewer grows, what turns away shrinks."""
RIM_MM: Final = 18.0
"""How far the face's outline, before the ears, lies in front of the axis that the head turns about."""


def head_weights(head: Reals) -> Floats:
    """A pose (12,) HEAD_AXES -> one weight per field of `head_fields`."""
    return np.array([*head[:MOVES].tolist(), *upper_face_weights(head)], np.float32)


def head_fields(frame: FaceFrame, nodes: Reals) -> Floats:
    """`nodes` (h, w, 2) pixels -> (11, h, w, 2) pixels: displacement per unit of x, y, roll, yaw, pitch, breath, and of
    the upper face's fields.

    Backward (subtracted already): added to a pixel's position they tell where it comes from, if they are read where it
    comes from: a nose that turns aside stays a nose. All vanish at the picture's border.
    """
    mm = frame.to_mm(nodes)
    layer = _layer(frame, mm) * _edges(frame, nodes)
    eye_px = np.float32(63.0 * frame.px_per_mm)
    pivot = np.array([0.0, frame.chin_mm + 35.0], np.float32)  # the head nods and tilts about the neck
    arm = mm - pivot
    depth = _depth(frame, mm)
    fields = np.zeros((MOVES, *nodes.shape[:2], 2), np.float32)
    fields[0, ..., 0] = eye_px * layer
    fields[1, ..., 1] = eye_px * layer
    fields[2] = frame.to_px(np.stack([-arm[..., 1], arm[..., 0]], axis=-1)) * layer[..., np.newaxis]
    fields[3] = frame.to_px(_turn(mm, depth, frame, 0)) * layer[..., np.newaxis]
    fields[4] = frame.to_px(_turn(mm, depth, frame, 1)) * layer[..., np.newaxis]
    rise = smoothstep(frame.chin_mm + 5, frame.chin_mm + 60, mm[..., 1]) * _edges(frame, nodes)
    fields[5, ..., 1] = -BREATH_MM * frame.px_per_mm * rise
    upper = upper_face_fields(frame, nodes) * layer[..., np.newaxis]
    return -np.concatenate([fields, upper]).astype(np.float32, copy=False)


def _turn(mm: Floats, depth: Floats, frame: FaceFrame, axis: int) -> Floats:
    """Millimetres (h, w, 2) by which points move per radian of a turn along `axis`, 0 sideways, 1 up and down.

    A point before the head's own axis goes with the turn; one beside it comes nearer or goes away, and with it, as the
    camera sees it, outwards or inwards.
    """
    oval = frame.to_mm(frame.points[list(FACE_OVAL)])
    centre = np.array([float(oval[:, 0].mean()), float(oval[:, 1].mean())], np.float32)
    from_centre = mm - centre
    nearer = -from_centre[..., axis] / np.float32(CAMERA_MM)
    moved = (from_centre * nearer[..., np.newaxis]).astype(np.float32, copy=False)
    moved[..., axis] += depth
    return moved


def _layer(frame: FaceFrame, mm: Reals) -> Floats:
    """1 on face and hair, falling smoothly to 0 over neck, shoulders and the background near by."""
    oval = frame.to_mm(frame.points[list(FACE_OVAL)])
    top, chin = float(oval[:, 1].min()), frame.chin_mm
    centre_y = (top + chin) / 2 - 12
    x = mm[..., 0] / max(frame.half_width_mm * 1.25, 1.0)
    y = (mm[..., 1] - centre_y) / max((chin - top) / 2 * 1.3, 1.0)
    return 1 - smoothstep(0.9, 2.1, np.sqrt(x * x + y * y))


def _edges(frame: FaceFrame, nodes: Reals) -> Floats:
    """0 on the picture's border, 1 from 9 % of its side inwards: nothing from outside is ever needed."""
    side, right, low = min(frame.width, frame.height), frame.width - 1, frame.height - 1
    inset = np.minimum(np.minimum(nodes[..., 0], right - nodes[..., 0]), nodes[..., 1])
    # The bottom border cuts through the body, which may slide a little: only breath and neck reach it.
    bottom = smoothstep(0.01 * side, 0.07 * side, low - nodes[..., 1])
    return smoothstep(0.01 * side, 0.09 * side, inset) * bottom


def _depth(frame: FaceFrame, mm: Reals) -> Floats:
    """How far each point lies before the head's own axis, mm: the mesh's depth on the face, an ellipsoid around it."""
    oval = frame.to_mm(frame.points[list(FACE_OVAL)])
    top, chin = float(oval[:, 1].min()), frame.chin_mm
    half = frame.half_width_mm
    face = frame.to_mm(frame.points)
    depth = -frame.depth / frame.px_per_mm
    rim = float(np.mean(depth[list(FACE_OVAL)]))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(angles) * half * 1.7, np.sin(angles) * (chin - top) * 0.85 + (top + chin) / 2 - 10], axis=1)
    points = np.concatenate([face[::3], ring.astype(np.float32)])
    values = np.concatenate([depth[::3] - rim + RIM_MM, np.zeros(len(ring))]).astype(np.float32)
    # Worked out at every fourth node: a head is smooth at that scale.
    few = resize(mm.astype(np.float32, copy=False), mm.shape[1] // 4, mm.shape[0] // 4, cv2.INTER_AREA)
    coarse = spread(points / 30.0, values[:, np.newaxis], few / 30.0, stiffness=0.3)[..., 0]
    surface = resize(coarse, mm.shape[1], mm.shape[0], cv2.INTER_CUBIC)
    return np.clip(surface, 0, 90).astype(np.float32)
