"""The matte is the person: whole inside, gone outside, soft between."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.face.matte import person_matte
from renderer.types import Picture
from tests.renderer.portraits import oval_of


def test_the_face_is_in_and_the_corners_are_out(presenter: Picture) -> None:
    matte = person_matte(presenter)
    assert matte.shape == (768, 768)
    face = np.zeros((768, 768), np.uint8)
    cv2.fillPoly(face, [oval_of(presenter).astype(np.int32)], (1,))
    assert matte[face > 0].min() > 250
    assert matte[:60, :60].max() == 0 and matte[:60, -60:].max() == 0
    assert matte[-20:, 300:460].min() > 250


def test_most_of_the_matte_is_decided(presenter: Picture) -> None:
    matte = person_matte(presenter)
    assert np.mean((matte > 5) & (matte < 250)) < 0.08


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (40, 90)])
def test_any_shape_of_picture_gets_a_matte_of_that_shape(shape: tuple[int, int]) -> None:
    assert person_matte(np.full((*shape, 3), 100, np.uint8)).shape == shape
