"""Any accepted sound file -> speech: 48 kHz mono, decoded in a stream with every limit held while it runs."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

import av
import numpy as np
from av import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard

from renderer.media.bounded_file import BoundedFile
from renderer.media.decoding import decoded_frames
from renderer.media.downmix import mono_of
from renderer.media.errors import MediaRejected
from renderer.media.resampling import resampled
from renderer.media.riff import believable_end
from renderer.media.sound_format import demuxer_for
from renderer.types import RATE, Floats, Samples, Speech

MIN_SECONDS: Final = 0.1
MAX_FILE_BYTES: Final = 1024 * 1024 * 1024
_MAX_WALL_SEC: Final = 60.0
"""Half an hour of MP3 decodes in about 3 s on one core; a file that takes this long is made to take long."""

_MAX_PACKETS: Final = 2_000_000
"""Half an hour in Opus's shortest packets (2.5 ms) is 720,000."""

_RATES_HZ: Final = (4_000, 384_000)
_MAX_CHANNELS: Final = 16
_MAX_PADDING_SAMPLES: Final = RATE // 8
"""The longest codec frame (2,048 samples of HE-AAC at 16 kHz) at RATE: a track's decoded end overshoots by less."""


_DECODERS: Final = frozenset(
    (
        *("aac", "aac_latm", "ac3", "eac3", "alac", "flac", "opus", "libopus", "vorbis", "libvorbis"),
        *(
            "mp1",
            "mp1float",
            "mp2",
            "mp2float",
            "mp3",
            "mp3float",
            "adpcm_ima_qt",
            "adpcm_ima_wav",
            "adpcm_ms",
            "gsm_ms",
        ),
        *("pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8", "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le"),
        *("pcm_s32be", "pcm_s32le", "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le"),
    )
)

_DEMUXER_OPTIONS: Final = {
    # Opening anything else is refused three times over: no protocol, no other demuxer, and `_no_other_files`.
    "protocol_whitelist": "none",
    "format_whitelist": "wav,ogg,flac,matroska,matroska,webm,mov,mov,mp4,m4a,3gp,3g2,mj2,mp3,aac",
    "codec_whitelist": ",".join(sorted(_DECODERS)),
    "max_streams": "32",
    "probesize": str(8 * 1024 * 1024),
}


def decode_speech(source: Path | bytes, *, max_seconds: float = 1800.0) -> Speech:
    """The sound of a WAV, MP3, AAC, Ogg/Opus, FLAC, MP4/MOV/M4A or WebM file (a video's sound too) as Speech.

    Encoder delay and padding are cut where the file states them. Raises MediaRejected: audio_unreadable, audio_empty,
    audio_too_short (< 0.1 s), audio_too_long (> max_seconds), audio_refused_format, media_too_large (> 1 GiB).
    """
    with _opened(source) as file:
        return Speech(np.concatenate(list(stream_speech(file, max_seconds=max_seconds))))


def stream_speech(file: BinaryIO, *, max_seconds: float = 1800.0) -> Iterator[Samples]:
    """`decode_speech` of a seekable file, int16 (N,) at RATE piece by piece, decoded as they are asked for.

    Raises what that raises: audio_too_long, and audio_unreadable for damage and a missing end, after what came before.
    """
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise MediaRejected(
            "media_too_large", f"The file is {size >> 20} MB: send at most {MAX_FILE_BYTES >> 20} MB, as MP3 or M4A."
        )
    demuxer = demuxer_for(file)
    end = believable_end(file) if demuxer == "wav" else size
    file.seek(0)
    reader = BoundedFile(file, end, _MAX_WALL_SEC)
    pieces = _long_enough(_decoded(reader, demuxer, max_seconds))
    try:
        for piece in pieces:
            began = time.monotonic()
            yield np.frombuffer(piece, np.int16)
            # Whoever plays what is decoded takes their time: only ours is bounded.
            reader.allow(time.monotonic() - began)
    # Exactly what PyAV raises on hostile bytes; its own errors already cover libav's codes.
    except (FFmpegError, ValueError, OverflowError) as error:
        raise _unreadable(reader) from error


@contextmanager
def _opened(source: Path | bytes) -> Generator[BinaryIO]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _no_other_files(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    raise MediaRejected(
        "audio_refused_format", "The file points to another file for its sound: send one that holds the sound itself."
    )


def _unreadable(reader: BoundedFile) -> MediaRejected:
    if reader.expired:
        return MediaRejected("audio_unreadable", "The sound took too long to decode: convert it to WAV or MP3.")
    return MediaRejected(
        "audio_unreadable", "The sound is damaged and cannot be decoded: export it again as WAV or MP3."
    )


def _decoded(reader: BoundedFile, demuxer: str, max_seconds: float) -> Iterator[bytes]:
    with av.open(
        reader,
        "r",
        format=demuxer,
        container_options=_DEMUXER_OPTIONS,
        metadata_errors="replace",
        buffer_size=256 * 1024,
        io_open=_no_other_files,
    ) as container:
        track = _sound_track(container)
        declared = None
        if demuxer in ("mov", "flac") and track.duration and track.time_base:  # the two that state it exactly
            declared = round(track.duration * track.time_base * RATE)
        size = 0
        for chunk in _fitted(resampled(_mono_frames(container, track, reader)), declared):
            size += len(chunk)
            if size > 2 * RATE * max_seconds:
                raise MediaRejected(
                    "audio_too_long", f"The sound is longer than {max_seconds / 60:g} minutes: split it into parts."
                )
            yield chunk


def _fitted(chunks: Iterator[bytes], declared: int | None) -> Iterator[bytes]:
    """Without what the last codec frame holds beyond the length the file states; refuses one that lacks its end."""
    size, beyond = 0, b""
    for chunk in chunks:
        cut = len(chunk) if declared is None else max(0, min(len(chunk), 2 * declared - size))
        size += len(chunk)
        beyond += chunk[cut:]
        if cut:
            yield chunk[:cut]
        if len(beyond) > 2 * _MAX_PADDING_SAMPLES:
            # So much is no padding: the file's statement is what is wrong.
            yield beyond
            declared, beyond = None, b""
    samples = size // 2
    if declared is not None and samples and declared - samples > max(RATE // 2, declared // 20):
        raise MediaRejected(
            "audio_unreadable",
            f"The file is cut off: only {samples / RATE:.1f} of its {declared / RATE:.1f} s are there. "
            "Send the whole file.",
        )


def _long_enough(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Nothing is given before it is sure that MIN_SECONDS are there."""
    least, held = round(2 * RATE * MIN_SECONDS), b""
    for chunk in chunks:
        held += chunk
        if len(held) >= least:
            yield held
            yield from chunks
            return
    if not held:
        raise MediaRejected("audio_empty", "The file holds no sound of its own: record the speech again.")
    raise MediaRejected(
        "audio_too_short",
        f"The sound lasts {len(held) * 500 // RATE} ms: send at least {MIN_SECONDS * 1000:.0f} ms.",
    )


def _mono_frames(container: InputContainer, track: AudioStream, reader: BoundedFile) -> Iterator[tuple[int, Floats]]:
    """(rate, samples) of each decoded frame of the track, within the limits on packets and wall time."""
    for frame in decoded_frames(container.demux(track), reader, _MAX_PACKETS, _unreadable):
        _check_layout(frame.sample_rate, frame.layout.nb_channels)
        yield frame.sample_rate, mono_of(frame)


def _sound_track(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise MediaRejected("audio_empty", "The file has no sound track: send one with speech in it.")
    best = container.streams.best("audio")
    track = best if isinstance(best, AudioStream) else container.streams.audio[0]
    if getattr(track.codec_context, "name", None) not in _DECODERS:
        raise MediaRejected("audio_refused_format", "The sound's codec is not accepted: convert it to WAV, MP3 or M4A.")
    for other in container.streams:
        if other.index != track.index:
            other.discard = Discard.all
    return track


def _check_layout(rate: int, channels: int) -> None:
    if not (_RATES_HZ[0] <= rate <= _RATES_HZ[1] and channels <= _MAX_CHANNELS):
        raise MediaRejected(
            "audio_unreadable",
            f"The sound has {channels} channels at {rate} Hz: send mono or stereo at 8,000 to 192,000 Hz.",
        )
