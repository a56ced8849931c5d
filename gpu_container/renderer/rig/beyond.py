"""A portrait continued beyond its edges: background that grows out of its own, shoulders that fall away to the arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.pixels import resize, soften
from renderer.rig.fill import fill_unknown
from renderer.types import Floats, Picture

Index: TypeAlias = NDArray[np.intp]

_SMOOTH: Final = 0.03
"""Gaussian that parts a picture into light, which is carried outwards, and detail; part of its height."""
_FINEST_SIGMA: Final = 6.0
"""Pixels: a Gaussian as wide as this is well drawn by a copy reduced to it."""
_SPREAD: Final = (0.0, 0.03, 0.09, 0.2)
"""Gaussians along the edge that its light runs through on the way out: shapes dissolve, the light stays."""
_REACH: Final = 0.35
"""Distance at which the last of them is reached, part of the height."""
_FALL: Final = 0.12
"""Over what distance the light goes on falling or rising beyond an edge, part of the height."""
_STEEPEST: Final = 150.0
"""Levels a picture height, at most, that it does so."""
_DETAIL_REACH: Final = 0.07
"""Distance at which detail, which is mirrored, has faded: before a viewer sees the mirror."""
_GRAIN: Final = 1.2
"""Finer than this (pixels) is grain, canvas, weave: kept everywhere, or what is made up would look out of focus."""
_MOST_GRAIN: Final = 3.0
"""In mean deviations: what stands out more is a hair or a line."""
_SHOULDER: Final = 1.45
"""From the face's centre to the outside of the arm, in face heights: 0.185 m of face, 0.46 m between the arms' outer
sides (Pheasant, Bodyspace: 95th percentile 0.51), and cloth."""
_HAIR: Final = 0.16
"""How far hair that the picture's edge cuts goes on, in face heights."""


@dataclass(frozen=True)
class Margins:
    """How far a picture is continued, in pixels; and the face's centre (x), chin (y) and height in it."""

    left: int
    top: int
    right: int
    face_x: float
    chin_y: float
    face: float


def continued(picture: Picture, matte: Picture, margins: Margins) -> tuple[Picture, Picture]:
    """`picture` (h, w, 3) and `matte` (h, w), 255 = person, both larger by the margins: what is inside is untouched."""
    person = matte.astype(np.float32) / np.float32(255)
    # A pixel or two about the person are of neither: not to be smeared over the background.
    near = cv2.dilate(person, np.ones((3, 3), np.uint8), iterations=max(1, round(margins.face * 0.02)))
    known = np.clip(1 - near.astype(np.float32), 0, 1)
    scene = _grown(fill_unknown(picture, known), known, margins)
    cover = np.zeros(scene.shape[:2], np.float32)
    cloth = scene
    for side in ("left", "right"):
        if getattr(margins, side) and (person[:, 0 if side == "left" else -1] > 0.5).any():
            cloth = cloth if cloth is not scene else _body(picture, person, margins)
            _extend_shoulder(cover, person, margins, mirrored=side == "right")
    weight = cover[..., np.newaxis]
    whole = np.clip(cloth * weight + scene * (1 - weight) + np.float32(0.5), 0, 255).astype(np.uint8)
    inside = _inside(margins, picture.shape)
    whole[inside] = picture
    alpha = np.rint(cover * 255).astype(np.uint8)
    alpha[inside] = matte
    return whole, alpha


def _inside(margins: Margins, shape: tuple[int, ...]) -> tuple[slice, slice]:
    return slice(margins.top, margins.top + shape[0]), slice(margins.left, margins.left + shape[1])


def _grown(behind: Picture, known: Floats, margins: Margins) -> Floats:
    """float32 (h + top, w + left + right, 3): the light at the edges carried outwards, and detail that fades.

    `known` (h, w) 0..1: what of `behind` is the picture's own; the rest was made up and leads nowhere.
    """
    height = behind.shape[0]
    light = _light(behind, max(1.0, _SMOOTH * height))
    fine = behind.astype(np.float32) - cv2.GaussianBlur(behind.astype(np.float32), (0, 0), _GRAIN)
    most = _MOST_GRAIN * float(np.abs(fine).mean())
    detail = _mirrored(behind - light, margins)
    grain = _mirrored(np.clip(fine, -most, most).astype(np.float32), margins)
    fading = np.clip(1 - _distance(behind, margins) / (_DETAIL_REACH * height), 0, 1)[..., np.newaxis]
    return _carried(light, known, margins) + grain + (detail - grain) * (fading * fading)


def _light(picture: Picture, sigma: float) -> Floats:
    """Smoothed by `sigma` pixels, without the bend towards level that a mirrored border would give it at the edges."""
    reach = min(round(2.5 * sigma), min(picture.shape[:2]) - 1)
    known = picture.astype(np.float32)
    # Point reflection: what rises towards the edge goes on rising beyond it.
    wide = np.pad(known, ((reach, reach), (reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    # Smooth as it will be, it is worked out on a smaller copy: ten times quicker on the largest canvas.
    shrink = max(1, round(sigma / _FINEST_SIGMA))
    small = resize(wide, -(-wide.shape[1] // shrink), -(-wide.shape[0] // shrink), cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / shrink).astype(np.float32)
    return resize(blurred, wide.shape[1], wide.shape[0])[reach:-reach, reach:-reach]


def _distance(behind: Picture, margins: Margins) -> Floats:
    """Pixels from the picture's edge, 0 inside."""
    x = np.arange(-margins.left, behind.shape[1] + margins.right, dtype=np.float32)
    y = np.arange(-margins.top, behind.shape[0], dtype=np.float32)
    across = np.maximum(np.maximum(-x, x - (behind.shape[1] - 1)), 0)
    return np.hypot(across[np.newaxis], np.maximum(-y, 0)[:, np.newaxis])


def _carried(light: Floats, known: Floats, margins: Margins) -> Floats:
    height = light.shape[0]
    left = _outwards(light.swapaxes(0, 1), known[:, 0], margins.left, height)[::-1].swapaxes(0, 1)
    right = _outwards(light[:, ::-1].swapaxes(0, 1), known[:, -1], margins.right, height).swapaxes(0, 1)
    wide = np.concatenate([left, light, right], axis=1)
    return np.concatenate([_outwards(wide, np.ones_like(wide[0, :, 0]), margins.top, height)[::-1], wide], axis=0)


def _outwards(light: Floats, known: Floats, steps: int, height: int) -> Floats:
    """`light` (m, n, 3) -> (steps, n, 3): what lies 1, 2 ... pixels before its first line, of which (n,) is `known`.

    It goes on falling or rising as it did, ever less, while shapes along the edge dissolve.
    """
    base = max(1, round(_SMOOTH * height))
    steepest = _STEEPEST / height
    slope = np.clip((light[0] - light[base]) / np.float32(base), -steepest, steepest)
    lines = np.stack([_along(light[0], spread * height) for spread in _SPREAD])
    weight = known[:, np.newaxis]
    around = np.maximum(_along(np.repeat(weight, 3, axis=1), _SPREAD[-1] * height), 0.05)
    slopes = _along((slope * weight).astype(np.float32), _SPREAD[-1] * height) / around
    out = np.arange(1, steps + 1, dtype=np.float32)
    level = np.clip(out / (_REACH * height), 0, 1) * (len(lines) - 1)
    lower = np.minimum(level.astype(np.intp), len(lines) - 2)
    share = (level - lower)[:, np.newaxis, np.newaxis]
    fall = np.float32(_FALL * height)
    gone = fall * (1 - np.exp(-out / fall))[:, np.newaxis, np.newaxis]
    return (lines[lower] * (1 - share) + lines[lower + 1] * share + slopes * gone).astype(np.float32)


def _along(line: Floats, sigma: float) -> Floats:
    """A line of colours (n, 3), smoothed by `sigma` pixels."""
    if sigma <= 0:
        return line
    spread = cv2.GaussianBlur(line[np.newaxis], (0, 0), sigmaX=sigma, sigmaY=1, borderType=cv2.BORDER_REPLICATE)
    return spread[0].astype(np.float32)


def _mirrored(plane: Floats, margins: Margins) -> Floats:
    """Enlarged by the margins, mirrored at the edges as often as it takes."""
    rows = _folded(np.arange(-margins.top, plane.shape[0], dtype=np.intp), plane.shape[0])
    columns = _folded(np.arange(-margins.left, plane.shape[1] + margins.right, dtype=np.intp), plane.shape[1])
    return plane[rows[:, np.newaxis], columns]


def _folded(index: Index, length: int) -> Index:
    period = max(1, 2 * (length - 1))
    place = np.abs(index) % period
    return np.minimum(place, period - place)


def _body(picture: Picture, person: Floats, margins: Margins) -> Floats:
    """What the person wears at the edges, continued outwards, with no background in it."""
    firm = cv2.erode(np.clip(person * 2 - 1, 0, 1), np.ones((3, 3), np.uint8), iterations=2)
    clothed = fill_unknown(picture, firm.astype(np.float32))
    return _grown(clothed, firm.astype(np.float32), margins)


def _extend_shoulder(cover: Floats, person: Floats, margins: Margins, *, mirrored: bool) -> None:
    """Into `cover`, on one side, the body's outline continued: on as it ran, then down along the arm."""
    edge = person[:, ::-1] if mirrored else person
    room = margins.right if mirrored else margins.left
    to_edge = (person.shape[1] - margins.face_x) if mirrored else margins.face_x
    start, slope = _outline(edge, margins.face)
    if start is None:
        return
    height = person.shape[0]
    reach = max(_SHOULDER * margins.face - to_edge, 0.3 * margins.face)
    if start < margins.chin_y:  # hair, not a shoulder: it ends soon, and no mirror image of it is seen
        reach, slope = _HAIR * margins.face, max(slope, 1.0)
    out = np.arange(1, room + 1, dtype=np.float32)
    line = start + slope * out + (height - start + margins.face) * (out / reach) ** 3
    rows = np.arange(height, dtype=np.float32)[:, np.newaxis]
    steep = np.gradient(line) if len(line) > 1 else np.ones_like(line)
    # Distance to the outline, across it: soft over two pixels however steep it is.
    inside = np.clip((rows - line) / np.hypot(1, steep) / 2 + 0.5, 0, 1).astype(np.float32)
    inside = soften(inside)
    strip = cover[margins.top :]
    if mirrored:
        strip[:, margins.left + person.shape[1] :] = inside
    else:
        strip[:, : margins.left] = inside[:, ::-1]


def _outline(person: Floats, face: float) -> tuple[float | None, float]:
    """Where the body's outline meets the left edge (row), and its slope there in rows a column outwards."""
    near = max(2, round(0.15 * face))
    tops = [_top_of_body(person[:, column]) for column in range(min(near, person.shape[1]))]
    found = [(column, top) for column, top in enumerate(tops) if top is not None]
    if not found or found[0][0] > 1:
        return None, 0.0
    points: Floats = np.array(found, np.float32)
    slope = -float(np.polyfit(points[:, 0], points[:, 1], 1)[0]) if len(found) > 2 else 0.5
    return float(found[0][1]), float(np.clip(slope, 0.1, 6.0))


def _top_of_body(column: Floats) -> int | None:
    """The row from which on, down to the lower edge, all is person; None when the lowest is not."""
    gaps = np.flatnonzero(column < 0.5)
    top = int(gaps[-1]) + 1 if len(gaps) else 0
    return None if top >= len(column) else top
