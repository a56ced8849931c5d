"""Finds the faces in a picture with BlazeFace: boxes, six key points, scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.face.models import model
from renderer.types import Floats, Picture

MIN_SCORE: Final = 0.5
OVERLAP: Final = 0.3
"""Boxes that share more than this (intersection over union) are one face: MediaPipe's own threshold."""


@dataclass(frozen=True)
class Face:
    """A detected face in picture pixels: `box` x0 y0 x1 y1; `points` float32 (6, 2): eyes, nose, mouth, ears."""

    box: tuple[float, float, float, float]
    points: Floats
    score: float

    @property
    def size(self) -> float:
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


@dataclass(frozen=True)
class _Look:
    """One way to look at a picture: a detector, its input's side, and how much black is laid around the picture."""

    name: str
    side: int
    anchors: Floats
    margin: float = 0.0


def find_faces(picture: Picture) -> list[Face]:
    """RGB uint8 (H, W, 3) -> its faces, the largest first.

    Two detectors look: one built for faces near the camera, one for faces far off; a portrait may hold either. A third
    look at the padded picture finds a face that fills it, which both were never trained on.
    """
    near, far, padded = _looks()
    faces = _detect(picture, near) + _detect(picture, far)
    if not faces:
        faces = _detect(picture, padded)
    return sorted(_distinct(faces), key=lambda face: -face.size)


def is_upside_down(picture: Picture) -> bool:
    """Whether the detectors would rather have the picture turned by half.

    They find most faces either way, and place eyes above mouth either way; but they score an upright one higher: the
    three looks' best scores sum to 0.3 to 1.7 more on portraits, tilted, cropped, dark or blurred.
    """
    upright = _shrunk(picture, 2 * max(look.side for look in _looks()) / max(picture.shape[:2]))
    turned = np.ascontiguousarray(upright[::-1, ::-1])
    return sum(_best(turned, look) for look in _looks()) > sum(_best(upright, look) for look in _looks())


@cache
def _looks() -> tuple[_Look, _Look, _Look]:
    near, far = "face_detection_short_range", "face_detection_full_range_sparse"
    return (
        _Look(near, 128, _near_anchors()),
        _Look(far, 192, _far_anchors()),
        _Look(near, 128, _near_anchors(), margin=0.5),
    )


def _near_anchors() -> Floats:
    """896 anchor centres, 0..1: a 16x16 grid of 2, then 8x8 of 6 (BlazeFace short range)."""
    return np.concatenate([_grid(16, 2), _grid(8, 6)])


def _far_anchors() -> Floats:
    """2304 anchor centres: a 48x48 grid of 1 (full range, sparse)."""
    return _grid(48, 1)


def _grid(side: int, each: int) -> Floats:
    centres = (np.arange(side, dtype=np.float32) + 0.5) / side
    ys, xs = np.meshgrid(centres, centres, indexing="ij")
    return np.repeat(np.stack([xs.ravel(), ys.ravel()], axis=1), each, axis=0).astype(np.float32)


def _detect(picture: Picture, look: _Look) -> list[Face]:
    boxes, scores, extent, offset = _run(picture, look)
    keep = np.flatnonzero(scores > MIN_SCORE)
    raw = boxes[keep] / look.side
    raw[:, 2:4] *= 0.5
    centres = raw[:, 0:2] + look.anchors[keep]
    points = raw[:, 4:16].reshape(-1, 6, 2) + look.anchors[keep][:, np.newaxis]
    faces: list[Face] = []
    for centre, half, six, score in zip(centres, raw[:, 2:4], points, scores[keep], strict=True):
        low, high = (centre - half) * extent - offset, (centre + half) * extent - offset
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        faces.append(Face(box, (six * extent - offset).astype(np.float32), float(score)))
    return faces


def _best(picture: Picture, look: _Look) -> float:
    """The highest score, 0..1, that any place in the picture gets."""
    return float(_run(picture, look)[1].max())


def _run(picture: Picture, look: _Look) -> tuple[Floats, Floats, float, Floats]:
    """The network's boxes (N, 16) and scores (N,) 0..1; its input's side and where the picture begins in it, pixels."""
    height, width = picture.shape[:2]
    extent = max(height, width) * (1 + 2 * look.margin)
    scale = look.side / extent
    left, top = (extent - width) / 2, (extent - height) / 2
    place = np.array([[scale, 0, left * scale], [0, scale, top * scale]], np.float32)
    small = cv2.warpAffine(_shrunk(picture, scale), _rescaled(place, picture, scale), (look.side, look.side))
    boxes, scores = model(look.name)(small.astype(np.float32) / 127.5 - 1.0)
    confident = (1.0 / (1.0 + np.exp(-np.clip(scores[0, :, 0], -50, 50)))).astype(np.float32)
    return boxes[0], confident, extent, np.array([left, top], np.float32)


def _shrunk(picture: Picture, scale: float) -> Picture:
    """Area-averaged to about the target scale: warpAffine alone would alias a 4000-pixel portrait."""
    if scale >= 0.5:
        return picture
    return cv2.resize(picture, _shrunk_size(picture, scale), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _shrunk_size(picture: Picture, scale: float) -> tuple[int, int]:
    return max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))


def _rescaled(place: Floats, picture: Picture, scale: float) -> Floats:
    if scale >= 0.5:
        return place
    width, height = _shrunk_size(picture, scale)
    factors = np.array([picture.shape[1] / width, picture.shape[0] / height, 1], np.float32)
    return (place * factors).astype(np.float32)


def _distinct(faces: list[Face]) -> list[Face]:
    """Non-maximum suppression over both detectors' finds."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(_overlap(face.box, other.box) < OVERLAP for other in kept):
            kept.append(face)
    return kept


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas: NDArray[np.float64] = np.array([(a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])])
    # Against the smaller: a box inside a box is the same face seen at two scales.
    return float(shared / areas.min())
