"""No rectangle: along the borders of every window that a mouth is drawn in, the picture goes on without a step."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.creases import Creases
from renderer.runtimes.mesh.face_map import cell_of, mouth_grid
from renderer.runtimes.mesh.frame import FaceFrame, face_frame
from renderer.runtimes.mesh.interior import Interior
from renderer.runtimes.mesh.light import read_light
from renderer.runtimes.mesh.warp import Grid
from tests.renderer.poses import drawing, head, mouth

POSES = [
    {"jaw": 1.0, "upper": 1.0, "lower": 1.0},
    {"corner": 1.0, "wide": 1.0, "jaw": 0.4},
    {"corner": -1.0, "press": 1.0},
    {"round": 1.0, "wide": -1.0, "jaw": 0.5, "tongue": 1.0},
]


def windows(rig: Rig, side: int) -> list[Grid]:
    canvas = canvas_of(rig, side, side)
    frame: FaceFrame = face_frame(canvas.points, side, side)
    inside = Interior(frame, read_light(canvas.picture, frame))
    return [mouth_grid(frame, cell_of(side, side)), Creases(frame, canvas.picture).grid, inside.grid]


def step(picture: NDArray[np.int64], line: int, along: slice) -> float:
    """Mean difference between row `line` and the one above it, 0..255."""
    return float(np.abs(picture[line, along] - picture[line - 1, along]).mean())


@pytest.mark.parametrize("side", [256, 512])
def test_nothing_steps_where_a_window_ends(presenter_rig: Rig, side: int) -> None:
    runtime = drawing(presenter_rig, side)
    resting = runtime.draw(mouth(), head()).rgb().astype(np.int64)
    for pose in POSES:
        drawn = runtime.draw(mouth(**pose), head()).rgb().astype(np.int64)
        for window in windows(presenter_rig, side):
            rows, columns = window.window
            turned, upright = drawn.transpose(1, 0, 2), resting.transpose(1, 0, 2)
            borders = [(drawn, resting, line, columns) for line in (rows.start, rows.stop)]
            borders += [(turned, upright, line, rows) for line in (columns.start, columns.stop)]
            for picture, rest, line, along in borders:
                if 5 < line < side - 5:
                    near = max(step(picture, line + apart, along) for apart in (-4, -3, -2, 2, 3, 4))
                    near = max(near, step(rest, line, along))  # a border may come to lie on an edge of the portrait
                    assert step(picture, line, along) < 1.2 * near + 0.6, (pose, window, line)
