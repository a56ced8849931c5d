"""Sound files made by code: one known signal in every container and codec that people send."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]


def sweep(seconds: float, rate: int) -> Signal:
    """A rising tone that swells and fades, -6 dB: every stretch of it is unlike every other, so a shift shows."""
    t = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * t + 75 * t * t)) * (0.3 + 0.7 * np.abs(np.sin(5 * t)))).astype(np.float32)


def sound_file(
    folder: Path,
    container: str,
    codec: str,
    rate: int,
    *,
    seconds: float = 2.0,
    layout: str = "mono",
    signal: Signal | None = None,
    pictures: bool = False,
    **muxer: str,
) -> bytes:
    """The signal (by default the sweep, the same in every channel) in the given container and codec."""
    path = folder / f"sound.{container}"
    with av.open(str(path), "w", format=container, container_options=muxer) as out:
        # The native encoder's default coder distorts pure tones by several dB; "fast" does not.
        stream = out.add_stream(
            codec, rate=rate, layout=layout, options={"aac_coder": "fast"} if codec == "aac" else None
        )
        if pictures:
            _add_pictures(out, seconds)
        mono = sweep(seconds, rate) if signal is None else signal
        frame = av.AudioFrame.from_ndarray(np.tile(mono, (stream.layout.nb_channels, 1)), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(
            stream.format.name, layout, rate, frame_size=stream.codec_context.frame_size or None
        )
        for piece in resampler.resample(frame) + resampler.resample(None):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path.read_bytes()


def _add_pictures(out: av.container.OutputContainer, seconds: float) -> None:
    stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    for _ in range(round(seconds * 25)):
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
    out.mux(stream.encode(None))


def wav(body: bytes, *, channels: int = 1, rate: int = 48_000, bits: int = 16, tag: int = 1) -> bytes:
    """A WAV header (tag 1 PCM, 3 float) before any bytes whatever."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def lag(got: NDArray[np.int16], wanted: NDArray[np.floating]) -> int:
    """Samples by which `got` comes later than `wanted`: the peak of their cross-correlation."""
    size = 2 * max(len(got), len(wanted))
    spectrum = np.fft.rfft(got, size) * np.conj(np.fft.rfft(wanted, size))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return peak if peak < size // 2 else peak - size


def mov_that_points_to(path: Path, mov: bytes) -> bytes:
    """The QuickTime file with its sound's data reference made an alias of another file on disk."""
    name = str(path).encode() + b"\0" * (len(str(path)) % 2)
    record = bytes(10 + 28 + 12 + 64 + 16) + struct.pack(">hh", 1, 1) + bytes(16)
    for kind in (2, 18):  # the absolute path, as classic and as POSIX
        record += struct.pack(">hH", kind, len(name)) + name
    record += struct.pack(">hH", -1, 0)
    alias = struct.pack(">I4sI", len(record) + 12, b"alis", 0) + record
    reference = struct.pack(">I4sII", len(alias) + 16, b"dref", 0, 1) + alias
    at = mov.index(b"dref") - 4
    (old_bytes,) = struct.unpack_from(">I", mov, at)
    out = bytearray(mov[:at] + reference + mov[at + old_bytes :])
    for parent in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        size_at = mov.rindex(parent, 0, at) - 4
        (size,) = struct.unpack_from(">I", mov, size_at)
        struct.pack_into(">I", out, size_at, size + len(reference) - old_bytes)
    return bytes(out)
