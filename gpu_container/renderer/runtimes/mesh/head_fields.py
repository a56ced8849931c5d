"""How the head, as one soft layer of hair, face, neck and near background, moves: backward displacement fields."""

from __future__ import annotations

import cv2
import numpy as np

from renderer.face.mesh import FACE_OVAL
from renderer.pixels import resize
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.spline import smoothstep, spread
from renderer.types import HEAD_AXES, Floats, Reals

BREATH_MM = 1.6
"""How far the shoulders rise at breath = 1: quiet breathing lifts the clavicles by one to two millimetres."""


def head_fields(frame: FaceFrame, nodes: Reals) -> Floats:
    """`nodes` (h, w, 2) pixels -> (6, h, w, 2) pixels: displacement per unit of x, y, roll, yaw, pitch, breath.

    For small moves forward and backward differ only in sign; these are backward (subtracted already): add them to a
    pixel's position to find where it comes from. All vanish at the picture's border.
    """
    mm = frame.to_mm(nodes)
    layer = _layer(frame, mm) * _edges(frame, nodes)
    eye_px = np.float32(63.0 * frame.px_per_mm)
    pivot = np.array([0.0, frame.chin_mm + 35.0], np.float32)  # the head nods and tilts about the neck
    arm = mm - pivot
    depth = _depth(frame, mm)
    fields = np.zeros((len(HEAD_AXES) - 1, *nodes.shape[:2], 2), np.float32)
    fields[0, ..., 0] = eye_px * layer
    fields[1, ..., 1] = eye_px * layer
    fields[2] = frame.to_px(np.stack([-arm[..., 1], arm[..., 0]], axis=-1)) * layer[..., np.newaxis]
    fields[3] = frame.to_px(np.stack([depth, np.zeros_like(depth)], axis=-1)) * layer[..., np.newaxis]
    fields[4] = frame.to_px(np.stack([np.zeros_like(depth), depth], axis=-1)) * layer[..., np.newaxis]
    rise = smoothstep(frame.chin_mm + 5, frame.chin_mm + 60, mm[..., 1]) * _edges(frame, nodes)
    fields[5, ..., 1] = -BREATH_MM * frame.px_per_mm * rise
    return -fields


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
    side = frame.side
    inset = np.minimum(np.minimum(nodes[..., 0], side - 1 - nodes[..., 0]), nodes[..., 1])
    # The bottom border cuts through the body, which may slide a little: only breath and neck reach it.
    bottom = smoothstep(0.01 * side, 0.07 * side, side - 1 - nodes[..., 1])
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
    values = np.concatenate([depth[::3] - rim + 18.0, np.zeros(len(ring))]).astype(np.float32)
    # Worked out at every fourth node: a head is smooth at that scale.
    few = resize(mm.astype(np.float32, copy=False), mm.shape[1] // 4, mm.shape[0] // 4, cv2.INTER_AREA)
    coarse = spread(points / 30.0, values[:, np.newaxis], few / 30.0, stiffness=0.3)[..., 0]
    surface = resize(coarse, mm.shape[1], mm.shape[0], cv2.INTER_CUBIC)
    return np.clip(surface, 0, 90).astype(np.float32)
