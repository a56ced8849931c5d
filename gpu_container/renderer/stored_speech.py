"""Speech between the steps of a render: a WAV file, and beside it, as JSON, what is known of its phonemes and words."""

from __future__ import annotations

import io
import json
from typing import Any

from renderer.media.wav import read_wav
from renderer.types import Phoneme, Speech, Word


def pack_spoken(speech: Speech) -> bytes | None:
    """`{"phonemes": [[symbol, start_sec, end_sec], ...], "words": [[text, start_sec, end_sec, joined], ...]}`, UTF-8,
    either null where it is not known; None where nothing is."""
    phonemes, words = speech.phonemes, speech.words
    if phonemes is None and words is None:
        return None
    held = {
        "phonemes": None if phonemes is None else [[p.symbol, p.start_sec, p.end_sec] for p in phonemes],
        "words": None if words is None else [[w.text, w.start_sec, w.end_sec, w.joined] for w in words],
    }
    return json.dumps(held, ensure_ascii=False).encode()


def load_speech(wav: bytes, spoken: bytes | None) -> Speech:
    """The speech of a job. Raises MediaRejected when the WAV is not one of ours, ValueError when `spoken` is not."""
    samples = read_wav(io.BytesIO(wav))
    if spoken is None:
        return Speech(samples)
    held: Any = json.loads(spoken)
    # A list is what was stored before words were: a job may wait in its queue while a new version is deployed.
    if isinstance(held, list):
        return Speech(samples, _phonemes(held))
    return Speech(samples, _phonemes(held["phonemes"]), _words(held["words"]))


def _phonemes(rows: Any) -> tuple[Phoneme, ...] | None:
    return None if rows is None else tuple(Phoneme(str(symbol), float(a), float(b)) for symbol, a, b in rows)


def _words(rows: Any) -> tuple[Word, ...] | None:
    return None if rows is None else tuple(Word(str(text), float(a), float(b), bool(j)) for text, a, b, j in rows)
