"""A baseline JPEG made bit by bit: flat 8x8 blocks, any number of components. No encoder at hand writes CMYK."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

# Twelve 4-bit DC codes (categories 0..11), one 1-bit AC code (end of block).
_DC_TABLE = bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
_AC_TABLE = bytes([1] + [0] * 15) + b"\0"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_of_blocks(blocks: NDArray[np.uint8], *, adobe_transform: int | None = None) -> bytes:
    """blocks (rows, columns, components) -> a JPEG of columns*8 x rows*8 whose stored component values they are."""
    rows, columns, components = blocks.shape
    ids = range(1, components + 1)
    frame = struct.pack(">BHHB", 8, rows * 8, columns * 8, components) + b"".join(bytes([i, 0x11, 0]) for i in ids)
    scan = bytes([components]) + b"".join(bytes([i, 0]) for i in ids) + bytes([0, 63, 0])
    adobe = b"" if adobe_transform is None else segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([adobe_transform]))
    return b"".join(
        (
            b"\xff\xd8",
            adobe,
            segment(0xDB, b"\0" + bytes([1] * 64)),
            segment(0xC0, frame),
            segment(0xC4, b"\x00" + _DC_TABLE),
            segment(0xC4, b"\x10" + _AC_TABLE),
            segment(0xDA, scan),
            _entropy_coded(blocks),
            b"\xff\xd9",
        )
    )


def _entropy_coded(blocks: NDArray[np.uint8]) -> bytes:
    bits: list[str] = []
    before = [0] * blocks.shape[2]
    for row in blocks.astype(int).tolist():
        for block in row:
            for component, value in enumerate(block):
                dc = 8 * (value - 128)
                step, before[component] = dc - before[component], dc
                size = abs(step).bit_length()
                bits.append(f"{size:04b}")
                if size:
                    bits.append(f"{step if step > 0 else step + (1 << size) - 1:0{size}b}")
                bits.append("0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
