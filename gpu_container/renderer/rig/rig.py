"""A rig: a portrait prepared once, so that any runtime can start from it at once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

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
    """The rig that `save_rig` wrote. Raises ValueError when the bytes are no rig of this version, whole and sound."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            version = int(stored["version"])
            rig = _parts(stored) if version == VERSION else None
    except Exception as error:  # numpy, zipfile and zlib each have errors of their own for bytes that make no sense
        raise ValueError("these bytes are no rig, or a damaged one: prepare the avatar again") from error
    if rig is None:
        raise ValueError(f"rig version {version}, not {VERSION}: prepare the avatar again")
    return rig


def _parts(stored: Mapping[str, Any]) -> Rig:
    picture, matte = _decoded(stored["picture"]), _decoded(stored["matte"])
    points = stored["points"].astype(np.float32)
    side = picture.shape[0]
    fits = picture.shape == (side, side, 3) and matte.shape == (side, side) and points.shape == (468, 3)
    if not fits or not np.isfinite(points).all():
        raise ValueError("the rig's parts do not fit together")
    return Rig(np.ascontiguousarray(picture[..., ::-1]), points, matte)


def _decoded(stored: Picture) -> Picture:
    picture = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("a picture in the rig cannot be read")
    return picture.astype(np.uint8, copy=False)


def _png(picture: Picture) -> Picture:
    _, encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return encoded.astype(np.uint8, copy=False)
