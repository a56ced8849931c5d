"""Are drawn pictures without flaws? As the runtime hands them over, before any coding, against the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.steps import foreign_step
from benchmarks.measure.watch import gap, look
from renderer.face.check import check_face
from renderer.face.matte import person_matte
from renderer.face.mesh import (
    FACE_OVAL,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    LOWER_INNER_LIP,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    UPPER_INNER_LIP,
    Mesh,
)
from renderer.types import Picture

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]

OUTSIDE_FACES: Final = 3.0
"""Background further from the face's middle than this many of its own half sizes is none of the head's business."""
RIM_SHARE: Final = 0.008
"""Nor is the picture's rim, this share of its width, but at the bottom: nothing from outside may be needed."""
SWIM_FACES: Final = 0.5
"""Background this many face widths off the person should not be seen to swim with the head."""
HALO_LEVELS: Final = 10
"""A moved pixel shows what was near by; this much lighter or darker than all of that is drawn, not moved."""
_CHEEKS: Final = (50, 280)


@dataclass(frozen=True)
class Source:
    """The portrait at output size, RGB uint8 (H, W, 3), its luma (H, W), the mesh on it, and masks of its parts."""

    picture: Picture
    luma: Picture
    mesh: Mesh
    oval: Mask
    background: Mask
    outside: Mask


def source_of(picture: Picture) -> Source:
    """RGB uint8 (H, W, 3), lips as in the portrait."""
    mesh = check_face(picture).mesh
    outline = mesh.points[list(FACE_OVAL), :2]
    middle, half = (outline.max(axis=0) + outline.min(axis=0)) / 2, np.ptp(outline, axis=0) / 2
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    above = y < outline[:, 1].max()  # below the chin a breath lifts shoulders, and what is close to them
    far = above & (((x - middle[0]) / half[0]) ** 2 + ((y - middle[1]) / half[1]) ** 2 > OUTSIDE_FACES**2)
    person = person_matte(picture) > 0
    apart = np.asarray(cv2.distanceTransform((~person).astype(np.uint8), cv2.DIST_L2, 5))
    background = apart > SWIM_FACES * 2 * half[0]
    rim = min(picture.shape[:2]) * RIM_SHARE
    edge = (x < rim) | (x >= picture.shape[1] - rim) | (y < rim)
    return Source(picture, _luma(picture), mesh, _filled(outline, picture.shape), background, far & (apart > 4) | edge)


def flaws(source: Source, rest: Picture, mouth_only: Picture, pictures: Sequence[Picture]) -> dict[str, float]:
    """`rest`: drawn with all axes 0; `mouth_only`: only the mouth moved; `pictures`: of a speech.

    Counts of pixels that differ where none may; the worst ratio of gradients along the border of what is drawn; the
    worst share of pixels outside the face that are no neighbour's; how light teeth are against cheeks and whites.
    """
    seams = [_seam_ratio(source, picture) for picture in (mouth_only, *pictures)]
    return {
        "rest_changed": float(np.any(rest != source.picture, axis=-1).sum()),
        "outside_changed": _changed_outside(source, pictures),
        "swim_px": max(_swim(source, picture) for picture in pictures[:: max(1, len(pictures) // 6)]),
        "seam": max(seams),
        "step": max(_step(source, picture) for picture in (mouth_only, *pictures)),
        "halo": max(_halo(source, picture) for picture in pictures),
        **_teeth(source, pictures),
    }


def coding_error(source: Picture, coded: Picture) -> float:
    """RGB levels, on average, that a picture loses as an encoder takes it, its colour at half size, over 4 x 4 pixels:
    finer colour is lost to every viewer, a cast or a shift is not."""
    cells = (source.shape[1] // 4, source.shape[0] // 4)
    mine, theirs = (cv2.resize(each, cells, interpolation=cv2.INTER_AREA).astype(int) for each in (source, coded))
    return float(np.abs(mine - theirs).mean())


def _luma(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _filled(outline: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32).reshape(-1, 1, 2)], (1,))
    return mask > 0


def _changed_outside(source: Source, pictures: Sequence[Picture]) -> float:
    """Pixels of the far background and of the rim that ever differ."""
    ever = np.any([np.any(picture != source.picture, axis=-1) for picture in pictures], axis=0)
    return float((ever & source.outside).sum())


def _swim(source: Source, picture: Picture) -> float:
    """Pixels by which textured background well off the person has moved: 95th percentile; NaN without texture."""
    textured = source.background & (_steepness(source.luma) > 2)
    if textured.sum() < 200:
        return float("nan")
    flow = cv2.calcOpticalFlowFarneback(source.luma, _luma(picture), np.zeros(0), 0.5, 3, 15, 2, 5, 1.1, 0)
    return float(np.percentile(np.linalg.norm(np.asarray(flow), axis=-1)[textured], 95))


def _seam_ratio(source: Source, picture: Picture) -> float:
    """Mean gradient of the picture over the source's, along the border of what differs: a seam is a step there."""
    differs = np.any(picture != source.picture, axis=-1).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    border = cv2.morphologyEx(differs, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    if border.sum() < 20:
        return 1.0
    return float((_steepness(_luma(picture))[border].mean() + 1) / (_steepness(source.luma)[border].mean() + 1))


def _step(source: Source, picture: Picture) -> float:
    return foreign_step(source.luma, source.mesh, _luma(picture), look(picture, source.mesh))


def _steepness(luma: Picture) -> Reals:
    """Luma levels per pixel."""
    x, y = (cv2.Sobel(luma, cv2.CV_64F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.hypot(x, y)


def _halo(source: Source, picture: Picture) -> float:
    """Share of the pixels outside the face lighter or darker than all that could have moved there."""
    mesh = look(picture, source.mesh)
    moved = float(np.linalg.norm(mesh.points[:, :2] - source.mesh.points[:, :2], axis=1).max())
    reach = 2 * (int(np.ceil(moved)) + 2) + 1
    window = np.ones((reach, reach), np.uint8)
    low, high = cv2.erode(source.luma, window).astype(np.int16), cv2.dilate(source.luma, window).astype(np.int16)
    luma = _luma(picture).astype(np.int16)
    foreign = (luma < low - HALO_LEVELS) | (luma > high + HALO_LEVELS)
    face = cv2.dilate(source.oval.astype(np.uint8), window) > 0
    return float((foreign & ~face).sum() / max(int((~face).sum()), 1))


def _teeth(source: Source, pictures: Sequence[Picture]) -> dict[str, float]:
    """Luma of the lightest tenth of what shows between open lips, over the cheeks' and over the eyes' whites."""
    meshes = [look(picture, source.mesh) for picture in pictures]
    open_by = np.array([float(gap(mesh.points.astype(np.float64))) for mesh in meshes])
    found: list[tuple[float, float]] = []
    for index in np.flatnonzero(open_by > 0.6 * open_by.max()).tolist():
        luma, points = _luma(pictures[index]), meshes[index].points[:, :2]
        inside = _filled(
            np.concatenate([points[list(UPPER_INNER_LIP)], points[list(LOWER_INNER_LIP)[::-1]]]), luma.shape
        )
        whites = np.zeros_like(inside)
        for upper, lower in ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID)):
            whites |= _filled(np.concatenate([points[list(upper)], points[list(lower)[::-1]]]), luma.shape)
        if inside.sum() < 30 or whites.sum() < 30:
            continue
        teeth = float(np.percentile(luma[inside], 92))
        cheeks = float(np.median([_patch(luma, points[index]) for index in _CHEEKS]))
        found.append((teeth / cheeks, teeth / float(np.percentile(luma[whites], 92))))
    by_cheek, by_white = np.median(found, axis=0) if found else (float("nan"), float("nan"))
    return {"teeth_to_skin": float(by_cheek), "teeth_to_white": float(by_white)}


def _patch(luma: Picture, place: NDArray[np.float32]) -> float:
    x, y = np.round(place).astype(int)
    return float(np.median(luma[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5]))
