"""What tests see of a clip's loop, from its pixels alone: how far the lips are apart, how much pictures differ."""

from __future__ import annotations

import cv2
import numpy as np

from renderer.clip import ClipRig
from renderer.clip.chart import Reference
from renderer.clip.tracking import rgb_of
from renderer.face.detect import find_faces
from renderer.face.mesh import LEFT_EYE_CORNERS, LOWER_INNER_LIP, RIGHT_EYE_CORNERS, UPPER_INNER_LIP, Mesh, fit_mesh
from renderer.media.shards import shard_pictures
from renderer.pixels import sample
from renderer.types import Floats, Picture

EYES_MM = 63.0


def loop_pictures(rig: ClipRig) -> list[Picture]:
    """RGB, in order."""
    return [rgb_of(i420) for shard in rig.shards for i420 in shard_pictures(shard)]


def mesh_of(picture: Picture) -> Mesh:
    return fit_mesh(picture, find_faces(picture)[0])


def gap_mm(picture: Picture) -> float:
    """Between the lips' inner edges, in the middle: what the mesh sees. Closed lips read up to about 2."""
    points = mesh_of(picture).points
    left, right = (points[list(pair)].mean(axis=0) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
    upper, lower = points[UPPER_INNER_LIP[5]], points[LOWER_INNER_LIP[5]]
    return float(np.linalg.norm(lower - upper) / np.linalg.norm(right - left)) * EYES_MM


def dark_share(picture: Picture) -> float:
    """Share of pixels about the mouth that are neither skin nor lips: teeth or darkness."""
    points = mesh_of(picture).points
    corners = points[[LOWER_INNER_LIP[0], LOWER_INNER_LIP[-1]], :2]
    wide = float(corners[1, 0] - corners[0, 0])
    top = int(corners[:, 1].mean() - 0.25 * wide)
    box = picture[top : int(top + 0.8 * wide), int(corners[0, 0]) : int(corners[1, 0])].astype(int)
    luma = box @ np.array([0.299, 0.587, 0.114])
    return float(((luma < 60) | (box[..., 0] - box[..., 1] < 28)).mean())


def steps(pictures: list[Picture]) -> Floats:
    """Mean change from each picture to the next, and from the last to the first; blurred: grain counts little."""
    calm = [cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.5) for picture in pictures]
    following = [*calm[1:], calm[0]]
    return np.array([np.abs(b - a).mean() for a, b in zip(calm, following, strict=True)], np.float32)


def skin_light(rig: ClipRig, pictures: list[Picture], x_mm: float, y_mm: float) -> Floats:
    """Mean grey of one and the same spot of skin, 8 x 4 mm, in every picture; mm from the middle of the lips."""
    reference = Reference(rig.points)
    offsets = np.stack(np.meshgrid(np.arange(-4, 5) + x_mm, np.arange(-2, 3) + y_mm), axis=-1)
    wanted = reference.middle + offsets * reference.px_per_mm
    seen: list[float] = []
    for index, picture in enumerate(pictures):
        back = np.linalg.inv(rig.charts.turn(index)).T
        place = np.broadcast_to(rig.charts.centres[index], wanted.shape)
        for _ in range(4):
            place = place + (wanted - rig.charts.to_reference(index, place)) @ back
        seen.append(float(sample(picture, place.astype(np.float32)).mean()))
    return np.array(seen, np.float32)
