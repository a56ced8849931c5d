"""`parley render`: a video from a portrait and speech, or one line that says what to change, and no file."""

from __future__ import annotations

import re
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from local.cli import app
from local.presenter import draw_presenter
from renderer.media.wav import write_wav
from renderer.types import RATE


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portrait") / "presenter.png"
    cv2.imwrite(str(path), draw_presenter(512)[..., ::-1])
    return path


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    t = np.arange(RATE) / RATE
    write_wav(tmp_path / "speech.wav", (8000 * np.sin(700 * t) * np.sin(12 * t)).astype(np.int16))
    return tmp_path / "speech.wav"


def test_a_portrait_and_text_become_a_video(portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    done = CliRunner().invoke(app, ["render", str(portrait), "--text", "Papa.", "-o", str(out), "--size", "256"])
    assert done.exit_code == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert re.search(r"out\.mp4: [\d.]+ s of video in [\d.]+ s, [\d.]+ times real time$", last)
    with av.open(str(out)) as file:
        video = file.streams.video[0]
        assert (video.width, video.height, video.average_rate) == (256, 256, 25)
        assert abs(video.duration * video.time_base - file.streams.audio[0].duration / RATE) <= 1 / 25


def test_a_portrait_and_a_recording_become_a_video(portrait: Path, speech: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    options = ["--size", "256", "--fps", "24", "--background", "#20a0c0", "--seed", "3"]
    options += ["--emotion", "happy", "--intensity", "0.7"]
    done = CliRunner().invoke(app, ["render", str(portrait), str(speech), "-o", str(out), *options])
    assert done.exit_code == 0, done.stderr
    with av.open(str(out)) as file:
        assert sum(1 for _ in file.decode(video=0)) == 24


def test_a_wide_video_with_captions_in_it_and_beside_it(portrait: Path, speech: Path, tmp_path: Path) -> None:
    out, vtt, said = tmp_path / "out.mp4", tmp_path / "out.vtt", tmp_path / "said.txt"
    said.write_text("Two words.")
    options = ["--size", "256", "--aspect", "16:9", "--background", "White", "--transcript", str(said)]
    options += ["--burn-captions", "boxed", "--captions", str(vtt)]
    done = CliRunner().invoke(app, ["render", str(portrait), str(speech), "-o", str(out), *options])
    assert done.exit_code == 0, done.stderr
    assert vtt.read_text().startswith("WEBVTT\n") and "Two words." in vtt.read_text()
    with av.open(str(out)) as file:
        pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert pictures[0].shape == (144, 256, 3)
    assert pictures[12][4, 4].min() > 245
    assert pictures[12][118:138, 100:156].std() > 30, "letters on their box"


@pytest.mark.parametrize("background", ["transparent", "picture.png"])
def test_a_person_without_or_before_a_picture(portrait: Path, speech: Path, tmp_path: Path, background: str) -> None:
    out = tmp_path / ("out.webm" if background == "transparent" else "out.mp4")
    cv2.imwrite(str(tmp_path / "picture.png"), np.full((400, 300, 3), (10, 200, 30), np.uint8))
    wish = background if background == "transparent" else str(tmp_path / background)
    options = ["--size", "256", "--aspect", "9:16", "--background", wish]
    done = CliRunner().invoke(app, ["render", str(portrait), str(speech), "-o", str(out), *options])
    assert done.exit_code == 0, done.stderr
    with av.open(str(out)) as file:
        frame = next(frame for packet in file.demux(video=0) for frame in _decoder(background, packet))
        seen = frame.to_ndarray(format="rgba")
    assert seen.shape == (256, 144, 4)
    if background == "transparent":
        assert seen[:10, :10, 3].max() <= 2 and seen[100:130, 62:82, 3].min() > 250
    else:
        assert np.abs(seen[4, 4, :3].astype(int) - [30, 200, 10]).max() < 12


_VP9 = av.CodecContext.create("libvpx-vp9", "r")


def _decoder(background: str, packet: av.Packet) -> list[av.VideoFrame]:
    return _VP9.decode(packet) if background == "transparent" else packet.decode()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["speech.wav", "--text", "both"], "one of the two"),
        ([], "one of the two"),
        (["speech.wav", "--fps", "26"], "24, 25 or 30"),
        (["speech.wav", "--size", "257"], "256 to 1536"),
        (["speech.wav", "--background", "the moon"], "green_screen"),
        (["speech.wav", "--background", "notes.txt"], "notes.txt"),
        (["speech.wav", "--aspect", "4:3"], "16:9"),
        (["speech.wav", "--background", "transparent"], ".webm"),
        (["speech.wav", "-o", "out.webm"], ".mp4"),
        (["speech.wav", "--burn-captions", "clean"], "--transcript"),
        (["speech.wav", "--captions", "out.vtt"], "--transcript"),
        (["--text", "hello", "--transcript", "hello"], "known already"),
        (["--text", "hello", "--burn-captions", "neon"], "karaoke"),
        (["speech.wav", "--captions", "out.vtt", "--transcript", "..."], "--transcript"),
        (["speech.wav", "--emotion", "angry"], "happy, curious"),
        (["speech.wav", "--intensity", "1.5"], "from 0 to 1"),
        (["speech.wav", "--seed", "-1"], "from 0 to"),
        (["speech.wav", "-o", "speech.wav"], "another name"),
        (["missing.wav"], "No such file"),
        (["notes.txt"], "not a sound file"),
        (["short.wav"], "at least 100 ms"),
        (["list.m3u8"], "names other files"),
        (["--text", "hello", "--voice", "klingon"], "klingon"),
        (["speech.wav", "-o", "nowhere/out.mp4"], "No such file"),
    ],
)
@pytest.mark.usefixtures("speech")
def test_what_cannot_be_used_is_one_line_and_leaves_no_file(
    portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("these are notes")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n/etc/passwd\n")
    write_wav(tmp_path / "short.wav", np.zeros(2400, np.int16))
    done = CliRunner().invoke(app, ["render", str(portrait), "-o", "out.mp4", *options])
    assert done.exit_code == 2
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert not [path.name for path in tmp_path.rglob("*") if ".mp4" in path.name]


@pytest.mark.parametrize("kind", ["grey", "truncated", "text", "missing"])
def test_a_portrait_that_cannot_be_used_is_one_line_and_leaves_no_file(
    portrait: Path, speech: Path, tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    if kind == "grey":
        cv2.imwrite(str(bad), np.full((512, 512, 3), 128, np.uint8))
    elif kind == "truncated":
        bad.write_bytes(portrait.read_bytes()[:20_000])
    elif kind == "text":
        bad.write_text("no picture")
    done = CliRunner().invoke(app, ["render", str(bad), str(speech), "-o", str(tmp_path / "out.mp4")])
    assert done.exit_code == 2
    assert str(bad) in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert "libpng" not in capfd.readouterr().err
    assert not (tmp_path / "out.mp4").exists()
