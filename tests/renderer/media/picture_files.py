"""Picture files made by code: one known picture in every form that people send."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def photo(height: int = 160, width: int = 200) -> Pixels:
    """RGB with a different colour in each corner, so that every turn and every channel swap shows."""
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    rgb = np.stack([across * 255 / width, down * 255 / height, 128 + 100 * np.sin(across / 17 + down / 11)], -1)
    return rgb.astype(np.uint8)


def encoded(extension: str, rgb: Pixels, *options: int) -> bytes:
    done, data = cv2.imencode(extension, rgb[..., ::-1], list(options))
    assert done
    return data.tobytes()


def jpeg(rgb: Pixels, *options: int) -> bytes:
    return encoded(".jpg", rgb, cv2.IMWRITE_JPEG_QUALITY, 95, *options)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    """rows: all scanlines without their filter bytes."""
    stride = len(rows) // height
    lines = b"".join(b"\0" + rows[i : i + stride] for i in range(0, len(rows), stride))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", zlib.compress(lines)), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff_with_orientation(value: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
