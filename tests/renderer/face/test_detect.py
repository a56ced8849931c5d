"""Every face in a picture is found once, where it is."""

from __future__ import annotations

import numpy as np

from renderer.face.detect import find_faces, is_upside_down
from renderer.types import Picture
from tests.renderer.portraits import on_canvas, sized


def test_a_face_seen_by_both_detectors_is_one_face(presenter: Picture) -> None:
    (face,) = find_faces(presenter)
    x0, y0, x1, y1 = face.box
    assert 768 * 0.3 < (x0 + x1) / 2 < 768 * 0.7 and 0 < y0 < y1 < 768
    left_eye, right_eye, nose, mouth = face.points[1], face.points[0], face.points[2], face.points[3]
    if left_eye[0] > right_eye[0]:
        left_eye, right_eye = right_eye, left_eye
    assert left_eye[0] < nose[0] < right_eye[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < mouth[1]


def test_faces_come_largest_first(presenter: Picture) -> None:
    group = on_canvas(sized(presenter, 500), 1000, 490, 490)
    group[20:320, 20:320] = sized(presenter, 300)
    large, small = find_faces(group)
    assert large.size > 1.4 * small.size
    assert large.box[0] > 490 and small.box[2] < 330


def test_a_wide_picture_is_looked_at_whole(presenter: Picture) -> None:
    wide = np.hstack([np.full((768, 1200, 3), 90, np.uint8), presenter])
    (face,) = find_faces(wide)
    (alone,) = find_faces(presenter)
    assert np.abs(face.points - alone.points - [1200, 0]).max() < 0.15 * alone.size


def test_a_portrait_stands_upright_and_turned_by_half_it_does_not(presenter: Picture) -> None:
    assert not is_upside_down(presenter)
    assert is_upside_down(np.ascontiguousarray(presenter[::-1, ::-1]))
