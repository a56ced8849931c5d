"""WAV between the steps of a render: what was written is what is read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from renderer.media.errors import MediaRejected
from renderer.media.sounds import decode_speech
from renderer.media.wav import read_wav, write_wav
from tests.renderer.media.sound_files import wav

NOISE = np.random.default_rng(3).integers(-32_768, 32_768, 12_345, np.int16)


def test_samples_come_back_from_a_path_and_from_memory(tmp_path: Path) -> None:
    write_wav(tmp_path / "speech.wav", NOISE)
    assert np.array_equal(read_wav(tmp_path / "speech.wav"), NOISE)
    memory = io.BytesIO()
    write_wav(memory, NOISE)
    memory.seek(0)
    assert np.array_equal(read_wav(memory), NOISE)


def test_the_general_reader_agrees(tmp_path: Path) -> None:
    write_wav(tmp_path / "speech.wav", NOISE)
    assert np.array_equal(decode_speech(tmp_path / "speech.wav").samples, NOISE)


@pytest.mark.parametrize(
    "data", [b"", b"no wav", wav(bytes(400), rate=44_100), wav(bytes(400), channels=2), wav(bytes(400), bits=8)]
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(MediaRejected) as refused:
        read_wav(io.BytesIO(data))
    assert refused.value.code == "audio_unreadable"
