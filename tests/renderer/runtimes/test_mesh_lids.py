"""A closing lid covers the eye, and nothing beyond the skin it was made from."""

from __future__ import annotations

import numpy as np

from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.frame import face_frame
from renderer.runtimes.mesh.layer import Pose
from renderer.runtimes.mesh.lids import lids
from renderer.types import HEAD_AXES, MOUTH_AXES


def test_a_lid_paints_nothing_where_its_skin_is_not_known_however_far_the_head_turns(presenter_rig: Rig) -> None:
    canvas = canvas_of(presenter_rig, 256, 256)
    head = np.zeros(len(HEAD_AXES), np.float32)
    head[HEAD_AXES.index("blink")] = 0.5
    pose = Pose(np.zeros(len(MOUTH_AXES), np.float32), head)
    for lid in lids(face_frame(canvas.points, 256, 256), canvas.picture):
        still = lid.grid.pixels().astype(np.float32)
        covers = lid.draw(still, pose)
        assert covers is not None and covers.weight.max() == 1
        far = lid.draw(still - np.array([0, 1.5 * lid.grid.height], np.float32), pose)
        assert far is None or not far.weight.any()
