"""Sound that a turn is given: of every kind and place, decoded while it is spoken, bounded."""

from __future__ import annotations

import io
import itertools
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
import pytest

from parley.wire.turn_job import TurnAudio
from renderer.given_sound import SoundFiles, given_sound
from renderer.media.errors import MediaRejected
from renderer.media.sounds import decode_speech, stream_speech
from renderer.media_bucket import BLOCK_BYTES, MediaBucket
from renderer.turn import TurnFailed
from renderer.turn_pieces import given_pieces
from renderer.types import RATE
from tests.moto_cloud import MotoCloud, moto_cloud
from tests.renderer.media.sound_files import sound_file, sweep, wav

KINDS = [
    ("wav", "pcm_s16le"),
    ("mp3", "libmp3lame"),
    ("mp4", "aac"),
    ("ogg", "libopus"),
    ("flac", "flac"),
    ("webm", "libopus"),
]


class Watched(io.BytesIO):
    """Says how far it was read."""

    furthest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.furthest = max(self.furthest, self.tell())
        return data


@pytest.fixture(scope="module")
def cloud() -> Iterator[MotoCloud]:
    with moto_cloud() as running:
        for name in ("parley-uploads", "parley-media"):
            running.client("s3").create_bucket(Bucket=name)
        yield running


def nothing(key: str) -> NoReturn:
    raise FileNotFoundError(key)


def in_uploads(data: bytes) -> SoundFiles:
    def opened(_: str) -> BinaryIO:
        return io.BytesIO(data)

    return SoundFiles(opened, nothing)


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_a_file_piece_by_piece_is_the_file_decoded_whole(tmp_path: Path, container: str, codec: str) -> None:
    data = sound_file(tmp_path, container, codec, 48_000, seconds=3.0)
    pieces = list(stream_speech(io.BytesIO(data)))
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate(pieces), decode_speech(data).samples)


def test_the_first_sound_comes_before_the_rest_is_read() -> None:
    file = Watched(wav((sweep(600, 48_000) * 32767).astype("<i2").tobytes()))
    pieces = given_pieces(stream_speech(file))
    first = next(pieces)
    assert len(first.samples) == RATE // 2 and file.furthest < 2 * 1024 * 1024 < len(file.getvalue()) / 20
    assert sum(len(piece.samples) for piece in itertools.chain([first], pieces)) == 600 * RATE


def test_who_takes_the_pieces_may_take_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    samples = 0
    for piece in stream_speech(io.BytesIO(wav(bytes(2 * 48_000 * 90)))):
        samples += len(piece)
        clock += 59.0
    assert samples == 48_000 * 90


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_pcm_of_any_rate_keeps_its_length(rate: int) -> None:
    pcm = (sweep(1.3, rate) * 32767).astype("<i2")
    audio = TurnAudio(pcm=b64encode(pcm.tobytes()), sample_rate=rate)
    spoken = np.concatenate(list(given_sound(audio, in_uploads(b""))))
    assert len(spoken) == round(len(pcm) * RATE / rate)
    assert rate != RATE or np.array_equal(spoken, pcm)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "audio_empty"),
        (b"not a sound" * 50, "audio_unreadable"),
        (b"#EXTM3U\nhttp://169.254.169.254/\n", "audio_refused_format"),
        (wav(bytes(100)), "audio_too_short"),
    ],
)
def test_what_is_no_sound_is_told_at_once(data: bytes, code: str) -> None:
    with pytest.raises(TurnFailed) as refused:
        next(given_sound(TurnAudio(s3_key="a"), in_uploads(data)))
    assert refused.value.code == code and not refused.value.retryable


def test_a_sound_without_end_is_cut_where_it_is_too_long() -> None:
    pieces = stream_speech(io.BytesIO(wav(bytes(2 * 48_000 * 3))), max_seconds=2.0)
    with pytest.raises(MediaRejected, match="longer than"):
        list(pieces)


def test_a_file_that_lacks_its_end_is_spoken_to_there_and_then_refused(tmp_path: Path) -> None:
    data = sound_file(tmp_path, "flac", "flac", 48_000, seconds=8.0)
    heard = 0
    with pytest.raises(MediaRejected, match="cut off"):
        for piece in stream_speech(io.BytesIO(data[: len(data) // 2])):
            heard += len(piece)
    assert heard > RATE


def test_an_object_is_read_block_by_block(cloud: MotoCloud) -> None:
    s3 = cloud.client("s3")
    data = np.random.default_rng(3).bytes(3 * BLOCK_BYTES + 17)
    s3.put_object(Bucket="parley-uploads", Key="sound", Body=data)
    with MediaBucket(s3, "parley-uploads").open("sound") as file:
        assert file.read(10) == data[:10]
        assert file.seek(-5, io.SEEK_END) == len(data) - 5 and file.read() == data[-5:]
        assert file.seek(BLOCK_BYTES - 3) and file.read(6) == data[BLOCK_BYTES - 3 : BLOCK_BYTES + 3]
        file.seek(0)
        assert file.read() == data
        s3.put_object(Bucket="parley-uploads", Key="sound", Body=data[::-1])
        file.seek(2 * BLOCK_BYTES)
        with pytest.raises(FileNotFoundError):
            file.read(10)


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_sound_in_either_bucket_is_spoken(cloud: MotoCloud, tmp_path: Path, container: str, codec: str) -> None:
    s3 = cloud.client("s3")
    data = sound_file(tmp_path, container, codec, 48_000)
    s3.put_object(Bucket="parley-media", Key="speech/x", Body=data)
    files = SoundFiles(MediaBucket(s3, "parley-uploads").open, MediaBucket(s3, "parley-media").open)
    spoken = np.concatenate(list(given_sound(TurnAudio(media_key="speech/x"), files)))
    assert np.array_equal(spoken, decode_speech(data).samples)
    with pytest.raises(TurnFailed) as gone:
        next(given_sound(TurnAudio(s3_key="speech/x"), files))
    assert gone.value.code == "audio_gone"
