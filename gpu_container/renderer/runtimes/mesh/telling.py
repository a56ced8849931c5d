"""Whether a person can be told from their background, and whether anything in it could be seen to move."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.pixels import resize
from renderer.rig.framing import Canvas
from renderer.types import Floats, Picture

PERSON: Final = 24
"""From this level on the matte's soft edge is the person's: wisps move with the hair that they grow from."""
SIDE: Final = 512
"""All lengths are pixels of a canvas of this side; a larger one's background is filled in at this size, too: what is
made up has no finer detail."""
RIM: Final = (9.0, 1.0)
"""Pixels of SIDE: how much background beside the person moves with them, where it is PLAIN, and where it is BUSY."""
PLAIN: Final = (1.0, 3.0)
BUSY: Final = 8.0
"""How steep the background's steepest places are, luma levels a pixel of SIDE: a studio's wall below 0.5, painted air 2
to 3, a shelf 20. Below the first nothing can be seen to bend."""
BESIDE: Final = (6.0, 40.0)
"""Pixels of SIDE from the outline: where the background is looked at."""
SOFTEST: Final = 10.0
"""Pixels of SIDE: a matte's edge that is wider on average is a guess."""
MISSED: Final = 0.3
"""Of the outline: more that looks like the person just outside it, and the matte has lost some of them. Sound mattes
measure up to 0.12, those that lack a strip of hair from 0.5."""
DIFFER: Final = 30.0
"""RGB levels between person and background that can be told apart."""

Flags: TypeAlias = NDArray[np.bool_]


def rim_of(canvas: Canvas, reach: Floats) -> float | None:
    """Pixels of SIDE, see RIM."""
    shrink = SIDE / max(canvas.width, canvas.height)
    size = max(2, round(canvas.width * shrink)), max(2, round(canvas.height * shrink))
    picture, matte = (resize(plane, *size, how=cv2.INTER_AREA) for plane in (canvas.picture, canvas.matte))
    far = resize(reach, *size, how=cv2.INTER_AREA)
    apart = np.asarray(cv2.distanceTransform((matte < PERSON).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    moving = far * np.float32(shrink) > 2
    edge = moving & (matte >= PERSON) & (matte < 255 - PERSON)
    outline = moving & (np.asarray(cv2.Laplacian((matte > 127).astype(np.uint8), cv2.CV_8U)) > 0)
    beside = moving & (apart > BESIDE[0]) & (apart < BESIDE[1])
    if beside.sum() < 100 or edge.sum() > SOFTEST * outline.sum():
        return None
    steep = float(np.percentile(_steepness(picture)[beside], 98))
    if steep < PLAIN[0] or _missed(picture, matte, apart, moving) > MISSED:
        return None
    return float(np.interp(steep, (PLAIN[1], BUSY), RIM))


def _steepness(picture: Picture) -> Floats:
    """Luma levels per pixel, grain left out."""
    luma = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    across, down = (cv2.Sobel(luma, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.hypot(across, down).astype(np.float32, copy=False)


def _missed(picture: Picture, matte: Picture, apart: Floats, moving: Flags) -> float:
    """Share of what lies just outside the outline that looks as what lies inside and not as what lies further out."""
    colours = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32)
    ring = moving & (apart > BESIDE[0] / 2) & (apart < 2 * BESIDE[0])
    inside, outside = (_around(colours, where)[ring] for where in (matte > 230, apart > BESIDE[1] / 2))
    own, other = (np.linalg.norm(colours[ring] - around, axis=-1) for around in (inside, outside))
    differ = np.linalg.norm(inside - outside, axis=-1) > DIFFER
    along = max(int((moving & (apart > 1) & (apart < 2)).sum()), 1)
    return float((differ & (own < 0.4 * other)).sum()) / along / BESIDE[0]


def _around(colours: Floats, where: Flags) -> Floats:
    """Mean of `colours` (H, W, 3) in the neighbourhood, of the pixels of `where`."""
    weight = where.astype(np.float32)
    total = cv2.blur(colours * weight[..., np.newaxis], (41, 41)).astype(np.float32, copy=False)
    around = cv2.blur(weight, (41, 41)).astype(np.float32, copy=False)
    return (total / np.maximum(around, np.float32(1e-3))[..., np.newaxis]).astype(np.float32, copy=False)
