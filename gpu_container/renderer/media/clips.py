"""A clip's file -> its pictures, upright, on an even grid of time; decoded in a stream with every limit held."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import av
import numpy as np
from av import VideoFrame, VideoStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard
from av.video.reformatter import ColorRange, Colorspace

from renderer.media.bounded_file import BoundedFile
from renderer.media.decoding import decoded_frames
from renderer.media.errors import MediaRejected
from renderer.types import Picture

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
MAX_SECONDS: Final = 10.0
MIN_SECONDS: Final = 2.0
"""A shorter one would come round again so soon that everybody sees it."""
MAX_PIXELS: Final = 2560 * 1440
MIN_SIDE: Final = 128
_GRACE_SEC: Final = 0.1
"""Ten seconds cut by a phone may hold a frame or two more."""
_MAX_FRAMES: Final = 2500
"""Ten seconds at 240 frames a second, the fastest that phones record."""
_MAX_PACKETS: Final = 20_000
_MAX_WALL_SEC: Final = 25.0
"""Ten seconds of 1440p HEVC decode in about 8 s on one core; a clip that takes this long is made to take long."""
_DAMAGED: Final = "The clip is damaged or cut off: export it again as H.264 MP4."

_DECODERS: Final = frozenset(("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores"))
_DEMUXERS: Final = {b"ftyp": "mov", b"moov": "mov", b"mdat": "mov", b"free": "mov", b"skip": "mov", b"wide": "mov"}
_MATROSKA: Final = b"\x1aE\xdf\xa3"
_OPTIONS: Final = {
    # Opening anything else is refused three times over: no protocol, no other demuxer, and `_no_other_files`.
    "protocol_whitelist": "none",
    "format_whitelist": "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2",
    "max_streams": "32",
    "probesize": str(4 * 1024 * 1024),
}


@dataclass(frozen=True)
class ClipPicture:
    """One picture: I420 uint8 (H * 3/2, W), BT.601 in studio range; `seconds` from the clip's first."""

    i420: Picture
    seconds: float


def is_clip_file(path: Path) -> bool:
    """Whether its first bytes are those of a container we read clips from."""
    with path.open("rb") as file:
        return _container_of(file.read(12)) is not None


def clip_pictures(source: Path, fps: int, max_side: int, max_seconds: float = MAX_SECONDS) -> Iterator[ClipPicture]:
    """What an MP4, MOV or WebM shows at every 1/fps s: turned as its metadata says, at most `max_side` pixels on the
    longer side, both sides even. It ends after `max_seconds`, whatever follows.

    Raises MediaRejected before or between pictures: clip_unreadable, clip_refused_format, clip_too_long (> 10 s),
    clip_too_short (< 2 s), clip_too_large, clip_too_small, media_too_large (> 32 MiB).
    """
    size = source.stat().st_size
    if size > MAX_FILE_BYTES:
        raise MediaRejected(
            "media_too_large",
            f"The clip is {size >> 20} MB: send at most {MAX_FILE_BYTES >> 20} MB.",
        )
    with source.open("rb") as file:
        demuxer = _demuxer(file.read(12))
        file.seek(0)
        reader = BoundedFile(file, size, _MAX_WALL_SEC)
        try:
            with _container(reader, demuxer) as container:
                yield from _on_grid(_decoded(container, reader, max_side), fps, max_seconds)
        # Exactly what PyAV raises on hostile bytes; its own errors already cover libav's codes.
        except (FFmpegError, ValueError, OverflowError) as error:
            raise _unreadable(reader) from error


def _container_of(head: bytes) -> str | None:
    return "matroska" if head[:4] == _MATROSKA else _DEMUXERS.get(head[4:8])


def _demuxer(head: bytes) -> str:
    found = _container_of(head)
    if found is None:
        raise MediaRejected("clip_unreadable", "This is not a video file that can be read: send MP4, MOV or WebM.")
    return found


def _container(reader: BoundedFile, demuxer: str) -> InputContainer:
    return av.open(
        reader,
        "r",
        format=demuxer,
        container_options=_OPTIONS,
        metadata_errors="replace",
        buffer_size=256 * 1024,
        io_open=_no_other_files,
    )


def _no_other_files(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    raise MediaRejected("clip_refused_format", "The file points to another file: send one that holds the video itself.")


def _unreadable(reader: BoundedFile) -> MediaRejected:
    if reader.expired:
        return MediaRejected("clip_unreadable", "The clip took too long to decode: export it as H.264 MP4, 1080p.")
    return MediaRejected("clip_unreadable", _DAMAGED)


def _picture_track(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise MediaRejected("clip_unreadable", "The file has no pictures: send a video of the person's face.")
    best = container.streams.best("video")
    track = best if isinstance(best, VideoStream) else container.streams.video[0]
    context = track.codec_context
    name: str | None = getattr(context, "name", None)
    if name is None or not context.width:
        raise MediaRejected("clip_unreadable", _DAMAGED)
    if name not in _DECODERS:
        raise MediaRejected("clip_refused_format", "The video's codec is not accepted: export it as H.264 MP4.")
    _check_size(context.width, context.height)
    for other in container.streams:
        if other.index != track.index:
            other.discard = Discard.all
    declared = container.duration / 1e6 if container.duration else 0.0
    if declared > MAX_SECONDS + 1:
        raise _too_long(declared)
    context.options = {"max_pixels": str(MAX_PIXELS)}
    context.thread_count = 1
    return track


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise MediaRejected(
            "clip_too_large",
            f"The clip is {width} x {height}: scale it down to 1920 x 1080 pixels (2560 x 1440 at most).",
        )
    if min(width, height) < MIN_SIDE:
        raise MediaRejected(
            "clip_too_small", f"The clip is {width} x {height}: send at least {MIN_SIDE} pixels, better 720."
        )


def _too_long(seconds: float) -> MediaRejected:
    return MediaRejected(
        "clip_too_long", f"The clip lasts {seconds:.1f} s: cut it to at most {MAX_SECONDS:.0f} s; 5 to 10 s are best."
    )


def _decoded(container: InputContainer, reader: BoundedFile, max_side: int) -> Iterator[ClipPicture]:
    """Every picture of the file in order of time, with a time that only grows."""
    track = _picture_track(container)
    frames = 0
    first: float | None = None
    last = -1.0
    step = 1 / float(track.average_rate or 25)
    stretch = _stretch(track)
    for frame in decoded_frames(container.demux(track), reader, _MAX_PACKETS, _unreadable):
        frames += 1
        if frames > _MAX_FRAMES:
            raise _unreadable(reader)
        _check_size(frame.width, frame.height)
        seen = frame.time if frame.pts is not None else (first or 0.0) + last + step
        first = seen if first is None else first
        last = max(last + 1e-3, seen - first)
        if last > MAX_SECONDS + _GRACE_SEC:
            raise _too_long(max(last, container.duration / 1e6 if container.duration else 0.0))
        yield ClipPicture(_upright(frame, max_side, stretch), last)
    if not frames:
        raise _unreadable(reader)


def _stretch(track: VideoStream) -> float:
    """How much wider than tall the file's pixels are to be shown."""
    ratio = float(track.sample_aspect_ratio or 1)
    return ratio if 0.2 < ratio < 5 else 1.0


def _upright(frame: VideoFrame, max_side: int, stretch: float) -> Picture:
    """The frame as I420, square pixels, at most `max_side` on its longer side, turned as its metadata says."""
    width, height = frame.width * stretch, float(frame.height)
    scale = min(1.0, max_side / max(width, height))
    size = [max(16, 2 * round(side * scale / 2)) for side in (width, height)]
    plain = frame.reformat(
        size[0], size[1], "yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG
    )
    i420 = np.asarray(plain.to_ndarray(), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return _turned(i420, turns) if turns else i420


def _turned(i420: Picture, quarters: int) -> Picture:
    """Turned counterclockwise by quarters of a circle."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    luma = i420[:height]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    planes = [np.rot90(plane, quarters) for plane in (luma, chroma[0], chroma[1])]
    wide = planes[0].shape[1]
    return np.concatenate([planes[0], *(plane.reshape(-1, wide) for plane in planes[1:])])


def _on_grid(pictures: Iterator[ClipPicture], fps: int, max_seconds: float) -> Iterator[ClipPicture]:
    """At each k / fps the picture that is on the screen then; half a step early counts, so that 25 stays 25."""
    shown: ClipPicture | None = None
    index, end = 0, 0.0
    for picture in pictures:
        while shown is not None and index / fps < picture.seconds - 0.5 / fps and index / fps <= max_seconds:
            yield ClipPicture(shown.i420, index / fps)
            index += 1
        step = picture.seconds - (shown.seconds if shown else 0.0)
        shown, end = picture, picture.seconds + step
    if shown is None or end < MIN_SECONDS:
        raise MediaRejected(
            "clip_too_short", f"The clip lasts {end:.1f} s: send at least {MIN_SECONDS:.0f} s, better 5 to 10."
        )
    if index / fps <= max_seconds:
        yield ClipPicture(shown.i420, index / fps)
