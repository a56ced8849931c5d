"""The mesh runtime: one portrait, warped. Needs no network and no GPU; a pure function of mouth and head."""

from __future__ import annotations

from renderer.pixels import join, sample_into
from renderer.planes import Planes, blank, planes_of
from renderer.rig.framing import Canvas
from renderer.runtimes.drawn import Backdrop, Drawn
from renderer.runtimes.mesh.backdrop import Scene, person_of
from renderer.runtimes.mesh.face_map import FaceMap, cell_of, mouth_grid
from renderer.runtimes.mesh.frame import face_frame
from renderer.runtimes.mesh.glasses import with_glasses
from renderer.runtimes.mesh.layer import Pose
from renderer.runtimes.mesh.layers import face_layers
from renderer.runtimes.mesh.lip_line import lip_edges
from renderer.runtimes.mesh.lips import Lips
from renderer.runtimes.mesh.painting import paint, patch_of, seen_part, warp_into
from renderer.runtimes.mesh.places import magnified, magnified_pair
from renderer.runtimes.mesh.plate import plate_of
from renderer.runtimes.mesh.sheets import lip_masks
from renderer.types import Floats, Picture


class MeshRuntime:
    """Draws on `canvas`, at its size, before `backdrop`: see runtimes.drawn.Backdrop. Width and height are even.

    One picture is three steps, each a function of what it is given: FaceMap.at (pose -> places on coarse nodes),
    `skin` (places and source -> skin, see plate.Plate), then Lips and layers over it. A clip, whose source is another
    picture each time, calls `draw` with that `source`, as long as its face lies where the canvas's does: stabilised.
    """

    def __init__(self, canvas: Canvas, backdrop: Backdrop = None) -> None:
        picture = canvas.picture if backdrop is None else person_of(canvas)
        self.source = planes_of(picture)
        self._matte = canvas.matte
        self._scene = None if backdrop is None else Scene(backdrop)
        frame = with_glasses(face_frame(canvas.points, canvas.width, canvas.height), picture)
        cell = cell_of(canvas.width, canvas.height)
        mouth = mouth_grid(frame, cell)
        masks = lip_masks(frame, mouth.pixels(), *lip_edges(frame, picture))
        self.map = FaceMap(frame, cell, mouth, masks[0])
        self._plate = plate_of(canvas, self.source, self.map.box, self.map.reach) if backdrop is None else None
        self._lips = Lips(frame, cell, mouth, masks, picture)
        self._layers = face_layers(frame, picture)

    def draw(self, mouth: Floats, head: Floats, source: Planes | None = None) -> Drawn:
        """`mouth` float32 (8,) MOUTH_AXES, `head` float32 (12,) HEAD_AXES; `source`: planes of the canvas's size to
        draw from instead of the canvas's own picture. All zeros is the source, bit by bit."""
        source = source or self.source
        pose = Pose(mouth, head)
        places = self.map.at(pose)
        out = blank(source.y.shape[1], source.y.shape[0])
        self.skin(out, source, places.skin)
        self._lips.draw(out, source, places, pose)
        still = join(*places.still)
        for layer in self._layers:
            painted = layer.draw(magnified(still, self.map.cell, layer.grid), pose)
            if painted is None:
                continue
            window, shown = seen_part(layer.grid, painted)
            if shown.weight.size:
                paint(out, window, patch_of(shown))
        if self._scene is None:
            return Drawn(out.i420)
        return self._scene.behind(out, self._outline(places.skin))

    def skin(self, out: Planes, source: Planes, places: Floats) -> None:
        """Into `out`: `source` as `places` (Places.skin) says, before its own background where that can stand still."""
        out.i420[:] = source.i420
        if self._plate is None or source is not self.source:
            warp_into(out, source, places, self.map.cell, self.map.box)
        else:
            self._plate.behind(out, *warp_into(out, self._plate.person, places, self.map.cell, self._plate.box))

    def _outline(self, skin: Floats) -> Picture:
        matte, box = self._matte.copy(), self.map.box
        sample_into(matte[box.window], self._matte, *magnified_pair(skin, self.map.cell, box))
        return matte
