"""A video file while it is written: pictures and speech in step, encoded beside the drawing, whole or not at all."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import av
from av import VideoFrame, VideoStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from renderer.media.colours import tell_colours
from renderer.types import RATE, Picture, Samples

MAX_WAITING: Final = 8
"""Pictures that may wait for the encoder: 3 MB at 512x512, and enough to ride over a key frame (about 15 ms)."""
KEY_FRAME_SEC: Final = 4
"""Seconds between key frames: a seek lands within these; each costs as many bytes as some 20 others."""
MIN_SIDE: Final = 16


class SpeechTrack(Protocol):
    """The sound of a file, encoded as the pictures go."""

    def add(self, samples: Samples) -> None:
        """More speech, int16 (N,)."""
        ...

    def encode(self, until: int) -> Sequence[Packet[Any]]:
        """What is due up to sample `until`."""
        ...

    def finish(self) -> Sequence[Packet[Any]]:
        """All that is left."""
        ...


class VideoFile(ABC):
    """Writes `path` when closed, and nothing when left by an error. One thread calls it; one of its own encodes.

    The video lasts exactly frames / fps. The same pictures and samples give the same bytes.
    """

    def __init__(
        self, path: Path, width: int, height: int, fps: int, *, kind: str, muxer: dict[str, str], rate: int = RATE
    ) -> None:
        """width and height in pixels, both even; fps in pictures a second; `kind` a container that FFmpeg writes, with
        the options `muxer`; `rate` of the speech in Hz. Raises ValueError, OSError."""
        if width % 2 or height % 2 or min(width, height) < MIN_SIDE:
            raise ValueError(f"a picture of a video has even sides of at least {MIN_SIDE} pixels, not {width}x{height}")
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._width, self._height, self._fps, self._rate = width, height, fps, rate
        self._frames = 0
        self._container = av.open(str(self._part), "w", format=kind, container_options=muxer)
        self._video, self._speech = self._open(self._container)
        self._encoder = ThreadPoolExecutor(1, kind)
        self._waiting: deque[Future[None]] = deque()

    @abstractmethod
    def _open(self, container: OutputContainer) -> tuple[VideoStream, SpeechTrack]:
        """The two streams of the file, pictures first."""

    @abstractmethod
    def _frame(self, i420: Picture, alpha: Picture | None) -> VideoFrame:
        """A checked picture as the encoder takes it. Runs on the encoder's thread."""

    def write_audio(self, samples: Samples) -> None:
        """More speech, int16 (N,) at `rate`: all at once or bit by bit, before, between or after the pictures."""
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

    def _write(self, i420: Picture, alpha: Picture | None) -> None:
        """The next picture, checked and given away. Raises whatever stopped the encoder at an earlier one."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._encoder.submit(self._encode, i420, alpha, self._frames))
        self._frames += 1

    # What follows runs on the encoder's thread; the codecs and the muxer release the interpreter lock.

    def _encode(self, i420: Picture, alpha: Picture | None, index: int) -> None:
        frame = self._frame(i420, alpha)
        frame.pts, frame.time_base, frame.duration = index, Fraction(1, self._fps), 1
        self._container.mux(self._video.encode(frame))
        # The speech keeps step with the pictures, so that the two lie side by side in the file.
        self._container.mux(self._speech.encode(until=(index + 1) * self._rate // self._fps))

    def _finish(self) -> None:
        self._container.mux(self._video.encode(None))
        self._container.mux(self._speech.finish())
        self._container.close()


def told_of(stream: VideoStream, width: int, height: int, pixels: str, fps: int) -> VideoStream:
    """`stream` with what all our pictures have in common; `pixels` is FFmpeg's name of their layout."""
    stream.width, stream.height, stream.pix_fmt = width, height, pixels
    stream.gop_size = KEY_FRAME_SEC * fps
    # One thread, beside those that draw: its bytes do not depend on the machine, and it is done before the drawing is.
    stream.thread_count = 1
    tell_colours(stream)
    return stream
