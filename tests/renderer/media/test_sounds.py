"""Sound in, as people send it: every accepted form decodes to the sample, every other is refused with its code."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.media import sounds
from renderer.media.errors import MediaRejected
from renderer.media.riff import believable_end
from renderer.media.sounds import decode_speech
from renderer.types import RATE
from tests.renderer.media.sound_files import lag, mov_that_points_to, sound_file, sweep, wav

SECONDS = 2.0
SAMPLES = round(SECONDS * RATE)


def code_of(source: bytes | Path, **options: float) -> str:
    with pytest.raises(MediaRejected) as refused:
        decode_speech(source, **options)
    assert len(refused.value.message) > 20
    return refused.value.code


@pytest.mark.parametrize(
    ("container", "codec", "rate", "layout"),
    [
        ("wav", "pcm_u8", 8_000, "mono"),
        ("wav", "pcm_s16le", 8_000, "mono"),
        ("wav", "pcm_mulaw", 8_000, "mono"),
        ("wav", "pcm_s16le", 44_100, "stereo"),
        ("wav", "pcm_s16le", 48_000, "mono"),
        ("wav", "pcm_s24le", 96_000, "mono"),
        ("wav", "pcm_f32le", 44_100, "stereo"),
        ("wav", "pcm_f64le", 192_000, "mono"),
        ("wav", "pcm_s16le", 48_000, "5.1"),
        ("mp3", "libmp3lame", 44_100, "stereo"),
        ("mp3", "libmp3lame", 16_000, "mono"),
        ("ogg", "libopus", 48_000, "stereo"),
        ("ogg", "flac", 44_100, "mono"),
        ("flac", "flac", 44_100, "stereo"),
        ("mp4", "aac", 44_100, "mono"),
        ("mp4", "aac", 48_000, "5.1"),
        ("mov", "pcm_s16le", 48_000, "stereo"),
        ("mov", "aac", 22_050, "mono"),
        ("ipod", "alac", 44_100, "stereo"),
        ("webm", "libopus", 48_000, "mono"),
        ("matroska", "flac", 48_000, "mono"),
    ],
)
def test_every_accepted_form_keeps_its_length_and_place_to_the_sample(
    tmp_path: Path, container: str, codec: str, rate: int, layout: str
) -> None:
    speech = decode_speech(sound_file(tmp_path, container, codec, rate, layout=layout))
    assert speech.samples.dtype == np.int16 and speech.phonemes is None
    assert len(speech.samples) == SAMPLES
    wanted = sweep(SECONDS, RATE)
    assert abs(lag(speech.samples, wanted)) <= 1
    assert np.abs(speech.samples).max() == pytest.approx(16_384, rel=0.1)


def test_adts_tells_no_encoder_delay_so_the_sound_stays_whole(tmp_path: Path) -> None:
    speech = decode_speech(sound_file(tmp_path, "adts", "aac", 48_000))
    assert SAMPLES <= len(speech.samples) <= SAMPLES + 2 * 1024
    assert 0 <= lag(speech.samples, sweep(SECONDS, RATE)) <= 1024


def test_the_sound_of_a_video_file_works(tmp_path: Path) -> None:
    for container in ("mp4", "matroska"):
        speech = decode_speech(sound_file(tmp_path, container, "aac", 48_000, pictures=True))
        assert 0 <= len(speech.samples) - SAMPLES < 1024
        assert abs(lag(speech.samples, sweep(SECONDS, RATE))) <= 1


def test_a_path_and_bytes_give_the_same_and_a_wrong_name_does_not_matter(tmp_path: Path) -> None:
    data = sound_file(tmp_path, "mp3", "libmp3lame", 44_100)
    misnamed = tmp_path / "speech.m3u8"
    misnamed.write_bytes(data)
    assert np.array_equal(decode_speech(misnamed).samples, decode_speech(data).samples)


def test_an_mp3_behind_a_large_tag_is_found(tmp_path: Path) -> None:
    mp3 = sound_file(tmp_path, "mp3", "libmp3lame", 44_100, id3v2_version="0")
    size = 300_000
    tag = b"ID3\x03\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    assert len(decode_speech(tag + mp3).samples) == SAMPLES


def test_48_khz_mono_16_bits_is_untouched() -> None:
    samples = np.random.default_rng(1).integers(-32_768, 32_768, RATE, np.int16)
    assert np.array_equal(decode_speech(wav(samples.tobytes())).samples, samples)


def test_digital_silence_stays_digital_silence() -> None:
    assert not decode_speech(wav(bytes(2 * 44_100), rate=44_100)).samples.any()


def test_clipped_and_too_loud_sound_is_limited_not_wrapped() -> None:
    loud = (4 * sweep(1, RATE)).astype("<f4")
    got = decode_speech(wav(loud.tobytes(), bits=32, tag=3)).samples.astype(int)
    assert np.abs(got - np.clip(loud * 32_768, -32_768, 32_767)).max() <= 2


def test_nan_and_infinity_do_not_spread() -> None:
    signal = sweep(1, 44_100).astype("<f4")
    signal[1000], signal[2000], signal[3000] = np.nan, np.inf, -np.inf
    got = decode_speech(wav(signal.tobytes(), bits=32, tag=3, rate=44_100)).samples
    clean = decode_speech(wav(sweep(1, 44_100).tobytes(), bits=32, tag=3, rate=44_100)).samples
    assert (got[4000:] == clean[4000:]).all()


def test_six_channels_without_a_layout_are_mixed() -> None:
    signal = np.repeat((sweep(1, RATE) * 32_768).astype("<i2"), 6)
    assert abs(lag(decode_speech(wav(signal.tobytes(), channels=6)).samples, sweep(1, RATE))) <= 1


def test_a_wav_that_was_streamed_with_an_open_length_is_read() -> None:
    data = bytearray(wav(bytes(96_000)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert len(decode_speech(bytes(data)).samples) == 48_000


def test_nothing_and_no_samples_are_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert code_of(tmp_path / "empty.wav") == "audio_empty"
    assert code_of(b"") == "audio_empty"
    assert code_of(wav(b"")) == "audio_empty"


def test_a_video_without_sound_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        out.mux(stream.encode(None))
    assert code_of(path) == "audio_empty"


def test_fifty_milliseconds_are_too_short_and_a_hundred_are_enough() -> None:
    assert code_of(wav(bytes(2 * 2400))) == "audio_too_short"
    assert code_of(wav(bytes(2 * 4799))) == "audio_too_short"
    assert len(decode_speech(wav(bytes(2 * 4800))).samples) == 4800


def test_thirty_one_minutes_are_too_long_and_thirty_are_not() -> None:
    assert code_of(wav(bytes(8_000 * 60 * 31), rate=8_000, bits=8)) == "audio_too_long"
    assert decode_speech(wav(bytes(8_000 * 60 * 30), rate=8_000, bits=8)).duration_sec == 1800
    assert code_of(wav(bytes(2 * RATE)), max_seconds=0.5) == "audio_too_long"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\n/etc/passwd\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "file '/etc/passwd'\nfile 'b.wav'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:///etc/</BaseURL></MPD>',
        "[playlist]\nFile1=http://169.254.169.254/latest/meta-data/\n",
        "http://169.254.169.254/latest/meta-data/\n",
        "concat:/etc/passwd|/etc/hostname",
        "\ufeff#EXTM3U\nhttp://127.0.0.1/\n",
        "/etc/speech.wav\n/etc/other.wav\n",
    ],
)
def test_a_list_that_names_other_files_is_refused(text: str) -> None:
    assert code_of(text.encode()) == "audio_refused_format"


@pytest.mark.parametrize(
    "data", [b"FORM\0\0\0\x10AIFF", b"RIFF\0\0\0\0AVI LIST", b"#!AMR\n" + bytes(50), b"caff\0\1\0\0"]
)
def test_a_format_that_is_known_but_not_accepted_is_refused_by_name(data: bytes) -> None:
    assert code_of(data) == "audio_refused_format"


def test_a_codec_that_is_not_accepted_is_refused() -> None:
    assert code_of(wav(bytes(96_000), tag=0x2001)) == "audio_refused_format"  # DTS in a WAV


def test_a_quicktime_file_that_points_to_another_file_does_not_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mov = sound_file(tmp_path, "mov", "pcm_s16le", 48_000)
    other = tmp_path / "secret.mov"
    other.write_bytes(mov)
    pointing = mov_that_points_to(other, mov)
    assert code_of(pointing) == "audio_empty"
    # The second wall: even a demuxer told to follow references gets nothing opened.
    following = {**sounds._DEMUXER_OPTIONS, "enable_drefs": "1", "use_absolute_path": "1"}
    monkeypatch.setattr(sounds, "_DEMUXER_OPTIONS", following)
    assert code_of(pointing) == "audio_refused_format"


@pytest.mark.parametrize(
    "data", [b"hello, this is no sound", b"\x89PNG\r\n\x1a\n" + bytes(99), bytes(100_000), b"\xff" * 99_999]
)
def test_what_is_no_sound_is_unreadable(data: bytes) -> None:
    assert code_of(data) == "audio_unreadable"


@pytest.mark.parametrize("rate", [1, 1_000_000_000])
def test_an_absurd_rate_is_refused_before_it_is_resampled(rate: int) -> None:
    assert code_of(wav(bytes(9600), rate=rate)) == "audio_unreadable"


def test_an_absurd_number_of_channels_is_refused() -> None:
    assert code_of(wav(bytes(96_000), channels=100)) == "audio_unreadable"


@pytest.mark.parametrize(
    ("container", "codec", "muxer"), [("mp4", "aac", {"movflags": "faststart"}), ("flac", "flac", {})]
)
def test_a_file_that_lacks_its_end_is_refused(
    tmp_path: Path, container: str, codec: str, muxer: dict[str, str]
) -> None:
    data = sound_file(tmp_path, container, codec, 48_000, **muxer)
    assert code_of(data[: len(data) * 6 // 10]) == "audio_unreadable"


def test_a_wav_chunk_that_claims_gigabytes_costs_none() -> None:
    # libavformat allocates and clears what an INFO text claims: 2 GB for this file.
    claim = b"LIST" + struct.pack("<I", 0x7FFFFFF0) + b"INFOISFT" + struct.pack("<I", 0x7FFFFF00)
    honest = wav(bytes(96_000))
    for data in (honest[:12] + claim + honest[12:], honest + claim):
        # What lies behind the claim is no part of the file that libavformat is shown.
        assert believable_end(io.BytesIO(data)) == data.index(b"LIST")
    assert code_of(honest[:12] + claim + honest[12:]) == "audio_unreadable"
    assert len(decode_speech(honest + claim).samples) == 48_000


def test_a_file_made_to_take_long_is_stopped_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "_MAX_WALL_SEC", 0.0)
    assert code_of(sound_file(tmp_path, "mp3", "libmp3lame", 44_100)) == "audio_unreadable"


def test_a_file_beyond_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MAX_FILE_BYTES", 10_000)
    assert code_of(wav(bytes(20_000))) == "media_too_large"


FORMS = [
    ("wav", "pcm_s16le"),
    ("mp3", "libmp3lame"),
    ("ogg", "libopus"),
    ("flac", "flac"),
    ("mp4", "aac"),
    ("webm", "libopus"),
    ("adts", "aac"),
]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("forms")
    return [sound_file(folder, container, codec, 48_000, seconds=0.5) for container, codec in FORMS]


@settings(max_examples=200)
@given(
    form=st.integers(0, len(FORMS) - 1),
    start=st.integers(0, 60_000),
    noise=st.binary(max_size=60),
    cut=st.integers(0, 60_000) | st.none(),
)
def test_damaged_bytes_are_refused_or_decoded_but_never_crash(
    samples: list[bytes], form: int, start: int, noise: bytes, cut: int | None
) -> None:
    data = samples[form]
    start %= len(data)
    damaged = (data[:start] + noise + data[start + len(noise) :])[:cut]
    try:
        assert decode_speech(damaged, max_seconds=60).duration_sec >= 0.1
    except MediaRejected as refused:
        assert refused.code.startswith("audio_")
