"""Turns the eyes: iris and white slide under the lids, which stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from renderer.face.eyes import Iris, find_irises
from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.pixels import mix, sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.layer import Painted, Pose
from renderer.runtimes.mesh.lid_lines import LidLines, lid_lines
from renderer.runtimes.mesh.spline import smoothstep
from renderer.runtimes.mesh.warp import grid_around
from renderer.types import HEAD_AXES, Floats, Picture, Reals

EYEBALL_MM: Final = 12.0
"""Its radius: an eye that turns by a radian moves its iris by so much."""
IRIS_MM: Final = 5.9
"""The iris's radius: nearly the same in all adults."""
HEAD_MM: Final = 19.0
"""How far an eye may move with the head and still be turned."""
UPPER_RIM_MM: Final = (-0.05, 0.45)
LOWER_RIM_MM: Final = (-0.70, -0.20)
"""From the lids' edges: what lies nearer than the first stays as it is, lashes and their shadow; beyond the second all
is drawn anew. The lower lid has next to none of either, and the iris's rim shines through its edge."""
CLEAR_MM: Final = (0.55, 1.0)
BRIM_MM: Final = (-0.05, 0.40)
"""Above the lower lid's edge: where the iris is seen clearly; where it goes behind the lid."""
LASHES_MM: Final = (0.35, 0.85)
"""What lies nearer to the upper lid's edge than this is no clear view of the iris."""
CORNER_MM: Final = 1.2
"""The corners of the eye, with what is red in them, stay."""
DISC: Final = (1.02, 1.20)
"""In iris radii: what moves in full, and where the white begins that does not."""
STEP_MM: Final = 0.5
TRUST_MM: Final = 1.6
"""How the iris is looked for: over such a step across its rim; so far from where the network sees it."""
BELOW_MM: Final = 1.5
BLUR_MM: Final = 0.35
CONTRAST: Final = 18.0
"""How far below the lower lid's line an iris is looked for; how far its rim is blurred beyond; by how many levels the
lid must be brighter."""
LEAST_WHITE_MM: Final = 0.6
ROOM: Final = 0.85
"""Share of the white beside the iris that a turn may take."""
LEAST_PX: Final = 0.04
SHUT: Final = 0.9
"""Lids further down than this hide the eye."""
PAD_PX: Final = 3

_GAZE_X, _GAZE_Y, _BLINK = (HEAD_AXES.index(name) for name in ("gaze_x", "gaze_y", "blink"))


@dataclass(frozen=True)
class _Eye:
    """One eye at rest, mm: its lids, where they meet, where its iris lies and how large it is."""

    lines: LidLines
    left: float
    right: float
    iris: Floats
    radius: float

    @property
    def room(self) -> tuple[float, float]:
        """How far the iris may go to either side."""
        x = float(self.iris[0])
        return max(ROOM * (x - self.radius - self.left), 1.0), max(ROOM * (self.right - x - self.radius), 1.0)


class EyeTurn:
    """One eye of one portrait at one size: a Layer. `room`: mm to the picture's left and right for both eyes."""

    def __init__(self, frame: FaceFrame, eye: _Eye, room: tuple[float, float], picture: Picture) -> None:
        corners = [[x, y] for x in (eye.left, eye.right) for y in (eye.lines.upper.min(), eye.lines.lower.max())]
        places = frame.origin + frame.to_px(np.array(corners, np.float32))
        low, high = places.min(axis=0), places.max(axis=0)
        margin = HEAD_MM * frame.px_per_mm
        self.grid = grid_around(low - margin, high + margin, 2, frame.width, frame.height)
        self._eye = grid_around(low - PAD_PX, high + PAD_PX, 2, frame.width, frame.height)
        self._corner = np.array([self._eye.left, self._eye.top], np.float32)
        self._middle = self._corner + np.array([self._eye.width, self._eye.height], np.float32) / 2
        mm = frame.to_mm(self._eye.pixels())
        white, iris = _white(frame, eye, mm, picture), _whole_iris(frame, eye, mm, picture)
        self._white = white
        self._lids = np.dstack([_opening(eye, mm), _before_brim(eye, mm)])
        self._iris = _with_weight(iris, _disc(eye, mm))
        self._room = room
        self._to_px = np.stack([frame.right, frame.down], axis=1) * np.float32(frame.px_per_mm)

    def draw(self, place: Floats, pose: Pose) -> Painted | None:
        """The eye behind its lids, looking where the pose says."""
        turn = self._turn(pose.head)
        if float(np.abs(turn).max()) < LEAST_PX or float(pose.head[_BLINK]) > SHUT:
            return None
        rgb = np.zeros((*place.shape[:2], 3), np.uint8)
        weight = np.zeros(place.shape[:2], np.float32)
        box = self._box(place)
        if not place[box].size:
            return None
        here = place[box] - self._corner
        iris, lids = sample(self._iris, here - turn), sample(self._lids, here)
        disc = iris[..., 3] * lids[..., 1] * np.float32(1 / 255)
        rgb[box] = mix(iris[..., :3].copy(), sample(self._white, here), disc, 1 - disc)
        weight[box] = lids[..., 0]
        return Painted(rgb, weight)

    def _turn(self, head: Floats) -> Floats:
        """How far the iris moves in the resting picture, px (2,)."""
        left, right = self._room
        across = float(np.clip(EYEBALL_MM * np.sin(head[_GAZE_X]), -left, right))
        turn = np.array([across, EYEBALL_MM * float(np.sin(head[_GAZE_Y]))], np.float32)
        return (self._to_px @ turn).astype(np.float32)

    def _box(self, place: Floats) -> tuple[slice, slice]:
        """The rows and columns of the window in which the eye is seen, wherever the head is."""
        height, width = place.shape[:2]
        corner = np.array([self.grid.left, self.grid.top], np.float32)
        at = self._middle - corner
        for _ in range(2):
            x, y = np.clip(np.rint(at), 0, (width - 1, height - 1)).astype(int)
            at = at + (self._middle - place[y, x])
        half = np.array([self._eye.width, self._eye.height]) // 2 + PAD_PX
        first, last = np.clip(np.rint([at - half, at + half]), 0, (width, height)).astype(int)
        return slice(first[1], last[1]), slice(first[0], last[0])


def eye_turns(frame: FaceFrame, picture: Picture) -> list[EyeTurn]:
    """Both eyes. `picture` RGB uint8 (H, W, 3), the face at rest."""
    sides = ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID))
    irises = find_irises(picture, frame.points)
    eyes = [_eye(frame, *side, iris, picture) for side, iris in zip(sides, irises, strict=True)]
    # Both turn as far as the one that can turn less: eyes that part are worse than eyes that stay.
    rooms = [eye.room for eye in eyes]
    room = min(each[0] for each in rooms), min(each[1] for each in rooms)
    return [EyeTurn(frame, eye, room, picture) for eye in eyes]


def _eye(frame: FaceFrame, upper: tuple[int, ...], lower: tuple[int, ...], iris: Iris, picture: Picture) -> _Eye:
    xs = frame.to_mm(frame.points[list(upper)])[:, 0]
    left, right = float(xs.min()) + CORNER_MM, float(xs.max()) - CORNER_MM
    radius = float(np.clip(iris.radius / frame.px_per_mm, 0.75 * IRIS_MM, 1.25 * IRIS_MM))
    # A turned head shortens the far eye; an iris is never wider than the eye.
    radius = min(radius, 0.42 * (right - left))
    place = frame.to_mm(iris.centre)
    place[0] = np.clip(place[0], left + 0.8 * radius, right - 0.8 * radius)
    return _fitted(_Eye(lid_lines(frame, upper, lower, picture), left, right, place, radius), frame, picture)


def _fitted(eye: _Eye, frame: FaceFrame, picture: Picture) -> _Eye:
    """The iris where the picture shows it: the circle across which it brightens most (Daugman 1993), between the lids
    and to the sides, where white is; the network's say counts by distance."""
    across, down = np.meshgrid(np.arange(-2.4, 2.5, 0.3), np.arange(-1.5, 1.6, 0.3))
    moves = np.stack([across.ravel(), down.ravel()], axis=-1).astype(np.float32)
    radii = np.arange(0.8, 1.21, 0.05, dtype=np.float32) * eye.radius
    angles = np.radians(np.concatenate([np.arange(-50, 51, 10), np.arange(130, 231, 10)]))
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=-1).astype(np.float32)
    # (moves, radii, angles, 2) mm, a little within the circle and a little without.
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    centres = eye.iris + moves[:, np.newaxis, np.newaxis]
    seen: list[Floats] = []
    for step in (-STEP_MM, STEP_MM):
        places = centres + (radii[:, np.newaxis, np.newaxis] + step) * rim
        flat = (frame.origin + frame.to_px(places)).reshape(len(moves), -1, 2)
        seen.append(sample(luma, flat).reshape(places.shape[:-1]))
    on_rim = centres + radii[:, np.newaxis, np.newaxis] * rim
    upper, lower = _edges(eye, on_rim[..., 0])
    shown = (on_rim[..., 1] > upper + 0.5) & (on_rim[..., 1] < lower - 0.2)
    shown &= (on_rim[..., 0] > eye.left) & (on_rim[..., 0] < eye.right)
    edge = (np.clip(seen[1] - seen[0], -40, 60) * shown).sum(axis=-1) / (shown.sum(axis=-1) + 6.0)
    far = np.square(moves / TRUST_MM).sum(axis=-1)[:, np.newaxis] + np.square((radii / eye.radius - 1) / 0.25)
    best = np.unravel_index(int(np.argmax(edge - 6.0 * far)), edge.shape)
    fitted = replace(eye, iris=eye.iris + moves[best[0]], radius=float(radii[best[1]]))
    return replace(fitted, lines=replace(eye.lines, lower=eye.lines.lower + _hanging(fitted, frame, luma)))


def _hanging(eye: _Eye, frame: FaceFrame, luma: Floats) -> Floats:
    """How far (mm) the iris is seen below the line of the lower lid at each of its columns: that line is a little high
    where a dark iris meets a dark rim."""
    xs = np.linspace(eye.lines.low, eye.lines.high, len(eye.lines.lower))
    steps = np.arange(-0.9, BELOW_MM + 1.6, 0.1)
    ys = eye.lines.lower + steps[:, np.newaxis]
    places = np.stack(np.broadcast_arrays(xs, ys), axis=-1)
    seen = sample(luma, frame.origin + frame.to_px(places))
    dark, bright = seen[0], seen[-1]
    over = (seen > dark + 0.7 * (bright - dark)) & (steps[:, np.newaxis] >= 0)
    below = np.where(over.any(axis=0), steps[np.argmax(over, axis=0)], 0.0)
    within = np.abs(xs - eye.iris[0]) < 0.9 * eye.radius
    found = np.where(within & (bright - dark > CONTRAST) & (below < BELOW_MM), below + BLUR_MM, 0.0).astype(np.float32)
    return cv2.GaussianBlur(cv2.medianBlur(found[np.newaxis], 3), (0, 0), 0.7)[0].astype(np.float32)


def _edges(eye: _Eye, x: Reals) -> tuple[Reals, Reals]:
    """y of the upper and the lower lid at `x`, mm."""
    xs = np.linspace(eye.lines.low, eye.lines.high, len(eye.lines.upper))
    return np.interp(x, xs, eye.lines.upper), np.interp(x, xs, eye.lines.lower)


def _inside(eye: _Eye, mm: Floats, upper_rim: tuple[float, float]) -> Floats:
    """0 beyond the rims of the lids, 1 between them."""
    upper, lower = _edges(eye, mm[..., 0])
    inside = smoothstep(*upper_rim, mm[..., 1] - upper) * smoothstep(*LOWER_RIM_MM, lower - mm[..., 1])
    return inside.astype(np.float32, copy=False)


def _opening(eye: _Eye, mm: Floats) -> Floats:
    """1 where the eye itself is seen, 0 on lids and lashes and in the corners."""
    x = mm[..., 0]
    across = smoothstep(eye.left, eye.left + 1, x) * (1 - smoothstep(eye.right - 1, eye.right, x))
    return (_inside(eye, mm, UPPER_RIM_MM) * across).astype(np.float32, copy=False)


def _before_brim(eye: _Eye, mm: Floats) -> Floats:
    """1 above the lower lid's edge, 0 below it."""
    return smoothstep(*BRIM_MM, _edges(eye, mm[..., 0])[1] - mm[..., 1])


def _disc(eye: _Eye, mm: Floats) -> Floats:
    """1 on the iris, 0 on the white."""
    full, none = DISC
    return 1 - smoothstep(full, none, np.linalg.norm(mm - eye.iris, axis=-1) / eye.radius)


def _white(frame: FaceFrame, eye: _Eye, mm: Floats, picture: Picture) -> Picture:
    """The eye without its iris: there, at each height between the lids, what lies to its left runs over into what lies
    to its right."""
    x, y = mm[..., 0], mm[..., 1]
    upper, lower = _edges(eye, x)
    height = (y - upper) / np.maximum(lower - upper, 1.0)
    reach = DISC[1] * eye.radius
    ends = (max(eye.iris[0] - reach, eye.left), min(eye.iris[0] + reach, eye.right))
    sides: list[Reals] = []
    for end in ends:
        above, below = _edges(eye, np.full_like(x, end))
        place = np.stack([np.full_like(x, end), above + height * (below - above)], axis=-1)
        sides.append(sample(picture, frame.origin + frame.to_px(place)).astype(np.float32))
    share = smoothstep(float(ends[0]), float(ends[1]), x)[..., np.newaxis]
    # An iris in the corner of the eye has white on one side alone.
    if eye.iris[0] - reach < eye.left + LEAST_WHITE_MM:
        share = np.ones_like(share)
    elif eye.iris[0] + reach > eye.right - LEAST_WHITE_MM:
        share = np.zeros_like(share)
    seen = sample(picture, frame.origin + frame.to_px(mm)).astype(np.float32)
    between = ((x > ends[0]) & (x < ends[1]))[..., np.newaxis]
    white = np.where(between, sides[0] * (1 - share) + sides[1] * share, seen)
    return np.rint(white).astype(np.uint8)


def _whole_iris(frame: FaceFrame, eye: _Eye, mm: Floats, picture: Picture) -> Picture:
    """The iris as if there were no lids: what they hide is what lies as far from its middle, to the left and right."""
    above_brim = _edges(eye, mm[..., 0])[1] - mm[..., 1]
    clear = (_inside(eye, mm, LASHES_MM) * smoothstep(*CLEAR_MM, above_brim))[..., np.newaxis]
    away = np.linalg.norm(mm - eye.iris, axis=-1)
    level = np.full_like(away, eye.iris[1])
    sides = [np.stack([eye.iris[0] + side * away, level], axis=-1) for side in (-1, 1)]
    seen, left, right = (
        sample(picture, frame.origin + frame.to_px(place)).astype(np.float32) for place in (mm, *sides)
    )
    # An iris in the corner is seen on one side alone.
    share = 0.5 if eye.left < eye.iris[0] - eye.radius and eye.iris[0] + eye.radius < eye.right else 0.0
    share = 1.0 if eye.iris[0] - eye.radius <= eye.left else share
    return np.rint(seen * clear + (left * (1 - share) + right * share) * (1 - clear)).astype(np.uint8)


def _with_weight(rgb: Picture, weight: Floats) -> Picture:
    """(h, w, 4): colour and, as the fourth, the weight, 255 for 1."""
    return np.dstack([rgb, np.rint(weight * 255).astype(np.uint8)])
