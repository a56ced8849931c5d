"""Pictures in the form that a turn's client asked for."""

from __future__ import annotations

from typing import TypeAlias

from parley.wire.mux import VideoFormat
from renderer.media.h264_stream import H264Stream
from renderer.media.jpeg import encode_jpeg
from renderer.types import Picture

Encoded: TypeAlias = tuple[bytes, bool]
"""A picture's bytes, and whether it can be decoded by itself."""


class PictureStream:
    """Encodes I420 pictures one by one. The same pictures give the same bytes."""

    def __init__(self, video: VideoFormat) -> None:
        self._codec = video.codec
        self._h264 = H264Stream(video.width, video.height, video.fps) if video.codec == "h264" else None

    def encode(self, i420: Picture) -> Encoded:
        """I420 uint8 (H*3/2, W)."""
        if self._h264 is not None:
            return self._h264.encode(i420)
        return (encode_jpeg(i420) if self._codec == "jpeg" else i420.tobytes()), True
