"""Clips of every container, rate and turn come out as upright pictures on one grid; all else is refused with advice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from renderer.media.clips import clip_pictures
from renderer.media.errors import MediaRejected
from renderer.types import Picture
from tests.renderer.clip.clip_files import clip_file, turned_by_metadata
from tests.renderer.media.sound_files import sound_file


def numbered(frames: int, width: int = 160, height: int = 128) -> list[Picture]:
    """Each picture a grey of its own: 40 + 2 k; with a bright upper left corner."""
    made = [np.full((height, width, 3), 40 + 2 * (k % 90), np.uint8) for k in range(frames)]
    for picture in made:
        picture[:32, :32] = 250
    return made


def greys(path: Path, fps: int = 25, **options: float) -> list[int]:
    """Which of `numbered` is seen at each step of the grid."""
    seen = clip_pictures(path, fps, 640, **options)
    return [round((float(picture.i420[60:100, 60:100].mean() - 16) * 255 / 219 - 40) / 2) for picture in seen]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mov", "libx264"), ("a.webm", "libvpx")])
def test_every_container_gives_every_picture(tmp_path: Path, name: str, codec: str) -> None:
    seen = greys(clip_file(tmp_path / name, numbered(60), codec=codec))
    assert len(seen) == 60
    assert np.abs(np.array(seen) - np.arange(60)).max() <= 1


def test_any_rate_is_read_on_the_grid_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.uniform(0.004, 0.012, 320))  # about 120 a second, never twice the same step
    path = clip_file(tmp_path / "fast.mp4", numbered(320), times=times.tolist())
    for fps in (24, 25, 30):
        shown = list(clip_pictures(path, fps, 640))
        assert len(shown) == pytest.approx((times[-1] - times[0]) * fps, abs=2)
        assert [picture.seconds for picture in shown] == pytest.approx(np.arange(len(shown)) / fps)


def test_only_the_seconds_asked_for_are_used(tmp_path: Path) -> None:
    path = clip_file(tmp_path / "a.mp4", numbered(100))
    assert len(greys(path, max_seconds=2.5)) == pytest.approx(63, abs=1)


def test_a_phones_turned_clip_is_upright_and_a_large_one_smaller(tmp_path: Path) -> None:
    lying = clip_file(tmp_path / "lying.mp4", numbered(55, 320, 200)).read_bytes()
    path = tmp_path / "upright.mp4"
    path.write_bytes(turned_by_metadata(lying))
    picture = next(iter(clip_pictures(path, 25, 160))).i420
    assert picture.shape == (160 * 3 // 2, 100)
    # What was at the upper left is at the upper right.
    assert picture[5, 95] > 200 > picture[5, 5]


@pytest.mark.parametrize(
    ("frames", "size", "code"),
    [(30, (160, 128), "clip_too_short"), (280, (160, 128), "clip_too_long"), (55, (96, 160), "clip_too_small")],
)
def test_clips_of_the_wrong_length_or_size_are_refused(
    tmp_path: Path, frames: int, size: tuple[int, int], code: str
) -> None:
    path = clip_file(tmp_path / "a.mp4", numbered(frames, *size))
    with pytest.raises(MediaRejected) as refused:
        list(clip_pictures(path, 25, 640))
    assert refused.value.code == code


def test_a_clip_of_too_many_pixels_is_refused_before_one_is_decoded(tmp_path: Path) -> None:
    path = clip_file(tmp_path / "4k.mp4", [np.zeros((2160, 3840, 3), np.uint8)] * 2)
    with pytest.raises(MediaRejected) as refused:
        next(iter(clip_pictures(path, 25, 640)))
    assert refused.value.code == "clip_too_large"
    assert "3840 x 2160" in refused.value.message


@pytest.mark.parametrize("keep", [0.4, 0.8])
def test_a_clip_cut_off_is_refused(tmp_path: Path, keep: float) -> None:
    data = clip_file(tmp_path / "a.mp4", numbered(60)).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(MediaRejected) as refused:
        list(clip_pictures(path, 25, 640))
    assert refused.value.code == "clip_unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a video",
        b"\0\0\0\x18ftypmp42" + bytes(64),
        b"\x1aE\xdf\xa3" + bytes(64),
        b"#EXTM3U\nhttp://127.0.0.1/a.ts\n",
        b"RIFF\x24\0\0\0AVI LIST",
    ],
)
def test_what_is_no_clip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "what"
    path.write_bytes(data)
    with pytest.raises(MediaRejected) as refused:
        list(clip_pictures(path, 25, 640))
    assert refused.value.code == "clip_unreadable"


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    path.write_bytes(sound_file(tmp_path, "mp4", "aac", 48_000))
    with pytest.raises(MediaRejected, match="no pictures"):
        list(clip_pictures(path, 25, 640))


def test_noise_over_a_clip_never_does_more_than_be_refused(tmp_path: Path) -> None:
    data = bytearray(clip_file(tmp_path / "a.mp4", numbered(60)).read_bytes())
    for seed in range(12):
        rng = np.random.default_rng(seed)
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 40).tolist():
            broken[at] = int(rng.integers(256))
        path = tmp_path / "noise.mp4"
        path.write_bytes(broken)
        try:
            for picture in clip_pictures(path, 25, 640):
                assert picture.i420.shape[1] <= 640
        except MediaRejected as refused:
            assert refused.code.startswith("clip_")
