"""Pictures with alpha, and speech -> a VP9 + Opus WebM that a browser lays over whatever is behind it."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from av import VideoFrame, VideoStream
from av.container import OutputContainer

from renderer.media.opus_track import OpusTrack
from renderer.media.video_file import VideoFile, told_of
from renderer.types import Picture

_VP9: Final = {
    # Real-time mode at its fastest but one: 5 times quicker than "good" for a tenth more bytes at this quality.
    "deadline": "realtime",
    "cpu-used": "7",
    "crf": "28",
    "b": "0",
    # Alternate references are hidden pictures that the alpha's encoder has not: the two would come apart.
    "auto-alt-ref": "0",
    "row-mt": "0",
}

_MUXER: Final = {
    # Nothing of the moment or the machine in the file: the same pictures and speech give the same bytes.
    "fflags": "+bitexact",
    # The index lies before the pictures, so that a browser can seek in what it has not yet loaded.
    "cues_to_front": "1",
}


class WebmWriter(VideoFile):
    """All of the speech is given before the first picture."""

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        """See VideoFile. Raises ValueError, OSError."""
        super().__init__(path, width, height, fps, kind="webm", muxer=_MUXER)

    def write_frame(self, i420: Picture, alpha: Picture | None = None) -> None:
        """The next picture, given away: I420 uint8 (H*3/2, W) as renderer.planes makes it, and its alpha uint8 (H, W),
        255 = seen; None is a picture that is seen whole.

        Raises ValueError, and whatever stopped the encoder at an earlier picture.
        """
        shape = (self._height, self._width)
        if i420.shape != (self._height * 3 // 2, self._width) or (alpha is not None and alpha.shape != shape):
            raise ValueError(f"picture of shape {i420.shape} in a video of {self._width}x{self._height}")
        self._write(i420, alpha)

    def _open(self, container: OutputContainer) -> tuple[VideoStream, OpusTrack]:
        stream = container.add_stream("libvpx-vp9", rate=self._fps, options=_VP9)
        video = told_of(stream, self._width, self._height, "yuva420p", self._fps)
        # Players look here, not into the pictures, to learn that there is alpha.
        video.metadata["alpha_mode"] = "1"
        return video, OpusTrack(container)

    def _frame(self, i420: Picture, alpha: Picture | None) -> VideoFrame:
        seen = np.full((self._height, self._width), 255, np.uint8) if alpha is None else alpha
        return _frame_of(i420, seen)


def _frame_of(i420: Picture, alpha: Picture) -> VideoFrame:
    height, width = alpha.shape
    frame = VideoFrame(width, height, "yuva420p")
    flat, luma = i420.reshape(-1), width * height
    quarter = luma // 4
    parts = (flat[:luma], flat[luma : luma + quarter], flat[luma + quarter : luma + 2 * quarter], alpha.reshape(-1))
    for plane, part in zip(frame.planes, parts, strict=True):
        # PyAV's stubs do not say that a plane is a buffer.
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)  # pyright: ignore
        lines[:, : plane.width] = part.reshape(plane.height, plane.width)
    return frame
