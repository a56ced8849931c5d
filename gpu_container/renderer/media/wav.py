"""The one form in which speech lies on disk between the steps of a render: WAV, 48 kHz, mono, 16 bits."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import BinaryIO

import numpy as np

from renderer.media.errors import MediaRejected
from renderer.types import RATE, Samples


def write_wav(out: Path | BinaryIO, samples: Samples) -> None:
    """int16 (N,) at RATE to a path or an open binary file."""
    with wave.open(str(out) if isinstance(out, Path) else out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())


def read_wav(source: Path | BinaryIO) -> Samples:
    """int16 (N,) at RATE, as `write_wav` wrote it. Raises MediaRejected(audio_unreadable) for anything else."""
    try:
        with wave.open(str(source) if isinstance(source, Path) else source, "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise MediaRejected("audio_unreadable", "This is not a WAV file: convert the sound to WAV.") from error
    if form != (RATE, 1, 2):
        raise MediaRejected("audio_unreadable", "This WAV is not 48,000 Hz, mono, 16 bits: convert it.")
    return np.frombuffer(data, "<i2").astype(np.int16)
