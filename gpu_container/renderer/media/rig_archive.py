"""The parts of a saved rig, read with their sizes known before a byte of them is unpacked or decoded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from renderer.media.picture_header import read_header
from renderer.types import Picture


@contextmanager
def opened(data: bytes, most_bytes: int) -> Generator[Mapping[str, Any]]:
    """The parts of an `.npz` by name. Raises ValueError when they are together larger than `most_bytes`, and what
    zipfile and numpy raise for bytes that are no archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        whole = sum(part.file_size for part in archive.infolist())
    if whole > most_bytes:
        raise ValueError(f"{whole} bytes of parts, at most {most_bytes} are read")
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        yield stored


def picture_in(stored: Picture, flags: int, most_pixels: int) -> Picture:
    """A picture that was stored as the bytes of its file, uint8 (H, W) or (H, W, 3) BGR. Raises ValueError when it
    cannot be read or has more than `most_pixels`, MediaRejected when it is no picture at all."""
    header = read_header(stored.tobytes())
    if header.width * header.height > most_pixels:
        raise ValueError(f"a picture of {header.width} x {header.height} in the rig is too large")
    picture = cv2.imdecode(stored, flags)
    if picture is None:
        raise ValueError("a picture in the rig cannot be read")
    return np.asarray(picture, np.uint8)
