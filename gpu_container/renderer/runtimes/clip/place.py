"""How a clip fills an output picture: one window for the whole loop, so that the camera stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np

from renderer.clip import ClipRig
from renderer.clip.chart import Charts
from renderer.pixels import resize, shrink_or_grow
from renderer.planes import blank, planes_over
from renderer.types import Floats, Picture

MIN_FACE_SHARE: Final = 0.36
"""The face is at least this much of the frame's height, on average: a small one in a wide shot is cropped closer."""
FACE_CENTRE: Final = 0.46
"""Where the face's centre sits in the frame, from the top."""
ROOM: Final = 1.12
"""The window holds everything that the face ever covers, and this much more."""
LEAST_ROOM: Final = 1.6
"""With hair and chin: rather than cut into these, the picture is continued beyond the clip's edges."""
HAZE: Final = 10
"""What lies beyond is the clip itself, seen through so few pixels that nothing of it can be made out."""


class Span(NamedTuple):
    """Of one direction: `start` and `length` in the clip's pixels that are seen, and where in the output, all even."""

    start: int
    length: int
    at: int
    shown: int


@dataclass(frozen=True)
class Place:
    """What is seen `across` and `down`, in an output of `width` x `height` pixels."""

    across: Span
    down: Span
    width: int
    height: int

    @property
    def scale(self) -> Floats:
        """Output pixels to a pixel of the clip, along x and y."""
        return np.array([span.shown / span.length for span in (self.across, self.down)], np.float32)

    def i420(self, clip_i420: Picture) -> Picture:
        """A clip's picture as the output shows it, I420 uint8 (height * 3/2, width)."""
        out, source = blank(self.width, self.height), planes_over(clip_i420)
        for shown, plane, halves in ((out.y, source.y, 1), (out.u, source.u, 2), (out.v, source.v, 2)):
            self._lay(shown, plane, halves)
        return out.i420

    def matte(self, matte: Picture, width: int, height: int) -> Picture:
        """A matte of the whole clip picture (`width` x `height`) as the output shows it; 0 beyond."""
        out = np.zeros((self.height, self.width), np.uint8)
        self._lay(out, resize(matte, width, height), 1, hazy=False)
        return out

    def points(self, points: Floats) -> Floats:
        """Landmarks (468, 3) of the clip -> of a picture as large as the clip's at the output's scale, uncut."""
        scale = self.scale
        flat = (points[:, :2] + np.float32(0.5)) * scale - np.float32(0.5)
        return np.concatenate([flat, points[:, 2:] * scale.mean()], axis=1).astype(np.float32)

    def charts(self, charts: Charts) -> Charts:
        """Charts of the clip's pictures -> of output pixels, to the reference at the output's scale, uncut."""
        scale = self.scale
        terms = charts.terms * scale[:, np.newaxis]
        terms[:, :, 0] += (scale - 1) / 2
        # Windows keep their shape to within a pixel, so one unit serves both axes.
        unit = charts.unit * float(scale.mean())
        return Charts(self.shown(charts.centres), terms.astype(np.float32), unit)

    def shown(self, places: Floats) -> Floats:
        """The clip's pixels (..., 2) -> the output's."""
        start, at = (np.array([pick(self.across), pick(self.down)], np.float32) for pick in (_start, _at))
        return ((places - start + np.float32(0.5)) * self.scale - np.float32(0.5) + at).astype(np.float32)

    def _lay(self, out: Picture, plane: Picture, halves: int, hazy: bool = True) -> None:
        (left, wide, x, across), (top, tall, y, down) = (
            (span.start // halves, span.length // halves, span.at // halves, span.shown // halves)
            for span in (self.across, self.down)
        )
        cut = np.ascontiguousarray(plane[top : top + tall, left : left + wide])
        if hazy and (across, down) != (out.shape[1], out.shape[0]):
            few = resize(cut, HAZE, HAZE, cv2.INTER_AREA)
            haze = np.asarray(cv2.GaussianBlur(few, (3, 3), 0), np.uint8)
            out[:] = resize(haze, out.shape[1], out.shape[0], cv2.INTER_CUBIC)
        same = (across, down) == (wide, tall)
        out[y : y + down, x : x + across] = cut if same else shrink_or_grow(cut, across, down)


def place_of(rig: ClipRig, width: int, height: int) -> Place:
    """The window for an output of `width` x `height` pixels."""
    low, high = rig.faces[:, :2].min(axis=0), rig.faces[:, 2:].max(axis=0)
    tall = float((rig.faces[:, 3] - rig.faces[:, 1]).mean())
    aspect = width / height
    covered = max(float(high[1] - low[1]), float(high[0] - low[0]) / aspect)
    wanted = min(max(tall / MIN_FACE_SHARE, covered * ROOM), rig.height, rig.width / aspect)
    shown = max(wanted, min(covered * LEAST_ROOM, max(rig.height, rig.width / aspect)))
    middle = (low + high) / 2
    corner = middle - np.array([shown * aspect * 0.5, shown * FACE_CENTRE])
    return Place(
        _span(float(corner[0]), shown * aspect, rig.width, width),
        _span(float(corner[1]), shown, rig.height, height, stands=True),
        width,
        height,
    )


def _span(start: float, length: float, has: int, side: int, stands: bool = False) -> Span:
    """Of a direction in which the clip `has` so many pixels and the output `side`. What does not fill it is in the
    middle, or `stands` at its end: a body that ended above the picture's edge would hang in the air."""
    if length <= has:
        whole = max(16, min(2 * round(length / 2), has))
        return Span(int(np.clip(2 * round(start / 2), 0, has - whole)), whole, 0, side)
    shown = max(2, 2 * round(side * has / length / 2))
    return Span(0, has, side - shown if stands else (side - shown) // 4 * 2, shown)


def _start(span: Span) -> int:
    return span.start


def _at(span: Span) -> int:
    return span.at
