"""What an MP4 holds, read back with PyAV."""

import io
from dataclasses import dataclass

import av


@dataclass(frozen=True, slots=True)
class Streams:
    """Durations in seconds, of what is decoded."""

    video_seconds: float
    audio_seconds: float
    frames: int
    width: int
    height: int
    video_codec: str
    audio_codec: str


def read_streams(mp4: bytes) -> Streams:
    """Decodes everything. Raises av.FFmpegError for a file that is not whole."""
    with av.open(io.BytesIO(mp4)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.average_rate is not None and video.duration is not None and video.time_base is not None
        assert audio.duration is not None and audio.time_base is not None
        lengths = float(video.duration * video.time_base), float(audio.duration * audio.time_base)
        codecs = video.codec_context.name, audio.codec_context.name
        size = video.codec_context.width, video.codec_context.height
        frames = sum(1 for _ in container.decode(video))
    return Streams(*lengths, frames, *size, *codecs)
