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
from renderer.face.lips import settle_lips
from renderer.face.matte import Spot, person_matte
from renderer.face.mesh import FACE_OVAL, Mesh, refit
from renderer.media.rig_archive import opened, picture_in
from renderer.rig.picture_edges import without_frame
from renderer.types import Floats, Picture

VERSION: Final = 2
READABLE: Final = (1, 2)
"""Version 1 kept only a square about the face; in all else it is what version 2 is, so its rigs still serve."""

MAX_SIDE: Final = 2560
MAX_PIXELS: Final = 2048 * 2048
"""At the largest output, 1536 pixels, a face of 40 % of the height has 614: kept in all but very wide ones."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of a saved rig: twice what MAX_PIXELS take with nothing packed."""
FARTHEST: Final = 4.0 * MAX_SIDE
"""Pixels from the corner, in which every landmark of a face within the picture lies."""

KEPT_FACES: Final = (4.6, 3.7)
"""Width and height of what is kept, in face heights: what the widest and the tallest output can show at all."""
FACE_CENTRE: Final = 0.42
"""Where the face's centre sits in what is kept, from the top: below it lies the body, which tall pictures show."""


@dataclass(frozen=True)
class Portrait:
    """`picture` RGB uint8 (H, W, 3); `points` float32 (468, 3) in its pixels; `matte` uint8 (H, W), 255 = person."""

    picture: Picture
    points: Floats
    matte: Picture

    @property
    def width(self) -> int:
        return self.picture.shape[1]

    @property
    def height(self) -> int:
        return self.picture.shape[0]


class Rig(Portrait):
    """A portrait as it was uploaded, with the surroundings that any framing may need."""

    @property
    def side(self) -> int:
        """The longer of the two."""
        return max(self.picture.shape[:2])


def build_rig(picture: Picture) -> Rig:
    """RGB uint8 (H, W, 3), a portrait -> its rig. Raises FaceRejected when the face check does not pass."""
    inside = without_frame(picture)
    picture = picture[inside[1] : inside[3], inside[0] : inside[2]]
    verdict = check_face(picture)
    oval = verdict.mesh.points[list(FACE_OVAL), :2]
    left, top, width, height = _kept(oval, picture.shape[1], picture.shape[0])
    crop = np.ascontiguousarray(picture[top : top + height, left : left + width])
    scale = min(1.0, MAX_SIDE / max(width, height), (MAX_PIXELS / (width * height)) ** 0.5)
    points = verdict.mesh.points - np.array([left, top, 0], np.float32)
    if scale < 1.0:
        size = max(1, int(width * scale)), max(1, int(height * scale))
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    mesh = refit(crop, Mesh(points * np.float32(scale), verdict.mesh.presence))
    fitted = settle_lips(crop, refine_eyes(crop, mesh).points)
    low, high = fitted[list(FACE_OVAL), :2].min(axis=0), fitted[list(FACE_OVAL), :2].max(axis=0)
    x, y = ((low + high) / 2).tolist()
    return Rig(crop, fitted, person_matte(crop, Spot(x, y, float(high[1] - low[1]))))


def _kept(oval: Floats, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is kept of a picture: all that any output may show of it."""
    low, high = oval.min(axis=0), oval.max(axis=0)
    face = float((high - low).max())
    kept_width, kept_height = (
        min(most, max(1, round(face * times))) for most, times in zip((width, height), KEPT_FACES, strict=True)
    )
    x, y = (low + high).tolist()
    left = min(max(round(x / 2 - kept_width / 2), 0), width - kept_width)
    top = min(max(round(y / 2 - kept_height * FACE_CENTRE), 0), height - kept_height)
    return left, top, kept_width, kept_height


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
    """The rig that `save_rig` wrote, now or in a READABLE version before.

    Raises ValueError when the bytes are no such rig, whole and sound.
    """
    try:
        with opened(data, MAX_BYTES) as stored:
            version = int(stored["version"])
            rig = _parts(stored) if version in READABLE else None
    except Exception as error:  # numpy, zipfile and zlib each have errors of their own for bytes that make no sense
        raise ValueError("these bytes are no rig, or a damaged one: prepare the avatar again") from error
    if rig is None:
        raise ValueError(f"rig version {version}, not {VERSION}: prepare the avatar again")
    return rig


def _parts(stored: Mapping[str, Any]) -> Rig:
    picture, matte = _decoded(stored["picture"]), _decoded(stored["matte"])
    points = stored["points"].astype(np.float32)
    fits = picture.ndim == 3 and picture.shape == (*matte.shape, 3) and points.shape == (468, 3)
    # NaN compares as false.
    if not fits or not (np.abs(points) < FARTHEST).all():
        raise ValueError("the rig's parts do not fit together")
    return Rig(np.ascontiguousarray(picture[..., ::-1]), points, matte)


def _decoded(stored: Picture) -> Picture:
    return picture_in(stored, cv2.IMREAD_UNCHANGED, MAX_PIXELS)


def _png(picture: Picture) -> Picture:
    _, encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return encoded.astype(np.uint8, copy=False)
