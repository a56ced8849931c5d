"""Any accepted picture file -> RGB pixels, upright, opaque, of a size that can be worked on."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.media.errors import MediaRejected
from renderer.media.picture_header import PictureHeader, read_header
from renderer.types import Picture

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
MIN_SIDE: Final = 128
MAX_SIDE: Final = 4096

STUDIO_GREY: Final = 225
"""What stands behind a transparent picture, each channel: the light neutral grey of a portrait studio's backdrop."""

_JPEG_TAIL: Final = bytes(16)
"""Zero bytes put in place of a JPEG's end marker: libjpeg reads ahead by up to 8, and stops in want of more."""

_BAND_ROWS: Final = 256
"""Alpha is flattened in bands of rows: the 16-bit products of a 40-megapixel picture would take 240 MB at once."""


def decode_picture(data: bytes) -> Picture:
    """A JPEG, PNG or WebP as uint8 (H, W, 3) RGB: EXIF orientation applied, alpha flattened on STUDIO_GREY, 8 bits.

    Larger than MAX_SIDE is scaled down. Raises MediaRejected: image_unreadable, image_too_large, image_too_small,
    image_animated, media_too_large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise MediaRejected(
            "media_too_large", f"The picture file is {len(data) >> 20} MB: send at most {MAX_FILE_BYTES >> 20} MB."
        )
    header = read_header(data)
    _check_size(header.width, header.height)
    pixels = _to_rgb(_decode(data, header))
    return np.ascontiguousarray(_upright(_scaled_down(pixels), header.orientation))


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise MediaRejected(
            "image_too_large",
            f"The picture is {width} x {height}: scale it to at most {MAX_PIXELS // 1_000_000} megapixels.",
        )
    if min(width, height) < MIN_SIDE:
        raise MediaRejected(
            "image_too_small",
            f"The picture is {width} x {height}: send one of at least {MIN_SIDE} x {MIN_SIDE}, better 512.",
        )


def _decode(data: bytes, header: PictureHeader) -> NDArray[Any]:
    """What OpenCV makes of the file: grey (H, W), BGR or BGRA, 8 or 16 bits; a JPEG always BGR."""
    flags = cv2.IMREAD_UNCHANGED
    if header.kind == "jpeg":
        # Colour conversion from grey and (Adobe) CMYK is right in OpenCV; orientation is ours for all formats alike.
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        if header.scan_end is not None:
            # At an end marker that comes early libjpeg invents the rest of the picture; at the end of data it fails.
            data = data[: header.scan_end] + _JPEG_TAIL
    try:
        pixels: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape[:2] != (header.height, header.width):
        raise MediaRejected("image_unreadable", "The picture is cut off or damaged: export or upload it again.")
    return pixels


def _to_rgb(pixels: NDArray[Any]) -> Picture:
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=255 / 65_535)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 4:
        return _flattened(pixels)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _flattened(bgra: NDArray[np.uint8]) -> Picture:
    rgb = np.empty((*bgra.shape[:2], 3), np.uint8)
    for top in range(0, len(bgra), _BAND_ROWS):
        band = bgra[top : top + _BAND_ROWS]
        alpha = band[..., 3:].astype(np.uint16)
        mixed = band[..., 2::-1] * alpha + STUDIO_GREY * (255 - alpha) + 127
        rgb[top : top + _BAND_ROWS] = mixed // 255
    return rgb


def _scaled_down(rgb: Picture) -> Picture:
    height, width = rgb.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return rgb
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _upright(rgb: Picture, orientation: int) -> Picture:
    """EXIF 1..4: as it is, mirrored, turned by 180 degrees, flipped; 5..8 the same of the picture on its side."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    return rgb
