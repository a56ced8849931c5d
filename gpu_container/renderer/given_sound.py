"""The sound that a turn was given, decoded while it is spoken: a file of a bucket, or PCM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeAlias

import numpy as np

from parley.wire.turn_job import TurnAudio
from renderer.media.errors import MediaRejected
from renderer.media.resampling import resampled
from renderer.media.sounds import stream_speech
from renderer.turn import TurnFailed
from renderer.types import Samples

MAX_SOUND_SEC: Final = 1_800.0

OpenObject: TypeAlias = Callable[[str], BinaryIO]
"""Key of a bucket -> the object as a seekable file; raises FileNotFoundError, then and while it is read."""


@dataclass(frozen=True)
class SoundFiles:
    """Where given sound lies."""

    uploads: OpenObject
    media: OpenObject


def given_sound(audio: TurnAudio | None, files: SoundFiles) -> Iterator[Samples]:
    """int16 (N,) at RATE, piece by piece. Raises TurnFailed, at first or on the way."""
    if audio is None:
        raise TurnFailed("audio_missing", "The turn brings no sound: name an asset or a URL, or send PCM.")
    if audio.pcm is not None:
        yield from _from_pcm(audio.pcm, audio.sample_rate)
        return
    try:
        with files.uploads(audio.s3_key) if audio.s3_key else files.media(audio.media_key or "") as file:
            yield from stream_speech(file, max_seconds=MAX_SOUND_SEC)
    except FileNotFoundError as gone:
        raise TurnFailed("audio_gone", "The sound of this turn was deleted.") from gone
    except MediaRejected as refusal:
        raise TurnFailed(refusal.code, refusal.message) from refusal


def _from_pcm(pcm: bytes, rate: int) -> Iterator[Samples]:
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) * np.float32(1 / 32768)
    for piece in resampled(iter([(rate, samples)])):
        yield np.frombuffer(piece, np.int16)
