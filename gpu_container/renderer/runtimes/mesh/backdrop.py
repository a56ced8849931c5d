"""The person without the background: colours at the outline's rim cleaned of it, and the mix with another one."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.pixels import mix, resize
from renderer.planes import Planes, halved, planes_of
from renderer.rig.framing import Canvas
from renderer.runtimes.drawn import Backdrop, Drawn
from renderer.runtimes.mesh.spline import smoothstep
from renderer.types import Floats, Picture

SOLID: Final = (0.90, 0.99)
"""Share of person from which a pixel's colour begins to be the person's own, and is."""
LEVELS: Final = 6
"""Halvings of the picture that colours are carried outwards by: 64 pixels at least."""


def person_of(canvas: Canvas) -> Picture:
    """The canvas's picture with the person's colours carried outwards over the outline: RGB uint8 (H, W, 3).

    What shines through at the rim, between hairs and where the matte is a little wide, is the old background: seen
    before another one it would be a halo.
    """
    own = smoothstep(*SOLID, canvas.matte.astype(np.float32) / np.float32(255))
    rgb = canvas.picture.astype(np.float32)
    carried = _outwards(rgb * own[..., np.newaxis], own, LEVELS)
    return np.clip(carried * (1 - own[..., np.newaxis]) + rgb * own[..., np.newaxis] + 0.5, 0, 255).astype(np.uint8)


def _outwards(colour: Floats, weight: Floats, levels: int) -> Floats:
    """Premultiplied `colour` (h, w, 3) with `weight` (h, w), its holes filled from ever coarser copies of itself."""
    if levels and min(weight.shape) >= 4:
        width, height = weight.shape[1] // 2, weight.shape[0] // 2
        small = _outwards(resize(colour, width, height, cv2.INTER_AREA), resize(weight, width, height, cv2.INTER_AREA),
                          levels - 1)  # fmt: skip
        below = resize(small, weight.shape[1], weight.shape[0])
    else:
        below = np.broadcast_to(colour.sum((0, 1)) / max(float(weight.sum()), 1e-3), colour.shape)
    share = weight[..., np.newaxis]
    # A little of the coarser copy where there is any colour at all, and nothing else where there is none.
    little = np.clip(1 - share, 0, 1) * np.float32(1e-2)
    return ((colour + below * little) / (share + little)).astype(np.float32)


class Scene:
    """What the person is put before: `backdrop` not None, of the canvas's size."""

    def __init__(self, backdrop: Picture | str) -> None:
        self._behind = None if isinstance(backdrop, str) else planes_of(np.ascontiguousarray(backdrop))

    def behind(self, person: Planes, matte: Picture) -> Drawn:
        """`person` with `matte` uint8 (H, W): mixed over the backdrop, in place, or with it as alpha."""
        if self._behind is None:
            return Drawn(person.i420, matte)
        weight = matte.astype(np.float32) * np.float32(1 / 255)
        small = halved(weight)
        for weights, planes in ((weight, ("y",)), (small, ("u", "v"))):
            rest = 1 - weights
            for name in planes:
                plane: Picture = getattr(person, name)
                plane[:] = mix(plane, getattr(self._behind, name), weights, rest)
        return Drawn(person.i420)


def at_rest(canvas: Canvas, backdrop: Backdrop) -> Drawn:
    """The canvas as nobody has moved it, before `backdrop`."""
    if backdrop is None:
        return Drawn(planes_of(canvas.picture).i420)
    return Scene(backdrop).behind(planes_of(person_of(canvas)), canvas.matte.copy())
