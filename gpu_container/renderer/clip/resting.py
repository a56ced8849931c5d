"""Where a speaking face's landmarks would lie with its mouth at rest: the head's pose, found from what cannot move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.clip.chart import Reference
from renderer.face.mesh import LEFT_EYE_CORNERS, LOWER_INNER_LIP, RIGHT_EYE_CORNERS, UPPER_INNER_LIP
from renderer.types import Floats, Reals

RIGID: Final = (
    *(10, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454),  # forehead, temples, ears
    *LEFT_EYE_CORNERS, *RIGHT_EYE_CORNERS,
    *(168, 6, 197, 195, 5, 4, 1, 122, 351, 193, 417),  # the nose's bridge and tip
)  # fmt: skip
"""Landmarks on bone: neither speech nor lids nor brows move them."""
RIDGE: Final = 0.02
"""Of the regressions on pose, in squared radians a picture: a head that hardly turns teaches nothing."""


@dataclass(frozen=True)
class Poses:
    """Reference -> picture: p = scale * turn @ (q - origin) + place. `scale` (T,), `turn` (T, 3, 3), `place` (T, 3)."""

    origin: Floats
    scale: Reals
    turn: Reals
    place: Reals

    def move(self, points: Reals) -> Floats:
        """`points` (T or 1, N, 3) of the reference -> (T, N, 3) in each picture."""
        turned = np.einsum(
            "tij,tnj->tni", self.turn, np.broadcast_to(points - self.origin, (len(self.turn), *points.shape[1:]))
        )
        return (turned * self.scale[:, np.newaxis, np.newaxis] + self.place[:, np.newaxis]).astype(np.float32)

    def unmove(self, vectors: Reals) -> Reals:
        """Vectors (T, N, 3) in the pictures -> in the reference."""
        return np.einsum("tji,tnj->tni", self.turn, vectors) / self.scale[:, np.newaxis, np.newaxis]

    def angles(self) -> Reals:
        """Yaw and pitch (T, 2) against the reference, radians."""
        return np.stack(
            [np.arcsin(np.clip(self.turn[:, 0, 2], -1, 1)), np.arcsin(np.clip(self.turn[:, 1, 2], -1, 1))], 1
        )


def find_poses(points: Floats, reference: Reference) -> Poses:
    """`points` (T, 468, 3) -> the similarity in space that lays the reference's bone landmarks best on each picture's
    (Umeyama 1991)."""
    model = reference.points[list(RIGID)].astype(np.float64)
    origin = model.mean(axis=0)
    seen = points[:, list(RIGID)].astype(np.float64)
    place = seen.mean(axis=1)
    cross = np.einsum("tni,nj->tij", seen - place[:, np.newaxis], model - origin) / len(RIGID)
    u, strengths, vt = np.linalg.svd(cross)
    signs = np.ones_like(strengths)
    signs[:, 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    turn = u @ (signs[:, :, np.newaxis] * vt)
    scale = (strengths * signs).sum(axis=1) / np.square(model - origin).sum(axis=1).mean()
    return Poses(origin.astype(np.float32), scale, turn, place)


def resting_points(points: Floats, reference: Reference) -> Floats:
    """`points` (T, 468, 3) of a speaking face -> (T, 468, 3) of the same pictures with the reference's expression.

    The mesh's depth is not true enough for a pose alone to carry a chin through a turn: what is left over is read as a
    linear function of the turn, the mouth's opening and its width, and the share of the turn is put back.
    """
    poses = find_poses(points, reference)
    rest = poses.move(reference.points[np.newaxis])
    left_over = poses.unmove(points - rest)
    angles = poses.angles()
    doing = np.concatenate([angles, mouth_state(points, reference), np.ones((len(points), 1))], axis=1)
    ridge = np.diag([RIDGE, RIDGE, 1e-4, 1e-4, 1e-6]) * len(points) * 0.05
    flat = left_over.reshape(len(points), -1)
    shares = np.linalg.solve(doing.T @ doing + ridge, doing.T @ flat)
    by_turn = (angles @ shares[:2]).reshape(left_over.shape)
    return poses.move(reference.points[np.newaxis] + by_turn)


def mouth_state(points: Floats, reference: Reference) -> Reals:
    """(T, 2): the opening and the width of the mouth, each over the reference mouth's width."""
    unit = float(np.linalg.norm(reference.points[UPPER_INNER_LIP[0]] - reference.points[UPPER_INNER_LIP[-1]]))
    gap = points[:, LOWER_INNER_LIP[5]] - points[:, UPPER_INNER_LIP[5]]
    wide = points[:, UPPER_INNER_LIP[0]] - points[:, UPPER_INNER_LIP[-1]]
    scale = eye_scale(points) / eye_scale(reference.points[np.newaxis])
    return np.stack([np.linalg.norm(gap, axis=1), np.linalg.norm(wide, axis=1)], axis=1) / (unit * scale[:, np.newaxis])


def eye_scale(points: Floats) -> Reals:
    """(T, 468, 3) -> (T,) distance between the eyes, pixels."""
    left, right = (points[:, list(pair)].mean(axis=1) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
    return np.maximum(np.linalg.norm(left - right, axis=1), 1e-3)
