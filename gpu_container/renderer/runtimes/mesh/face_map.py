"""Where the skin of a pose comes from: head, brows and both sheets of the mouth in one map of coarse nodes."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from renderer.pixels import resize, sample_at, split
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.head_fields import head_fields, head_weights
from renderer.runtimes.mesh.layer import Pose
from renderer.runtimes.mesh.mouth_fields import mouth_fields, mouth_weights, parted_mm
from renderer.runtimes.mesh.places import nodes_around
from renderer.runtimes.mesh.spline import smoothstep
from renderer.runtimes.mesh.warp import Grid, blend_weights, grid_around, invert_planes, with_stretch
from renderer.types import Floats

NODES: Final = 128
"""Along the picture's longer edge, about: 4 pixels apart at 512, fine enough for skin, coarse enough to be cheap."""
UPPER_ENDS_MM: Final = 24.0
"""The sheet above the lips is never seen further below their line: corners drop by 6, the head moves by 12."""
LOWER_BEGINS_MM: Final = -22.0
"""Nor the sheet below them further above it: they are tucked or smile by 5, the head moves by 12."""
JOINED: Final = (1.1, 1.5)
"""Beyond the corners, in half widths of the mouth: from here the sheets become one, and from there they are."""

FURTHEST: Final = (0.10, 0.08, 0.06, 0.12, 0.10, 1.0)
"""As far as motion.head goes in x, y, roll, yaw, pitch and breath."""

UNSEEN: Final = 1 / 64
"""Pixels: OpenCV samples at 32nds of a pixel, so that what moves less does not move."""


class Places(NamedTuple):
    """Where drawn nodes lie in the portrait, x and y, picture pixels: for `places.magnified_pair`.

    `skin`, `still` float32 (2, rows + 2, columns + 2), over the whole picture: the face as a whole, and as it would be
    with the mouth at rest. `upper`, `lower` (2, rows, columns), over the mouth's grid: either sheet of skin alone.
    """

    skin: Floats
    still: Floats
    upper: Floats
    lower: Floats


class FaceMap:
    """Made once per face and size. `above` float32 (h, w), over the pixels of `mouth_grid`: the sheet above the lips,
    as sheets.lip_masks has it."""

    def __init__(self, frame: FaceFrame, cell: int, mouth: Grid, above: Floats) -> None:
        self.cell, self._mouth = cell, mouth
        nodes = nodes_around(frame.width, frame.height, cell)
        self._nodes = _apart(nodes)
        heads = head_fields(frame, np.ascontiguousarray(nodes[1:-1, 1:-1]))
        self._head = np.ascontiguousarray(heads.transpose(0, 3, 1, 2))
        inner = self._nodes[:, 1:-1, 1:-1]
        self._cells = ((inner - inner[:, :1, :1]) / np.float32(cell)).astype(np.float32)
        sheets = mouth_fields(frame, mouth.nodes())
        self._parted = 1.0 if parted_mm(frame) else 0.0
        mm = frame.to_mm(mouth.nodes())
        near = np.abs(mm[..., 0]) < frame.half_width_mm
        # Rows of the mouth's grid above which the lower sheet, and below which the upper one, are not worked out.
        begins = _first(np.any((mm[..., 1] > LOWER_BEGINS_MM) & near, axis=1))
        ends = mouth.rows - _first(np.flip(np.any((mm[..., 1] < UPPER_ENDS_MM) & near, axis=1)))
        self._ends = max(ends, 1)
        self._begins = min(begins, self._ends - 1)
        self._above, self._below = (with_stretch(stack, cell) for stack in sheets)
        beyond = np.abs(frame.along_mouth(frame.to_mm(mouth.pixels())))
        self._share = np.stack([above, smoothstep(*JOINED, beyond)], axis=-1)
        self._corner = np.array([mouth.left, mouth.top], np.float32)[:, np.newaxis, np.newaxis]
        self._first_node = mouth.first_node[:, np.newaxis, np.newaxis]
        self.box = _moving_box(heads, [*sheets], mouth, frame, cell)
        self.reach = _reach(heads, cell)

    def at(self, pose: Pose) -> Places:
        still = self._nodes.copy()
        still[:, 1:-1, 1:-1] += self._settled(blend_weights(self._head, head_weights(pose.head)))
        skin = still.copy()
        box = self._mouth
        rows = slice(box.top // self.cell + 1, box.top // self.cell + 1 + box.rows)
        columns = slice(box.left // self.cell + 1, box.left // self.cell + 1 + box.columns)
        upper, lower = self._sheets(still[:, rows, columns], mouth_weights(pose.mouth, self._parted))
        skin[:, rows, columns] = self._join(upper, lower)
        return Places(skin, still, upper, lower)

    def _settled(self, shift: Floats) -> Floats:
        """As head_fields.settled: each node's `shift` (2, rows, columns), read where the node comes from."""
        xs, ys = self._cells + shift * np.float32(1 / self.cell)
        return np.stack([sample_at(plane, xs, ys) for plane in shift])

    def _sheets(self, nodes: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Where `nodes` of the mouth's grid come from in either sheet; where one is not worked out, the other."""
        x, y = (nodes - self._first_node) * np.float32(1 / self.cell)
        upper, lower = np.empty_like(nodes), np.empty_like(nodes)
        begins, ends = self._begins, self._ends
        above, below = (blend_weights(stack, weights) for stack in (self._above, self._below))
        upper[0, :ends], upper[1, :ends] = invert_planes(above, x[:ends], y[:ends])
        lower[0, begins:], lower[1, begins:] = invert_planes(below, x[begins:], y[begins:])
        upper[:, ends:], lower[:, :begins] = lower[:, ends:], upper[:, :begins]
        for sheet in (upper, lower):
            sheet *= np.float32(self.cell)
            sheet += self._first_node
        return upper, lower

    def _join(self, upper: Floats, lower: Floats) -> Floats:
        """Both sheets as one, softly across the lips' line; beyond the corners, `upper` and `lower` become it too."""
        both = np.s_[:, self._begins : self._ends]
        above, beyond = split(sample_at(self._share, *(upper[both] - self._corner)))
        skin = lower.copy()
        skin[both] += (upper[both] - lower[both]) * above
        for sheet in (upper, lower):
            sheet[both] += (skin[both] - sheet[both]) * beyond
        return skin


def cell_of(width: int, height: int) -> int:
    """Pixels between nodes: even, so that the planes of colour have half as many."""
    return max(2, 2 * (max(width, height) // (2 * NODES)))


def mouth_grid(frame: FaceFrame, cell: int) -> Grid:
    """The lower face: everything a mouth axis may move."""
    half = frame.half_width_mm * 1.25
    corners = np.array([[-half, -54], [half, -54], [-half, frame.chin_mm + 54], [half, frame.chin_mm + 54]], np.float32)
    places = frame.origin + frame.to_px(corners)
    return grid_around(places.min(axis=0), places.max(axis=0), cell, frame.width, frame.height)


def _apart(places: Floats) -> Floats:
    """(rows, columns, 2) -> (2, rows, columns)."""
    return np.ascontiguousarray(places.transpose(2, 0, 1))


def _reach(head: Floats, cell: int) -> Floats:
    """How far head and breath may carry each pixel, in pixels: float32 (H, W), of the nodes' own rectangle."""
    lengths = np.hypot(head[: len(FURTHEST), ..., 0], head[: len(FURTHEST), ..., 1])
    far = np.einsum("k,khw->hw", np.array(FURTHEST, np.float32), lengths)
    return resize(far, far.shape[1] * cell, far.shape[0] * cell)


def _moving_box(head: Floats, sheets: list[Floats], mouth: Grid, frame: FaceFrame, cell: int) -> Grid:
    """What can move at all, as cells of 2 pixels: outside it every picture is the portrait."""
    moves = _reach(head, 1) > UNSEEN
    rows, columns = mouth.top // cell, mouth.left // cell
    for sheet in sheets:
        moves[rows : rows + mouth.rows, columns : columns + mouth.columns] |= np.abs(sheet).max(axis=(0, 3)) > 0
    ys, xs = np.any(moves, axis=1), np.any(moves, axis=0)
    if not np.any(moves):
        return Grid(0, 0, 2, 2, 2)
    # One more node on each side: between a node that moves and one that does not lies skin that does.
    left, right = max(_first(xs) - 1, 0) * cell, min((len(xs) - _first(np.flip(xs)) + 1) * cell, frame.width)
    top, bottom = max(_first(ys) - 1, 0) * cell, min((len(ys) - _first(np.flip(ys)) + 1) * cell, frame.height)
    return Grid(left, top, (right - left) // 2, (bottom - top) // 2, 2)


def _first(flags: NDArray[Any]) -> int:
    """Index of the first true of `flags` (n,), or n."""
    found = np.flatnonzero(flags)
    return int(found[0]) if len(found) else len(flags)
