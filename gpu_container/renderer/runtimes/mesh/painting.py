"""Skin and layers put into a picture's planes: whole windows at once, colour at half the size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from renderer.pixels import mix, sample_into
from renderer.planes import Planes, colour_of, halved, luma_of
from renderer.runtimes.mesh.layer import Painted
from renderer.runtimes.mesh.places import for_colour, half_of, magnified_pair
from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats, Picture


@dataclass(frozen=True)
class Patch:
    """A window's own planes: `y` uint8 (h, w), `u`, `v` (h/2, w/2), and how much of each is seen, float32 0..1."""

    y: Picture
    u: Picture
    v: Picture
    weight: Floats
    colour_weight: Floats


def warp_into(out: Planes, source: Planes, places: Floats, cell: int, box: Grid) -> tuple[Floats, Floats]:
    """Fill `out` from `source`: pixels of `box` from `places` (2, rows + 2, columns + 2), x and y, of nodes `cell`
    pixels apart (see places.magnified_pair); all others as they are.

    Any source will do that has the size of `out`: the portrait, or one picture of a clip on the same canvas. Returns
    where the box's colour samples come from, x and y (h/2, w/2).
    """
    sample_into(out.y[box.window], source.y, *magnified_pair(places, cell, box))
    small = half_of(box)
    xs, ys = magnified_pair(for_colour(places), cell // 2, small)
    for plane, origin in ((out.u, source.u), (out.v, source.v)):
        sample_into(plane[small.window], origin, xs, ys)
    return xs, ys


def patch_of(painted: Painted) -> Patch:
    """A layer's RGB as planes."""
    rgb, weight = painted
    if rgb.strides[:2] == (0, 0):  # one colour, broadcast
        y, u, v = (int(plane.flat[0]) for plane in (luma_of(rgb[:2, :2].copy()), *colour_of(rgb[:2, :2].copy())))
        tall, wide = weight.shape
        small = tall // 2, wide // 2
        luma, *colour = (np.full(*each, np.uint8) for each in ((weight.shape, y), (small, u), (small, v)))
        return Patch(luma, colour[0], colour[1], weight, halved(weight))
    u, v = colour_of(rgb)
    return Patch(luma_of(rgb), u, v, weight, halved(weight))


def seen_part(grid: Grid, painted: Painted) -> tuple[Grid, Painted]:
    """`painted` over `grid`, cut to what has a weight; its sides stay even."""
    x, y, width, height = cv2.boundingRect((painted.weight > 0).view(np.uint8))
    left, top, right, bottom = x // 2, y // 2, (x + width + 1) // 2, (y + height + 1) // 2
    part = np.s_[2 * top : 2 * bottom, 2 * left : 2 * right]
    window = Grid(grid.left + 2 * left, grid.top + 2 * top, right - left, bottom - top, 2)
    rgb, weight = painted.rgb[part], np.ascontiguousarray(painted.weight[part])
    return window, Painted(rgb if 0 in rgb.strides else np.ascontiguousarray(rgb), weight)


def paint(out: Planes, window: Grid, patch: Patch) -> None:
    """`patch` over what `out` shows in `window`, all of whose sides are even."""
    rows, columns = window.window
    out.y[rows, columns] = mix(patch.y, out.y[rows, columns], patch.weight, 1 - patch.weight)
    rows, columns = half_of(window).window
    rest = 1 - patch.colour_weight
    for plane, colour in ((out.u, patch.u), (out.v, patch.v)):
        plane[rows, columns] = mix(colour, plane[rows, columns], patch.colour_weight, rest)
