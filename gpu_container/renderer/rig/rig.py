"""A rig: a portrait prepared once, so that any runtime can start from it at once."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.check import check_face
from renderer.face.eyes import refine_eyes
from renderer.face.matte import person_matte
from renderer.face.mesh import FACE_OVAL, Mesh, refit
from renderer.types import Floats, Picture

VERSION: Final = 1
MAX_SIDE: Final = 1536
MIN_FACE_SHARE: Final = 0.40
"""The face oval is at least this much of the frame's height: a small face in a large picture is cropped closer."""
FACE_CENTRE: Final = 0.47
"""Where the face's centre sits in the frame, from the top: a little above the middle leaves room for the shoulders."""


@dataclass(frozen=True)
class Rig:
    """`picture` RGB uint8 (S, S, 3); `points` float32 (468, 3) in its pixels; `matte` uint8 (S, S), 255 = person."""

    picture: Picture
    points: Floats
    matte: Picture

    @property
    def side(self) -> int:
        return self.picture.shape[0]


def build_rig(picture: Picture) -> Rig:
    """RGB uint8 (H, W, 3), a portrait -> its rig. Raises FaceRejected when the face check does not pass."""
    verdict = check_face(picture)
    oval = verdict.mesh.points[list(FACE_OVAL), :2]
    left, top, side = _frame(oval, picture.shape[1], picture.shape[0])
    crop = np.ascontiguousarray(picture[top : top + side, left : left + side])
    scale = min(1.0, MAX_SIDE / side)
    if scale < 1.0:
        crop = cv2.resize(crop, (MAX_SIDE, MAX_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    points = verdict.mesh.points - np.array([left, top, 0], np.float32)
    mesh = refit(crop, Mesh(points * np.float32(scale), verdict.mesh.presence))
    return Rig(crop, refine_eyes(crop, mesh).points, person_matte(crop))


def _frame(oval: Floats, width: int, height: int) -> tuple[int, int, int]:
    """Left, top and side of the square that frames the face, inside the picture."""
    low, high = oval.min(axis=0), oval.max(axis=0)
    side = int(min(width, height, (high[1] - low[1]) / MIN_FACE_SHARE))
    side = min(max(side, int((high - low).max() * 1.1)), width, height)
    centre = (low + high) / 2
    left = int(np.clip(round(float(centre[0]) - side / 2), 0, width - side))
    top = int(np.clip(round(float(centre[1]) - side * FACE_CENTRE), 0, height - side))
    return left, top, side


def save_rig(rig: Rig) -> bytes:
    """A rig as one `.npz`: pictures as PNG inside, so that what is drawn is what was uploaded."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        version=np.int32(VERSION),
        picture=_png(np.ascontiguousarray(rig.picture[..., ::-1])),
        points=rig.points,
        matte=_png(rig.matte),
    )
    return buffer.getvalue()


def load_rig(data: bytes) -> Rig:
    """The rig that `save_rig` wrote. Raises ValueError when the bytes are not a rig of this version."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        if int(stored["version"]) != VERSION:
            raise ValueError(f"rig version {int(stored['version'])}, not {VERSION}: prepare the avatar again")
        picture = cv2.imdecode(stored["picture"], cv2.IMREAD_COLOR)
        matte = cv2.imdecode(stored["matte"], cv2.IMREAD_GRAYSCALE)
        points = stored["points"].astype(np.float32)
    if picture is None or matte is None:
        raise ValueError("the rig's pictures cannot be read: prepare the avatar again")
    return Rig(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), points, matte.astype(np.uint8))


def _png(picture: Picture) -> Picture:
    _, encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return encoded.astype(np.uint8, copy=False)
