"""How much of a WAV file can be believed: libavformat allocates whatever size a chunk claims, up to 2 GB."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO


def believable_end(file: BinaryIO) -> int:
    """Bytes from the start up to the first chunk that claims more than the file holds; the file's size if none does.

    The `data` chunk may claim anything (a WAV that was streamed does); it ends with the file.
    """
    size = file.seek(0, io.SEEK_END)
    at = 12  # RIFF, its size, WAVE
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if at + 8 + length > size:
            return size if name == b"data" else at
        at += 8 + length + (length & 1)
    return size
