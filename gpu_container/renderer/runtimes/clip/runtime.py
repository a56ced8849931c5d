"""The clip runtime: the loop plays forward, head, eyes and blinks its own, and the mouth says what is asked for."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.clip import ClipRig
from renderer.pixels import shrink_or_grow
from renderer.planes import Planes, blank, planes_over
from renderer.runtimes.clip.frames import LoopFrames
from renderer.runtimes.clip.mouth import Mouth, Skin
from renderer.runtimes.clip.place import place_of
from renderer.runtimes.drawn import Backdrop, Drawn
from renderer.runtimes.mesh.backdrop import Scene
from renderer.runtimes.mesh.face_map import cell_of
from renderer.runtimes.mesh.layer import Layer, Painted, Pose
from renderer.runtimes.mesh.painting import paint, patch_of
from renderer.runtimes.mesh.warp import Grid
from renderer.types import HEAD_AXES, Floats, Picture

SAME_PACE: Final = 0.045
"""Frame rates this near to the loop's are played picture by picture: cinema's 24 against television's 25."""
AWAKE: Final = 0.8
"""Of how far the eyes are open most of the time."""
MARGIN: Final = 1.06
"""The window about the mouth is this much larger than the reference's: charts bend."""
_NO_HEAD: Final = np.zeros(len(HEAD_AXES), np.float32)
"""The head is the clip's own."""
_RIM: Final = np.clip((np.arange(256) - 60) * (255 / 180), 0, 255).astype(np.uint8)
"""The matte, drawn in a little: what shines through at the rim is the clip's own background."""


class ClipRuntime:
    """Draws `rig` at `width` x `height` pixels, both even, `fps` a second, before `backdrop`; `seed` chooses where in
    the loop it begins."""

    def __init__(
        self, rig: ClipRig, width: int, height: int, fps: int, seed: int = 0, backdrop: Backdrop = None
    ) -> None:
        self._rig, self._size = rig, (width, height)
        self._place = place_of(rig, width, height)
        self._frames = LoopFrames(rig, self._place)
        self._charts = self._place.charts(rig.charts)
        self._cell = cell_of(width, height)
        self._mouth = Mouth(self._reference(), self._place.points(rig.points), self._cell)
        self._scene = None if backdrop is None else Scene(backdrop)
        self._pace = _pace(rig.fps, fps)
        self._first = _first(rig, seed)

    def number(self, k: int) -> int:
        """Which picture of the loop the output's picture `k` shows."""
        return (self._first + int(k * self._pace + 1e-6)) % self._rig.frames

    def draw(self, k: int, mouth: Floats) -> Drawn:
        """Picture `k` with `mouth` float32 (8,) MOUTH_AXES. All zeros is the loop's own picture, bit by bit."""
        index = self.number(k)
        source = planes_over(self._frames.picture(index))
        out = blank(*self._size)
        out.i420[:] = source.i420
        if not self._mouth.is_at_rest(mouth):
            self._speak(out, source, index, mouth)
        return Drawn(out.i420) if self._scene is None else self._scene.behind(out, self._matte(index))

    def _speak(self, out: Planes, source: Planes, index: int, mouth: Floats) -> None:
        window = self._window(index)
        # One node more on every side, as places.magnified wants them.
        cell = window.cell
        around = Grid(window.left - cell, window.top - cell, window.columns + 2, window.rows + 2, cell)
        nodes = around.nodes()
        still = self._charts.to_reference(index, nodes)
        above, below = self._mouth.sources(mouth, still)
        back = np.linalg.inv(self._charts.turn(index)).astype(np.float32).T
        upper, lower = (nodes + ((sheet - still) @ back).astype(np.float32) for sheet in (above, below))
        skin = Skin(still, above, below, upper, lower)
        self._mouth.draw(out, source, window, skin, mouth)
        for layer in self._mouth.layers:
            self._paint(out, layer, index, Pose(mouth, _NO_HEAD))

    def _paint(self, out: Planes, layer: Layer, index: int, pose: Pose) -> None:
        """A layer of the reference's, in a window of its own size where the face is now; cut to the picture."""
        grid = layer.grid
        moved = np.rint((self._charts.centres[index] - self._charts.terms[index][:, 0]) / 2).astype(int) * 2
        left, top = grid.left + int(moved[0]), grid.top + int(moved[1])
        place = self._charts.to_reference(index, Grid(left, top, grid.width, grid.height, 1).pixels())
        painted = layer.draw(place, pose)
        if painted is None:
            return
        width, height = self._size
        rows, columns = (
            slice(max(0, -start), min(length, most - start))
            for start, length, most in ((top, grid.height, height), (left, grid.width, width))
        )
        wide, tall = (columns.stop - columns.start) // 2, (rows.stop - rows.start) // 2
        if min(wide, tall) > 0:
            where = Grid(left + columns.start, top + rows.start, wide, tall, 2)
            rgb = np.ascontiguousarray(painted.rgb[rows, columns])
            paint(out, where, patch_of(Painted(rgb, np.ascontiguousarray(painted.weight[rows, columns]))))

    def _window(self, index: int) -> Grid:
        """The cells that the mouth may change."""
        grid, cell = self._mouth.grid, self._cell
        corners = np.array([[0, 0], [grid.width, 0], [0, grid.height], [grid.width, grid.height]], np.float32)
        offsets = corners + np.array([grid.left, grid.top], np.float32) - self._charts.terms[index][:, 0]
        places = self._charts.centres[index] + MARGIN * offsets @ np.linalg.inv(self._charts.turn(index)).T
        most = np.array(self._size) // cell
        low = np.clip(np.floor(places.min(axis=0) / cell), 0, most - 4).astype(int)
        high = np.clip(np.ceil(places.max(axis=0) / cell), low + 4, most).astype(int)
        columns, rows = (high - low).tolist()
        return Grid(int(low[0]) * cell, int(low[1]) * cell, columns, rows, cell)

    def _matte(self, index: int) -> Picture:
        """Between two of the kept mattes."""
        rig = self._rig
        at, share = divmod(index, rig.matte_stride)
        following = (at + 1) % len(rig.mattes)
        second = share / rig.matte_stride
        mixed = np.asarray(cv2.addWeighted(rig.mattes[at], 1 - second, rig.mattes[following], second, 0), np.uint8)
        return _RIM[self._place.matte(mixed, rig.width, rig.height)]

    def _reference(self) -> Picture:
        """The reference picture, whole, at the output's scale."""
        size = np.rint(np.array([self._rig.width, self._rig.height]) * self._place.scale).astype(int).tolist()
        return shrink_or_grow(self._rig.picture, *size)


def _first(rig: ClipRig, seed: int) -> int:
    """The picture of the loop that comes first: any in which the eyes are open, since it is what a player shows."""
    awake = np.flatnonzero(rig.awake >= AWAKE)
    return int(awake[np.random.default_rng(seed).integers(len(awake))]) if len(awake) else 0


def _pace(loop_fps: int, fps: int) -> float:
    """Pictures of the loop to a picture of the output."""
    pace = loop_fps / fps
    return 1.0 if abs(pace - 1) <= SAME_PACE else pace
