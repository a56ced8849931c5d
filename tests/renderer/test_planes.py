"""Luma and half-size colour: views of one buffer, colours that come back, each colour sample the mean of its four."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from renderer.planes import blank, colour_of, luma_of, planes_of, planes_over
from renderer.types import Picture


def noise(width: int, height: int) -> Picture:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(16, 16), (302, 206), (64, 302)])
def test_planes_are_views_of_what_the_encoder_gets(width: int, height: int) -> None:
    planes = blank(width, height)
    planes.y[:], planes.u[:], planes.v[:] = 1, 2, 3
    assert planes.i420.shape == (height * 3 // 2, width) and planes.i420.flags.c_contiguous
    assert [int(np.count_nonzero(planes.i420 == value)) for value in (1, 2, 3)] == [
        width * height, width * height // 4, width * height // 4,
    ]  # fmt: skip
    assert planes.i420.ravel()[-1] == 3 and planes.i420.ravel()[0] == 1


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 40, 40), (10, 200, 30), (225, 170, 140)])
def test_a_flat_colour_comes_back(colour: tuple[int, int, int]) -> None:
    flat = np.full((8, 8, 3), colour, np.uint8)
    assert np.abs(planes_of(flat).rgb().astype(int) - flat).max() <= 3


def test_a_colour_sample_is_the_mean_of_its_four_pixels() -> None:
    red_and_blue = np.zeros((4, 4, 3), np.uint8)
    red_and_blue[:, ::2, 0], red_and_blue[:, 1::2, 2] = 200, 200
    planes = planes_of(red_and_blue)
    mixed = planes_of(np.full((4, 4, 3), (100, 0, 100), np.uint8))
    np.testing.assert_array_equal(planes.u, mixed.u)
    np.testing.assert_array_equal(planes.v, mixed.v)


def test_luma_is_that_of_opencv_and_parts_agree_with_the_whole() -> None:
    picture = noise(30, 22)
    planes = planes_of(picture)
    np.testing.assert_array_equal(planes.y, cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)[:22])
    box = np.ascontiguousarray(picture[4:12, 6:20])
    np.testing.assert_array_equal(luma_of(box), planes.y[4:12, 6:20])
    for part, plane in zip(colour_of(box), (planes.u, planes.v), strict=True):
        np.testing.assert_array_equal(part, plane[2:6, 3:10])
    np.testing.assert_array_equal(planes_over(planes.i420.copy()).v, planes.v)
