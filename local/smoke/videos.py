"""What a finished video holds: everything is decoded, and lengths are counted in pictures and samples."""

import io
from dataclasses import dataclass
from typing import Any

from local.smoke.verdict import equal, expect

_TOLERANCE_SECONDS = 1e-4


@dataclass(frozen=True, slots=True)
class Video:
    """Counted while decoding; `audio_samples` is the length that the file states, without the encoder's padding."""

    frames: int
    width: int
    height: int
    video_seconds: float
    audio_samples: int
    sample_rate: int


def read_video(mp4: bytes) -> Video:
    """Raises Unexpected for what is no whole H.264 and AAC file that begins with its index."""
    import av
    from av.error import FFmpegError

    expect(mp4[4:8] == b"ftyp", "the video is an MP4", mp4[:12])
    expect(0 < mp4.find(b"moov") < mp4.find(b"mdat"), "its index stands first, so that it plays while it loads", "not")
    try:
        with av.open(io.BytesIO(mp4), "r") as file:
            picture, sound = file.streams.video[0], file.streams.audio[0]
            names = picture.codec_context.name, sound.codec_context.name
            equal(names, ("h264", "aac"), "codecs of the video")
            sizes = picture.codec_context.width, picture.codec_context.height
            seconds = float((picture.duration or 0) * (picture.time_base or 0))
            rate = sound.codec_context.sample_rate
            samples = round((sound.duration or 0) * (sound.time_base or 0) * rate)
            frames = sum(1 for _ in file.decode(video=0))
    except (FFmpegError, IndexError) as error:
        expect(False, "every picture of the video can be decoded", error)
        raise
    return Video(frames, *sizes, seconds, samples, rate)


def check_video(video: Video, render: Any, size: int) -> None:
    """The file is as long, to the picture and to the sample, as the render says it is."""
    equal(video.frames, render["frames"], "pictures in the file")
    equal((video.width, video.height), (size, size), "size of the pictures")
    fps, seconds = render["fps"], video.audio_samples / video.sample_rate
    close = abs(video.video_seconds - video.frames / fps) < _TOLERANCE_SECONDS
    expect(close, f"the pictures last {video.frames}/{fps} s", f"{video.video_seconds:.4f} s")
    spare = video.frames / fps - seconds
    covered = -_TOLERANCE_SECONDS <= spare < 1 / fps + _TOLERANCE_SECONDS
    expect(covered, "the pictures cover the sound, with less than one to spare", f"{spare:.4f} s to spare")


def check_sound(video: Video, seconds: float) -> None:
    """The video's sound is as long as what was given, to the sample as far as the API states lengths."""
    apart = abs(video.audio_samples / video.sample_rate - seconds)
    expect(apart < _TOLERANCE_SECONDS, f"the video's sound lasts {seconds} s", f"{apart:.4f} s off")
