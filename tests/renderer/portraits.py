"""What tests do to a portrait: sizes, turns, blur, darkness, crops."""

from __future__ import annotations

import cv2
import numpy as np

from renderer.face.check import check_face
from renderer.face.mesh import FACE_OVAL
from renderer.runtimes.mesh.spline import spread
from renderer.types import Floats, Picture


def sized(picture: Picture, side: int) -> Picture:
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(picture, (side, side), interpolation=how)


def tilted(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def oval_of(picture: Picture) -> Floats:
    """The face's outline (36, 2), pixels."""
    return check_face(picture).mesh.points[list(FACE_OVAL), :2]


def blurred(picture: Picture, share: float) -> Picture:
    """A Gaussian of `share` of the face's height."""
    return cv2.GaussianBlur(picture, (0, 0), share * float(np.ptp(oval_of(picture)[:, 1])))


def darkened(picture: Picture, factor: float) -> Picture:
    return (picture * factor).astype(np.uint8)


def turned(picture: Picture, degrees: float) -> Picture:
    """The head as a cylinder turned to one side: what a camera would see of a portrait from the side."""
    oval = oval_of(picture)
    centre, radius = float(oval[:, 0].mean()), float(np.ptp(oval[:, 0])) / 2 * 1.25
    xs = np.arange(picture.shape[1], dtype=np.float32)
    across = np.clip((xs - centre) / radius, -1, 1)
    angle = np.clip(np.arcsin(across) - np.radians(degrees), -np.pi / 2, np.pi / 2)
    seen = np.where(np.abs(across) < 1, centre + radius * np.sin(angle), xs).astype(np.float32)
    x, y = np.meshgrid(seen, np.arange(picture.shape[0], dtype=np.float32))
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR)


def three_quarter(picture: Picture, degrees: float) -> Picture:
    """The head turned about a point inside it, by the mesh's own depth: nose and lips move over the far cheek."""
    points = check_face(picture).mesh.points
    middle, half = points.mean(axis=0), float(np.ptp(points[:, 0])) / 2
    angle = np.radians(degrees)
    x, ahead = points[:, 0] - middle[0], half * 0.6 - (points[:, 2] - middle[2])
    landed = points[:, :2].copy()
    landed[:, 0] = middle[0] + x * np.cos(angle) + ahead * np.sin(angle)
    height, width = picture.shape[:2]
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    hair = np.stack([np.cos(around) * half * 1.75, np.sin(around) * half * 2 - half / 4], axis=1) + middle[:2]
    ticks = np.linspace(0, 1, 7)
    edge = np.array([(i * width, j * height) for i in ticks for j in ticks if {i, j} & {0.0, 1.0}])
    still = np.concatenate([hair, edge]).astype(np.float32)
    where, came = (np.concatenate([moved, still]).astype(np.float32) for moved in (landed, points[:, :2]))
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    moves = spread(where / 60, came - where, pixels[::4, ::4] / 60, stiffness=0.02)
    sources = pixels + cv2.resize(moves, (width, height))
    return cv2.remap(picture, sources, None, cv2.INTER_LINEAR)


def on_canvas(picture: Picture, side: int, left: int, top: int, grey: int = 128) -> Picture:
    """`picture` pasted into a grey square."""
    canvas = np.full((side, side, 3), grey, np.uint8)
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas
