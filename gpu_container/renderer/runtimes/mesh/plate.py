"""A person who moves before their own background, which stands still and goes on behind them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.pixels import resize, sample_at
from renderer.planes import Planes, blank, halved, planes_of
from renderer.rig.fill import fill_unknown
from renderer.rig.framing import Canvas
from renderer.runtimes.mesh.backdrop import person_of
from renderer.runtimes.mesh.places import half_of
from renderer.runtimes.mesh.telling import PERSON, SIDE, Flags, rim_of
from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats, Picture

DEEPEST: Final = 16.0
"""Pixels of SIDE: no head that talks moves further."""
CLEAR: Final = (0.5, 0.9)
"""Share of person up to which the background shines through clearly, and from which it is made up."""
NEAR: Final = 7
"""Pixels about which the background is no lighter nor darker."""
STILL: Final = 0.05
"""Pixels: what never moves further has not moved."""


class Plate:
    """Made once per canvas. `source`: the canvas's planes; `box`: all that may move, sides even; `reach` float32
    (H, W): how far each pixel may move, pixels; `rim`: see telling.rim_of.

    `person`: planes with the person's own light, the background's share taken off, 0 where there is no person. `box`:
    the part of the canvas in which the person moves.
    """

    def __init__(self, canvas: Canvas, source: Planes, box: Grid, reach: Floats, rim: float) -> None:
        self._alpha = halved(outline_of(canvas.matte, rim))
        whole = _doubled(self._alpha)
        self.box = _box(whole > 0, box, reach)
        behind = planes_of(filled_behind(canvas.picture, whole > 0, reach))
        # As `behind` doubles it: nothing beyond the box is known there.
        whole[self.box.window] = _doubled(np.ascontiguousarray(self._alpha[half_of(self.box).window]))
        self.person = blank(canvas.width, canvas.height)
        windows = self.box.window, half_of(self.box).window, half_of(self.box).window
        self._behind: list[Picture] = []
        clean = planes_of(person_of(canvas))
        for own, seen, still, colour, alpha, window in zip(
            self.person[1:], source[1:], behind[1:], clean[1:], (whole, self._alpha, self._alpha), windows, strict=True
        ):
            still = _apart(seen, still, colour, alpha)
            # To the level what `behind` adds at rest: both together are the source, bit by bit.
            own[:] = seen - _share(still, ~alpha)
            self._behind.append(np.ascontiguousarray(still[window]))

    def behind(self, out: Planes, xs: Floats, ys: Floats) -> None:
        """`out`, whose `box` shows `person` moved, with the background behind it. `xs`, `ys` (h/2, w/2): where the
        box's colour samples come from."""
        alpha = sample_at(self._alpha, xs, ys)
        small = np.bitwise_not(alpha)
        rests = np.bitwise_not(_doubled(alpha)), small, small
        windows = self.box.window, half_of(self.box).window, half_of(self.box).window
        for plane, still, rest, window in zip(out[1:], self._behind, rests, windows, strict=True):
            seen = plane[window]
            cv2.add(seen, _share(still, rest), dst=seen)


def outline_of(matte: Picture, rim: float) -> Picture:
    """`matte` uint8 (H, W) -> uint8 (H, W): 255 on the person and `rim` pixels of SIDE about them, ending softly.

    One person without holes: what is seen between hair and shoulder moves with both.
    """
    person = (matte >= PERSON).astype(np.uint8)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(person, connectivity=4)
    if len(sizes) > 1:
        person = (labels == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    _, labels = cv2.connectedComponents(1 - person, connectivity=4)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    hole = ~np.isin(labels, outside)
    wide = max(1, round(rim * max(matte.shape) / SIDE))
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * wide + 1, 2 * wide + 1))
    # The soft edge of a matte is a mixture: it stays soft, so that it is taken apart.
    edge = cv2.dilate(person.astype(np.uint8), near).astype(np.uint8, copy=False)
    grown = cv2.dilate(np.where(hole, 255, matte * edge).astype(np.uint8), near)
    soft = 2 * max(1, wide // 3) + 1
    return cv2.blur(cv2.blur(grown, (soft, soft)), (3, 3)).astype(np.uint8, copy=False)


def filled_behind(picture: Picture, person: Flags, reach: Floats) -> Picture:
    """`picture` RGB (H, W, 3) with the background carried on behind `person` (H, W) as far as the person moves: lines
    and edges that meet the outline go on behind it (Bertalmio, Bertozzi, Sapiro 2001)."""
    height, width = person.shape
    shrink = min(1.0, SIDE / max(height, width))
    size = max(2, round(width * shrink)), max(2, round(height * shrink))
    small = resize(picture, *size, how=cv2.INTER_AREA)
    hidden = (resize(person.astype(np.float32), *size, how=cv2.INTER_AREA) > 0).astype(np.uint8)
    hidden = cv2.dilate(hidden, np.ones((3, 3), np.uint8)).astype(np.uint8)
    far = np.minimum(resize(reach, *size) * np.float32(shrink), DEEPEST)
    depth = np.asarray(cv2.distanceTransform(hidden, cv2.DIST_L2, 3), np.float32)
    # Half of the strip is led to by the background, half by what lies deeper, which is never seen.
    strip = (depth > 0) & (depth < 2 * (far + 2)) & (far > STILL)
    deep = fill_unknown(small, (1 - hidden).astype(np.float32))
    made = cv2.inpaint(deep, strip.astype(np.uint8), 3, cv2.INPAINT_NS).astype(np.uint8, copy=False)
    return cv2.copyTo(picture, (~person).astype(np.uint8), resize(made, width, height)).astype(np.uint8, copy=False)


def _apart(seen: Picture, still: Picture, own: Picture, alpha: Picture) -> Picture:
    """What lies behind a person of colour `own` and `alpha` who, before it, looks as `seen`: where it cannot be told,
    `still`, and nowhere lighter or darker than all of that near by."""
    near = np.ones((NEAR, NEAR), np.uint8)
    ends = (cv2.erode(still, near), cv2.dilate(still, near), cv2.erode(seen, near), cv2.dilate(seen, near))
    mixed = np.nonzero((alpha > 0) & (alpha < 255))
    low, high, least, most, light, colour, made = (
        np.asarray(plane, np.uint8)[mixed].astype(np.float32) for plane in (*ends, seen, own, still)
    )
    share = alpha[mixed].astype(np.float32) / 255
    rest = 1 - share
    told = np.clip((light - colour * share) / rest, low, high)
    sure = np.clip((CLEAR[1] - share) / (CLEAR[1] - CLEAR[0]), 0, 1)
    behind = made + (told - made) * sure
    # Nor does the person, alone, show what is lighter or darker than all of this: it would shine before another place.
    fitting = np.clip(behind, (light - most * share) / rest, (light - least * share) / rest)
    behind = np.minimum(behind + (fitting - behind) * sure, np.floor((light + 0.49) / rest))
    apart = np.where(alpha == 0, seen, still)
    apart[mixed] = np.clip(behind, 0, 255).astype(np.uint8)
    return apart


def _share(still: Picture, rest: Picture) -> Picture:
    """`still` by `rest`, 255 = all of it."""
    return cv2.multiply(still, rest, scale=1 / 255).astype(np.uint8, copy=False)


def _doubled(plane: Picture) -> Picture:
    return resize(plane, 2 * plane.shape[1], 2 * plane.shape[0])


def _box(person: Flags, box: Grid, reach: Floats) -> Grid:
    """The part of `box` that some of the person is ever seen in."""
    rows, columns = box.window
    x, y, width, height = cv2.boundingRect((person & (reach > STILL))[rows, columns].astype(np.uint8))
    far = int(np.ceil(float(reach.max()))) + 2
    left, top = (max(start - far, 0) // 2 for start in (x, y))
    right, bottom = min((x + width + far + 1) // 2, box.columns), min((y + height + far + 1) // 2, box.rows)
    return Grid(box.left + 2 * left, box.top + 2 * top, right - left, bottom - top, 2)


def plate_of(canvas: Canvas, source: Planes, box: Grid, reach: Floats) -> Plate | None:
    """The plate of `canvas`, or None where the background had better move along, softly: one without anything in it
    that could be seen to bend, or from which the person cannot be told well."""
    reach = reach[: canvas.height, : canvas.width]
    rim = rim_of(canvas, reach)
    return None if rim is None else Plate(canvas, source, box, reach, rim)
