"""Pictures and speech -> an H.264 + AAC MP4 that plays in sync, encoded while the next pictures are made."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from pathlib import Path
from typing import Final

from av import VideoFrame, VideoStream
from av.container import OutputContainer

from renderer.media.aac_track import AacTrack
from renderer.media.video_file import VideoFile, told_of
from renderer.planes import planes_of
from renderer.types import RATE, Picture

_X264: Final = {
    "preset": "veryfast",
    "crf": "21",
    "profile": "high",
    # Without B-frames a picture's place is its time: no edit list on the video, and 10% less work for 10% more bytes.
    "bf": "0",
    # Motion in whole macroblocks, sought in a diamond: a quarter less work for 5% more bytes at the same error, on a
    # face that moves as one.
    "x264-params": "partitions=i8x8,i4x4:me=dia",
}

_MUXER: Final = {
    # moov first, so that a browser plays before all has arrived; the shift is done inside the file, not in memory.
    "movflags": "+faststart",
    # Edit lists count in this; the default of 1000 would round the speech's length to a millisecond.
    "movie_timescale": str(RATE),
}


class Mp4Writer(VideoFile):
    """The speech lasts exactly its samples; the encoder's priming is cut by an edit list, so that sample 0 sounds with
    picture 0."""

    def __init__(self, path: Path, width: int, height: int, fps: int, speech_rate: int = RATE) -> None:
        """See VideoFile. Raises ValueError, OSError."""
        super().__init__(path, width, height, fps, kind="mp4", muxer=_MUXER, rate=speech_rate)

    def write_frame(self, picture: Picture, alpha: Picture | None = None) -> None:
        """The next picture: RGB uint8 (H, W, 3), free to be reused at once, or I420 uint8 (H*3/2, W), given away.

        I420 is BT.601 in studio range, as renderer.planes makes it. Raises ValueError, and whatever stopped the
        encoder at an earlier picture. `alpha` is for containers that have it: here it must be None.
        """
        if alpha is not None:
            raise ValueError("an MP4 has no alpha that players would read: write a WebM")
        if picture.shape == (self._height, self._width, 3):
            picture = planes_of(picture).i420
        elif picture.shape != (self._height * 3 // 2, self._width):
            raise ValueError(f"picture of shape {picture.shape} in a video of {self._width}x{self._height}")
        self._write(picture, None)

    def _open(self, container: OutputContainer) -> tuple[VideoStream, AacTrack]:
        video = video_stream(container, self._width, self._height, self._fps)
        speech = AacTrack(container, self._rate)
        container.start_encoding()
        return video, speech

    def _frame(self, i420: Picture, alpha: Picture | None) -> VideoFrame:
        del alpha  # refused above
        return VideoFrame.from_numpy_buffer(i420, format="yuv420p")


def video_stream(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    """The H.264 stream of every video we write; also what a bare loop is measured with."""
    return told_of(container.add_stream("libx264", rate=fps, options=_X264), width, height, "yuv420p", fps)
