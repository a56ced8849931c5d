"""What is painted over the warped skin: small windows of RGB with a weight, worked out for one pose at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats, Picture


@dataclass(frozen=True)
class Pose:
    """What one picture shows: `mouth` float32 (8,) MOUTH_AXES, `head` float32 (12,) HEAD_AXES."""

    mouth: Floats
    head: Floats


class Painted(NamedTuple):
    """`rgb` uint8 (h, w, 3); `weight` float32 (h, w), 0 leaves the picture as it is and 1 replaces it.

    Colour is stored at half resolution: where `weight` falls to 0, `rgb` goes on unchanged for two pixels more, or the
    rim takes on what lies there. Black with weight w darkens what is below to 1 - w: shadows and creases.
    """

    rgb: Picture
    weight: Floats


class Layer(Protocol):
    """Made once per portrait and size; `draw` is called once per picture, by several threads at once, and is pure:
    the same place and pose give the same bytes, and nothing is kept from one call to the next.

    `grid`: the window, every pixel that may ever change, moves of the head included (motion.head goes no further than
    tests.renderer.poses.HEAD_LIMITS allow). Its left, top, width and height are even: `grid_around(..., cell=2, ...)`.

    What it may cost, of 2.5 ms for a whole picture of 512 x 512 (four times that at 1024): at rest, or where nothing
    shows, nothing (return None before anything is computed); a layer drawn in every picture, such as a gaze, 0.10 ms
    and a window of 4,000 pixels an eye at 512; one drawn now and then, such as a blink, 0.25 ms an eye. A call of
    OpenCV or NumPy costs 2 to 5 microseconds before its first pixel: few calls, float32 or uint8, no boolean masks, no
    power or exp per pixel (tables made in __init__ and read with `sample`).
    """

    @property
    def grid(self) -> Grid: ...

    def draw(self, place: Floats, pose: Pose) -> Painted | None:
        """`place` float32 (h, w, 2): where each pixel of the window lies in the resting head, picture pixels.

        None when there is nothing to see.
        """
        ...
