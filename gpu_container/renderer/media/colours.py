"""What every video of ours says of its colours."""

from __future__ import annotations

from typing import Final

from av import VideoCodecContext, VideoStream

# ITU-T H.273. OpenCV's conversion is BT.601 in studio range; portraits are sRGB, whose primaries are BT.709's.
_BT709: Final = 1
_BT601: Final = 6
_STUDIO_RANGE: Final = 1


def tell_colours(video: VideoStream | VideoCodecContext) -> None:
    """I420 as renderer.planes makes it: BT.601 in studio range, primaries and transfer of sRGB."""
    video.colorspace, video.color_range = _BT601, _STUDIO_RANGE
    video.color_primaries, video.color_trc = _BT709, _BT709
