"""Pictures behind a speaker: bounded, whole, and cut to the video's shape around their middle."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.media.backdrops import MAX_SIDE, covering, decode_backdrop, encode_backdrop
from renderer.media.errors import MediaRejected
from renderer.types import Picture


def ramp(width: int, height: int) -> Picture:
    """Red grows to the right, green downwards."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, width)
    picture[..., 1] = np.linspace(0, 255, height)[:, np.newaxis]
    return picture


def test_a_picture_is_kept_to_the_bit() -> None:
    np.testing.assert_array_equal(decode_backdrop(encode_backdrop(ramp(300, 200))), ramp(300, 200))


def test_a_huge_picture_is_kept_smaller() -> None:
    assert decode_backdrop(encode_backdrop(ramp(4000, 1000))).shape == (MAX_SIDE // 4, MAX_SIDE, 3)


@pytest.mark.parametrize("data", [b"", b"GIF8", bytes(100)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(MediaRejected, match="damaged"):
        decode_backdrop(data)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (512, 512), (256, 144)])
def test_a_picture_fills_every_shape_around_its_middle(width: int, height: int) -> None:
    for picture in (ramp(1000, 400), ramp(300, 900), ramp(130, 130)):
        filled = covering(picture, width, height)
        assert filled.shape == (height, width, 3)
        assert abs(int(filled[height // 2, width // 2, 0]) - 127) < 4
        assert abs(int(filled[height // 2, width // 2, 1]) - 127) < 4
        # As steep across as down, in pixels of the picture: it was not stretched.
        across = float(np.ptp(filled[height // 2, :, 0].astype(int))) / width * picture.shape[1]
        down = float(np.ptp(filled[:, width // 2, 1].astype(int))) / height * picture.shape[0]
        assert across == pytest.approx(down, rel=0.06)
