"""Pictures <-> short H.264 streams, each decodable by itself: how a clip's loop is kept."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
import numpy as np
from av import VideoFrame, VideoStream
from av.error import FFmpegError

from renderer.types import Picture

_X264: Final = {
    # Nearly without loss: these pictures are encoded once more in every video made of them. The rate is capped, so
    # that ten seconds stay under about 30 MB whatever they show.
    "preset": "veryfast",
    "crf": "12",
    "maxrate": "24M",
    "bufsize": "24M",
    "bf": "0",
    # Skin's faint texture must be the same in key frames and between them, or it would pop at every shard's start.
    "x264-params": "scenecut=0:ipratio=1.0:no-fast-pskip=1:no-dct-decimate=1:deadzone-inter=6:deadzone-intra=6",
}


class ShardWriter:
    """Collects I420 pictures uint8 (H * 3/2, W) into streams of `shard_frames`."""

    def __init__(self, width: int, height: int, fps: int, shard_frames: int) -> None:
        self._width, self._height, self._fps, self._most = width, height, fps, shard_frames
        self._shards: list[bytes] = []
        self._frames = 0
        self._open()

    def _open(self) -> None:
        self._buffer = io.BytesIO()
        self._container = av.open(self._buffer, "w", format="h264")
        stream: VideoStream = self._container.add_stream("libx264", rate=self._fps, options=_X264)
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "yuv420p"
        stream.gop_size, stream.thread_count = self._most, 1
        self._stream = stream

    def write(self, i420: Picture) -> None:
        if self._frames and self._frames % self._most == 0:
            self._shut()
            self._open()
        frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(i420), format="yuv420p")
        frame.pts, frame.time_base = self._frames % self._most, Fraction(1, self._fps)
        self._container.mux(self._stream.encode(frame))
        self._frames += 1

    def finish(self) -> tuple[bytes, ...]:
        self._shut()
        return tuple(self._shards)

    def _shut(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        self._shards.append(self._buffer.getvalue())


def shard_pictures(shard: bytes) -> Iterator[Picture]:
    """I420 uint8 (H * 3/2, W), in order. Raises ValueError for what is no such stream."""
    try:
        with av.open(io.BytesIO(shard), "r", format="h264") as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in container.decode(video=0):
                yield np.asarray(frame.to_ndarray(), np.uint8)
    except FFmpegError as error:
        raise ValueError("a shard of the clip cannot be decoded") from error
