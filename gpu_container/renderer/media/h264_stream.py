"""Pictures -> H.264 access units, one out for each one in: what a browser's WebCodecs decodes as they come."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from fractions import Fraction
from typing import Final

from av import VideoCodecContext, VideoFrame
from av.video.frame import PictureType

from renderer.media.colours import tell_colours
from renderer.types import Picture

KEY_FRAME_SEC: Final = 2
"""Seconds between key frames: a player that lost its way finds it again within these."""

_BYTES_PER_PIXEL_SEC: Final = 0.36
"""The most that may be sent, averaged over half a second: 94 kB/s at 512 x 512."""

_X264: Final = {
    "preset": "superfast",
    # No B-frames, no look-ahead, no threads: a picture leaves the encoder before the next one enters.
    "tune": "zerolatency",
    "crf": "23",
    "profile": "main",
    "x264-params": "threads=1:sliced-threads=0:scenecut=0:repeat-headers=1:annexb=1:force-cfr=1",
}


class H264Stream:
    """One turn's encoder. The same pictures give the same bytes. Not for several threads at once."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        """width and height in pixels, both even, at least 16; fps in pictures a second."""
        codec = VideoCodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.framerate, codec.time_base = Fraction(fps), Fraction(1, fps)
        codec.gop_size = KEY_FRAME_SEC * fps
        codec.thread_count = 1
        tell_colours(codec)
        rate = round(width * height * _BYTES_PER_PIXEL_SEC * 8 / 1000)
        codec.options = {**_X264, "maxrate": f"{rate}k", "bufsize": f"{rate // 2}k"}
        codec.open()
        self._codec = codec
        self._every = KEY_FRAME_SEC * fps
        self._frames = 0

    def encode(self, i420: Picture) -> tuple[bytes, bool]:
        """I420 uint8 (H*3/2, W), C-contiguous -> its access unit in Annex B, and whether it is a key frame.

        A key frame brings its parameter sets with it. The picture is free to be reused afterwards.
        """
        frame = VideoFrame.from_numpy_buffer(i420, format="yuv420p")
        frame.pts = self._frames
        key = self._frames % self._every == 0
        if key:
            frame.pict_type = PictureType.I
        packets = self._codec.encode(frame)
        assert len(packets) == 1, "the encoder holds pictures back"
        self._frames += 1
        return bytes(packets[0]), packets[0].is_keyframe
