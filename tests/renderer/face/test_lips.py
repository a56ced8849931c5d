"""Whether lips are closed is read from the picture: teeth a millimetre high count, the mesh's own doubts do not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.face.detect import find_faces
from renderer.face.lips import settle_lips
from renderer.face.mesh import LOWER_INNER_LIP, UPPER_INNER_LIP, fit_mesh
from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.frame import face_frame
from renderer.types import Floats, Picture
from tests.renderer.poses import drawing, head, mouth

STILL = head()


def gap_mm(points: Floats, picture: Picture) -> float:
    frame = face_frame(points, picture.shape[1], picture.shape[0])
    gap = frame.points[list(LOWER_INNER_LIP)] - frame.points[list(UPPER_INNER_LIP)]
    return float((gap @ frame.down).max()) / frame.px_per_mm


def parted(rig: Rig, **pose: float) -> Picture:
    return drawing(rig, 512).draw(mouth(**pose), STILL).rgb()


def test_closed_lips_have_no_gap_whatever_the_mesh_sees(presenter_rig: Rig, dark_presenter: Picture) -> None:
    assert gap_mm(presenter_rig.points, presenter_rig.picture) < 0.01
    assert gap_mm(build_rig(dark_presenter).points, dark_presenter) < 0.01


def test_in_grey_the_mesh_decides_and_two_millimetres_are_none(presenter_rig: Rig) -> None:
    grey = cv2.cvtColor(presenter_rig.picture, cv2.COLOR_RGB2GRAY)
    picture = np.ascontiguousarray(np.repeat(grey[..., np.newaxis], 3, axis=2))
    assert gap_mm(build_rig(picture).points, picture) < 0.01


@pytest.mark.parametrize("pose", [{"jaw": 0.1}, {"upper": 0.4, "lower": 0.3}, {"jaw": 0.15, "upper": 0.1}], ids=str)
def test_a_glimpse_of_teeth_is_a_gap_and_closes_at_rest_and_for_p_b_m(
    presenter_rig: Rig, pose: dict[str, float]
) -> None:
    picture = parted(presenter_rig, **pose)
    rig = build_rig(picture)
    assert 1.0 < gap_mm(rig.points, picture) < 6.0
    runtime = drawing(rig, 512)
    for closed in (mouth(), mouth(press=1, jaw=0.1)):
        drawn = runtime.draw(closed, STILL).rgb()
        assert gap_mm(build_rig(drawn).points, drawn) < 0.01


def test_a_drawing_whose_lips_the_mesh_takes_for_a_gap_keeps_its_lips(presenter_rig: Rig) -> None:
    picture = presenter_rig.picture
    points = presenter_rig.points.copy()
    lift = face_frame(points, *picture.shape[1::-1]).px_per_mm * 5
    points[list(UPPER_INNER_LIP[1:-1]), 1] -= lift / 2
    points[list(LOWER_INNER_LIP[1:-1]), 1] += lift / 2
    assert gap_mm(points, picture) > 4
    assert gap_mm(settle_lips(picture, points), picture) < 0.01


def test_what_is_not_lips_stays_where_it_is(presenter: Picture) -> None:
    mesh = fit_mesh(presenter, find_faces(presenter)[0])
    moved = np.flatnonzero(np.any(settle_lips(presenter, mesh.points) != mesh.points, axis=1))
    assert set(moved.tolist()) <= set(UPPER_INNER_LIP + LOWER_INNER_LIP)
