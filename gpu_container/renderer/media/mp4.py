"""Pictures and speech -> an H.264 + AAC MP4 that plays in sync, encoded while the next pictures are made."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import cv2
import numpy as np
from av import VideoFrame, VideoStream
from av.container import OutputContainer
from av.error import FFmpegError

from renderer.media.aac_track import AacTrack
from renderer.types import RATE, Picture, Samples

_MAX_WAITING: Final = 8
"""Pictures that may wait for the encoder: 3 MB at 512x512, and enough to ride over a key frame (about 15 ms)."""

_KEY_FRAME_SEC: Final = 4
"""Seconds between key frames: a seek lands within these; each costs as many bytes as some 20 others."""

_X264: Final = {
    "preset": "veryfast",
    "crf": "21",
    "profile": "high",
    # Without B-frames a picture's place is its time: no edit list on the video, and 10% less work for 10% more bytes.
    "bf": "0",
}

_MUXER: Final = {
    # moov first, so that a browser plays before all has arrived; the shift is done inside the file, not in memory.
    "movflags": "+faststart",
    # Edit lists count in this; the default of 1000 would round the speech's length to a millisecond.
    "movie_timescale": str(RATE),
}

# ITU-T H.273. OpenCV's conversion is BT.601 in studio range; portraits are sRGB, whose primaries are BT.709's.
_BT709: Final = 1
_BT601: Final = 6
_STUDIO_RANGE: Final = 1


class Mp4Writer:
    """Writes `path` when closed, and nothing when left by an error. One thread calls it; one of its own encodes.

    The video lasts exactly frames / fps. The speech lasts exactly its samples; the encoder's priming is cut by an edit
    list, so that sample 0 sounds with picture 0. The same pictures and samples give the same bytes.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int, speech_rate: int = RATE) -> None:
        """width and height in pixels, both even; fps in pictures a second. Raises ValueError, OSError."""
        if width % 2 or height % 2 or min(width, height) < 16:
            raise ValueError(f"an H.264 picture has even sides of at least 16 pixels, not {width}x{height}")
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._height, self._width = height, width
        self._fps, self._rate = fps, speech_rate
        self._frames = 0
        self._container = av.open(str(self._part), "w", format="mp4", container_options=_MUXER)
        self._video = video_stream(self._container, width, height, fps)
        self._speech = AacTrack(self._container, speech_rate)
        self._container.start_encoding()
        self._encoder = ThreadPoolExecutor(1, "mp4")
        self._waiting: deque[Future[None]] = deque()

    def write_frame(self, picture: Picture) -> None:
        """The next picture: RGB uint8 (H, W, 3), free to be reused at once, or I420 uint8 (H*3/2, W), given away.

        I420 is BT.601 in studio range, as cv2.COLOR_RGB2YUV_I420 makes it. Raises ValueError, and whatever stopped the
        encoder at an earlier picture.
        """
        if picture.shape == (self._height, self._width, 3):
            picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)
        elif picture.shape != (self._height * 3 // 2, self._width):
            raise ValueError(f"picture of shape {picture.shape} in a video of {self._width}x{self._height}")
        if len(self._waiting) >= _MAX_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._encoder.submit(self._encode, picture, self._frames))
        self._frames += 1

    def write_audio(self, samples: Samples) -> None:
        """More speech, int16 (N,) at speech_rate: all at once or bit by bit, before, between or after the pictures."""
        self._speech.add(samples)

    def close(self) -> None:
        """Finish the file and move it to its path. Raises whatever stopped the encoder; the path is then untouched."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
            self._encoder.submit(self._finish).result()
            self._part.replace(self._path)
        finally:
            self.abort()

    def abort(self) -> None:
        """Stop and leave no file. After `close` it does nothing."""
        self._encoder.shutdown(cancel_futures=True)
        with suppress(FFmpegError):  # the trailer of a file that is thrown away
            self._container.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    # What follows runs on the encoder's thread; libx264 and the muxer release the interpreter lock.

    def _encode(self, i420: Picture, index: int) -> None:
        frame = VideoFrame.from_numpy_buffer(i420, format="yuv420p")
        frame.pts, frame.time_base, frame.duration = index, Fraction(1, self._fps), 1
        self._container.mux(self._video.encode(frame))
        # The speech keeps step with the pictures, so that the two lie side by side in the file.
        self._container.mux(self._speech.encode(until=(index + 1) * self._rate // self._fps))

    def _finish(self) -> None:
        self._container.mux(self._video.encode(None))
        self._container.mux(self._speech.finish())
        self._container.close()


def video_stream(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    """The H.264 stream of every video we write; also what a bare loop is measured with."""
    stream = container.add_stream("libx264", rate=fps, options=_X264)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.gop_size = _KEY_FRAME_SEC * fps
    # One thread, beside those that draw: its bytes do not depend on the machine, and it is done before the drawing is.
    stream.thread_count = 1
    stream.colorspace, stream.color_range = _BT601, _STUDIO_RANGE
    stream.color_primaries, stream.color_trc = _BT709, _BT709
    return stream
