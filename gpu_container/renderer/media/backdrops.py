"""Pictures to stand behind a speaker: kept at a bounded size, and cut to fill a video."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.media.errors import MediaRejected
from renderer.pixels import shrink_or_grow
from renderer.types import Picture

MAX_SIDE: Final = 2048
"""The largest video has 1536 pixels; a picture of another shape is cut to its shape."""


def encode_backdrop(picture: Picture) -> bytes:
    """RGB uint8 (H, W, 3) -> PNG, scaled down to MAX_SIDE."""
    scale = min(1.0, MAX_SIDE / max(picture.shape[:2]))
    if scale < 1.0:
        picture = shrink_or_grow(
            picture, max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
        )
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return encoded.tobytes()


def decode_backdrop(data: bytes) -> Picture:
    """What `encode_backdrop` wrote, RGB. Raises MediaRejected when it is something else."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if decoded is None:
        raise MediaRejected("image_unreadable", "The picture behind the speaker is damaged: send it again.")
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)


def covering(picture: Picture, width: int, height: int) -> Picture:
    """`picture` scaled to fill `width` x `height`, its middle kept where its shape is another."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    wide, high = min(columns, round(width / scale)), min(rows, round(height / scale))
    left, top = (columns - wide) // 2, (rows - high) // 2
    return shrink_or_grow(np.ascontiguousarray(picture[top : top + high, left : left + wide]), width, height)
