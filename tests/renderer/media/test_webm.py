"""A WebM with alpha: what was put in comes out, in colours, alpha, sound and time."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from renderer.media.webm import WebmWriter
from renderer.planes import planes_of
from renderer.types import RATE, Picture

WIDTH, HEIGHT, FPS, FRAMES = 128, 96, 25, 30


def picture(frame: int) -> tuple[Picture, Picture]:
    """I420 and alpha: a red disc on blue that moves right; only the disc is seen."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc = (x - 30 - frame) ** 2 + (y - 48) ** 2 < 24**2
    rgb = np.where(disc[..., None], [200, 40, 40], [20, 20, 160]).astype(np.uint8)
    return planes_of(rgb).i420, np.where(disc, 255, 0).astype(np.uint8)


def written(path: Path) -> Path:
    tone = (np.sin(np.arange(int(FRAMES / FPS * RATE)) / 15) * 8000).astype(np.int16)
    with WebmWriter(path, WIDTH, HEIGHT, FPS) as writer:
        writer.write_audio(tone)
        for frame in range(FRAMES):
            writer.write_frame(*picture(frame))
    return path


def decoded(path: Path) -> list[tuple[Picture, Picture]]:
    """RGB and alpha of every picture, by the decoder that reads both."""
    frames = list[tuple[Picture, Picture]]()
    with av.open(str(path)) as file:
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in file.demux(video=0):
            for frame in decoder.decode(packet):
                assert frame.format.name == "yuva420p"
                rgba = frame.to_ndarray(format="rgba")
                frames.append((rgba[..., :3], rgba[..., 3]))
    return frames


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("webm") / "film.webm")


def test_colours_and_alpha_survive(film: Path) -> None:
    frames = decoded(film)
    assert len(frames) == FRAMES
    for index in (0, 13, FRAMES - 1):
        _, alpha = picture(index)
        rgb, seen = frames[index]
        assert np.abs(seen.astype(int) - alpha).mean() < 2.5
        assert seen[48, 30 + index] > 250 and seen[:8, :8].max() <= 2
        assert np.abs(rgb[48, 30 + index].astype(int) - [200, 40, 40]).max() < 16


def test_the_container_tells_players_of_the_alpha_and_of_the_sound(film: Path) -> None:
    with av.open(str(film)) as file:
        video, sound = file.streams.video[0], file.streams.audio[0]
        assert video.metadata.get("ALPHA_MODE", video.metadata.get("alpha_mode")) == "1"
        assert (video.codec_context.name, video.width, video.height, video.average_rate) == ("vp9", WIDTH, HEIGHT, FPS)
        assert (sound.codec_context.name, sound.rate) == ("opus", RATE)
        times = [packet.pts * packet.time_base for packet in file.demux(video) if packet.pts is not None]
    assert [round(float(time) * FPS) for time in times] == list(range(FRAMES))


def test_the_sound_lasts_exactly_as_long_as_it_was(film: Path) -> None:
    with av.open(str(film)) as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) == int(FRAMES / FPS * RATE)


def test_the_same_pictures_give_the_same_bytes(film: Path, tmp_path: Path) -> None:
    assert written(tmp_path / "again.webm").read_bytes() == film.read_bytes()


def test_a_picture_without_alpha_is_seen_whole(tmp_path: Path) -> None:
    with WebmWriter(tmp_path / "out.webm", WIDTH, HEIGHT, FPS) as writer:
        writer.write_frame(picture(0)[0])
    assert decoded(tmp_path / "out.webm")[0][1].min() > 250


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="96x128"), WebmWriter(tmp_path / "out.webm", 96, 128, FPS) as writer:
        writer.write_frame(*picture(0))
    assert list(tmp_path.iterdir()) == []


def test_sides_that_cannot_be_encoded_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="even"):
        WebmWriter(tmp_path / "out.webm", 97, 96, FPS)
