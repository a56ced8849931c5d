"""A picture as a JPEG file of its own, from the planes it is drawn in."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from renderer.types import Picture

QUALITY: Final = 75


def encode_jpeg(i420: Picture, quality: int = QUALITY) -> bytes:
    """I420 uint8 (H*3/2, W), BT.601 in studio range -> JFIF, which browsers show with the same colours."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, file = cv2.imencode(".jpg", cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), options)
    assert done
    return np.asarray(file, np.uint8).tobytes()
