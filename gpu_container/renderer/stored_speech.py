"""Speech between the steps of a render: a WAV file, and beside it its phonemes as JSON where the text was known."""

from __future__ import annotations

import io
import json
from typing import cast

from renderer.media.wav import read_wav
from renderer.types import Phoneme, Speech


def pack_phonemes(phonemes: tuple[Phoneme, ...]) -> bytes:
    """`[[symbol, start_sec, end_sec], ...]`, UTF-8."""
    return json.dumps([[p.symbol, p.start_sec, p.end_sec] for p in phonemes], ensure_ascii=False).encode()


def unpack_phonemes(data: bytes) -> tuple[Phoneme, ...]:
    """What `pack_phonemes` wrote. Raises ValueError for anything else."""
    rows = cast("list[tuple[str, float, float]]", json.loads(data))
    return tuple(Phoneme(symbol, float(start), float(end)) for symbol, start, end in rows)


def load_speech(wav: bytes, phonemes: bytes | None) -> Speech:
    """The speech of a job. Raises MediaRejected when the WAV is not one of ours."""
    return Speech(read_wav(io.BytesIO(wav)), None if phonemes is None else unpack_phonemes(phonemes))
