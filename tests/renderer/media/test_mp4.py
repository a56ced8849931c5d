"""The MP4 as a player sees it: lengths, order of the file, colours, sound in step, and what an error leaves behind."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.media.mp4 import Mp4Writer
from renderer.media.sounds import decode_speech
from renderer.planes import planes_of
from renderer.types import RATE
from tests.renderer.media.sound_files import lag, sweep

SIDE = 128


def picture(index: int) -> NDArray[np.uint8]:
    """RGB whose brightness counts the pictures, with three fixed patches of colour."""
    rgb = np.full((SIDE, SIDE, 3), 40 + index % 160, np.uint8)
    for at, colour in enumerate(((200, 40, 40), (40, 200, 40), (40, 40, 200))):
        rgb[:32, 32 * at : 32 * at + 32] = colour
    return rgb


def speech(seconds: float) -> NDArray[np.int16]:
    return (sweep(seconds, RATE) * 32_767).astype(np.int16)


def write(path: Path, frames: int, fps: int, samples: NDArray[np.int16]) -> Path:
    with Mp4Writer(path, SIDE, SIDE, fps) as writer:
        writer.write_audio(samples)
        for index in range(frames):
            writer.write_frame(picture(index))
    return path


@pytest.mark.parametrize("fps", [24, 25, 30])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 3.21])
def test_video_lasts_frames_over_fps_and_sound_lasts_its_samples(tmp_path: Path, fps: int, seconds: float) -> None:
    samples = speech(seconds)
    frames = -(-len(samples) * fps // RATE)
    path = write(tmp_path / "out.mp4", frames, fps, samples)
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.start_time, audio.start_time) == (0, 0)
        assert video.duration * video.time_base * fps == frames
        assert audio.duration * audio.time_base * RATE == len(samples)
        times = [frame.time for frame in file.decode(video=0)]
    assert times == pytest.approx([index / fps for index in range(frames)], abs=1e-6)
    assert len(decode_speech(path).samples) == len(samples)


def test_sound_starts_with_the_first_picture_to_the_sample(tmp_path: Path) -> None:
    samples = speech(3.0)
    got = decode_speech(write(tmp_path / "out.mp4", 75, 25, samples)).samples
    assert lag(got, samples.astype(float)) == 0
    error = got.astype(float) - samples
    assert 10 * np.log10((samples.astype(float) ** 2).sum() / (error**2).sum()) > 20


def test_the_file_begins_with_its_index_and_is_plain_h264_and_aac(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", 50, 25, speech(2))
    data = path.read_bytes()
    assert data[4:8] == b"ftyp" and data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0].codec_context, file.streams.audio[0].codec_context
        assert (video.name, video.profile, video.pix_fmt) == ("h264", "High", "yuv420p")
        assert (audio.name, audio.profile, audio.sample_rate, audio.layout.name) == ("aac", "LC", RATE, "mono")


def test_colours_come_back_and_are_flagged_as_they_were_made(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", 5, 25, speech(0.2))
    with av.open(str(path)) as file:
        video = file.streams.video[0].codec_context
        # Matrix BT.601, primaries and curve BT.709 (sRGB's), studio range.
        assert (video.colorspace, video.color_primaries, video.color_trc, video.color_range) == (6, 1, 1, 1)
        got = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    for y, x in ((16, 16), (16, 48), (16, 80), (80, 64)):
        assert np.abs(got[y, x] - picture(0)[y, x]).max() <= 6


def test_i420_pictures_give_the_same_file_as_rgb(tmp_path: Path) -> None:
    rgb = write(tmp_path / "rgb.mp4", 10, 25, speech(0.4))
    with Mp4Writer(tmp_path / "i420.mp4", SIDE, SIDE, 25) as writer:
        writer.write_audio(speech(0.4))
        for index in range(10):
            writer.write_frame(planes_of(picture(index)).i420)
    assert (tmp_path / "i420.mp4").read_bytes() == rgb.read_bytes()


def test_a_caller_may_reuse_its_rgb_buffer_at_once(tmp_path: Path) -> None:
    fresh = write(tmp_path / "fresh.mp4", 40, 25, speech(1.6))
    buffer = np.empty((SIDE, SIDE, 3), np.uint8)
    with Mp4Writer(tmp_path / "reused.mp4", SIDE, SIDE, 25) as writer:
        writer.write_audio(speech(1.6))
        for index in range(40):
            buffer[:] = picture(index)
            writer.write_frame(buffer)
            buffer[:] = 0
    assert (tmp_path / "reused.mp4").read_bytes() == fresh.read_bytes()


def test_sound_may_come_bit_by_bit_and_after_the_pictures(tmp_path: Path) -> None:
    samples = speech(2.0)
    with Mp4Writer(tmp_path / "out.mp4", SIDE, SIDE, 25) as writer:
        for index in range(50):
            writer.write_frame(picture(index))
            writer.write_audio(samples[index * 700 : (index + 1) * 700])
        writer.write_audio(samples[35_000:])
    got = decode_speech(tmp_path / "out.mp4").samples
    assert len(got) == len(samples) and lag(got, samples.astype(float)) == 0


def test_pictures_and_sound_lie_side_by_side_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", 250, 25, speech(10))
    with av.open(str(path)) as file:
        packets = [
            (packet.stream.type, packet.pos, float(packet.dts * packet.time_base))
            for packet in file.demux()
            if packet.size
        ]
    in_file = sorted(packets, key=lambda packet: packet[1])
    last = {"video": 0.0, "audio": 0.0}
    for kind, _, at in in_file:
        last[kind] = at
        assert abs(last["video"] - last["audio"]) < 1.5


def test_an_error_leaves_no_file_and_an_older_one_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"older")
    with pytest.raises(RuntimeError, match="stop"), Mp4Writer(path, SIDE, SIDE, 25) as writer:
        writer.write_frame(picture(0))
        raise RuntimeError("stop")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == b"older"
    assert not any(thread.name.startswith("mp4") for thread in threading.enumerate())


def test_wrong_sizes_are_refused(tmp_path: Path) -> None:
    for width, height in ((127, 128), (128, 127), (0, 0)):
        with pytest.raises(ValueError, match="even sides"):
            Mp4Writer(tmp_path / "out.mp4", width, height, 25)
    with pytest.raises(ValueError, match="shape"), Mp4Writer(tmp_path / "out.mp4", SIDE, SIDE, 25) as writer:
        writer.write_frame(np.zeros((64, 64, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Mp4Writer(tmp_path / "nowhere" / "out.mp4", SIDE, SIDE, 25)
