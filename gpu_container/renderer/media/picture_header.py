"""What a picture file says before it is decoded: its format, size, orientation, and whether all of it is there.

Sizes are judged here, because a decoder allocates first and finds out then. Completeness too: OpenCV returns a JPEG
that ends early with its lower part grey, and no error.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from renderer.media.errors import MediaRejected

PictureKind: TypeAlias = Literal["jpeg", "png", "webp"]

_MAX_SCANS: Final = 100
"""A progressive JPEG has about 10 scans. Each goes over the whole picture: thousands of them are an attack."""

_ZERO_TAIL_BYTES: Final = 256
"""Coded pictures never end in so many zero bytes: that is the rest of a file whose download stopped."""

_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker after entropy-coded data, where FF00 is a byte and FFD0..D7 are restarts."""

_JPEG_SIZES: Final = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))


@dataclass(frozen=True)
class PictureHeader:
    """width and height in pixels as stored, before `orientation` (EXIF 1..8) is applied.

    scan_end: where the only scan of a sequential JPEG ends (its EOI marker), else None.
    """

    kind: PictureKind
    width: int
    height: int
    orientation: int = 1
    scan_end: int | None = None


def read_header(data: bytes) -> PictureHeader:
    """By the bytes themselves; the name does not matter. Raises MediaRejected: image_unreadable, image_animated."""
    if not data:
        raise MediaRejected("image_unreadable", "The picture file is empty (0 bytes): upload it again.")
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise _cut_off() from error
    raise _refusal(data)


def _cut_off() -> MediaRejected:
    return MediaRejected("image_unreadable", "The picture is cut off or damaged: export or upload it again.")


def _refusal(data: bytes) -> MediaRejected:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"GIF87a", b"GIF89a")):
        return MediaRejected("image_animated", "GIF is not accepted: save one frame of it as JPEG or PNG.")
    names = (
        ((b"<svg", b"<?xml", b"<!DOCTYPE svg"), "An SVG drawing"),
        ((b"%PDF",), "A PDF"),
        ((b"BM",), "A BMP"),
        ((b"II*\0", b"MM\0*"), "A TIFF or camera raw file"),
        ((b"8BPS",), "A Photoshop file"),
    )
    name = next((name for magics, name in names if start.startswith(magics)), None)
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1"):
        name = "A HEIC or AVIF picture"
    subject = f"{name} is not accepted" if name else "This is not a picture that can be read"
    return MediaRejected("image_unreadable", f"{subject}: send a JPEG, PNG or WebP.")


def _jpeg(data: bytes) -> PictureHeader:
    size, orientation, sequential, scans = None, 1, False, 0
    for marker, at, body in _jpeg_segments(data):
        if marker in _JPEG_SIZES and size is None:
            size = struct.unpack_from(">HH", body, 1)
            sequential = marker in (0xC0, 0xC1)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0") and orientation == 1:
            orientation = _exif_orientation(body[6:])
        elif marker == 0xDA:
            scans += 1
        elif marker == 0xD9:
            if size is None or scans == 0 or scans > _MAX_SCANS:
                break
            return PictureHeader("jpeg", size[1], size[0], orientation, at if sequential and scans == 1 else None)
    raise _cut_off()


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(marker, its position, its body) up to the end marker; a file without one is cut off."""
    at = 2
    while at < len(data):
        found = _JPEG_MARKER.search(data, at)
        if not found:
            return
        at, marker = found.start(), data[found.start() + 1]
        if marker == 0xD9:
            yield marker, at, b""
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield marker, at, data[at + 4 : at + 2 + length]
        at += 2 + length


def _png(data: bytes) -> PictureHeader:
    width, height, orientation, pixels = 0, 0, 1, False
    for name, body in _png_chunks(data):
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", body)
        elif name == b"acTL" and struct.unpack_from(">I", body)[0] > 1:
            raise MediaRejected("image_animated", "This PNG is animated: save one frame of it as JPEG or PNG.")
        elif name == b"eXIf":
            orientation = _exif_orientation(body)
        elif name == b"IDAT":
            pixels = True
        elif name == b"IEND" and pixels:
            return PictureHeader("png", width, height, orientation)
    raise _cut_off()


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(body, zlib.crc32(name)) != checksum:
            raise _cut_off()
        yield name, body
        at += 12 + length


def _webp(data: bytes) -> PictureHeader:
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        raise _cut_off()
    size, orientation, pixels = None, 1, False
    for name, body in _webp_chunks(data):
        if name == b"VP8X":
            if body[0] & 0x02:
                raise MediaRejected("image_animated", "This WebP is animated: save one frame of it as JPEG or PNG.")
            size = tuple(1 + int.from_bytes(body[i : i + 3], "little") for i in (4, 7))
        elif name in (b"VP8 ", b"VP8L"):
            pixels = body[-_ZERO_TAIL_BYTES:].strip(b"\0") != b""
            size = size or _webp_size(name, body)
        elif name == b"EXIF":
            orientation = _exif_orientation(body.removeprefix(b"Exif\0\0"))
    if size is None or not pixels:
        raise _cut_off()
    return PictureHeader("webp", size[0], size[1], orientation)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    (bits,) = struct.unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory, 1 (upright) where there is none or it is nonsense."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == 0x0112 and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
