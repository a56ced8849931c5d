"""A render from end to end: speech and a rig become a file that a player shows as promised, or no file at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from renderer.media.sounds import decode_speech
from renderer.render import RenderOptions, RenderResult, RenderStopped, frame_count, pictures, render_video
from renderer.rig import Rig, save_rig
from renderer.types import HEAD_AXES, MOUTH_AXES, RATE, Floats, Samples, Speech
from tests.renderer.media.sound_files import lag
from tests.renderer.poses import drawing, framed, inside_pixels

SMALL = RenderOptions(size=128)


def voice(seconds: float) -> Samples:
    """A buzz of 120 Hz in syllables, formants of an open vowel: enough to open a mouth."""
    times = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * k * times) / (1 + abs(120 * k - 750) / 150) for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * times), 0, 1)
    return (6000 * np.asarray(buzz) * syllables).clip(-32_000, 32_000).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


@pytest.fixture(scope="module")
def speech() -> Speech:
    return Speech(voice(1.23))


@pytest.fixture(scope="module")
def rendered(presenter_rig: Rig, speech: Speech, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RenderResult]:
    out = tmp_path_factory.mktemp("render") / "out.mp4"
    return out, render_video(presenter_rig, speech, out, RenderOptions(size=256))


def test_the_result_says_what_the_file_holds(rendered: tuple[Path, RenderResult]) -> None:
    out, result = rendered
    assert result == RenderResult(frames=31, fps=25, width=256, height=256, duration_seconds=1.24)
    with av.open(str(out)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt, audio.codec_context.name) == (
            "h264",
            "yuv420p",
            "aac",
        )
        assert (video.width, video.height, video.average_rate) == (256, 256, 25)
        assert video.duration * video.time_base == pytest.approx(1.24)
        assert audio.duration * audio.time_base == pytest.approx(1.23)
        assert sum(1 for _ in file.decode(video=0)) == 31


def test_the_sound_in_the_file_is_the_speech_in_step(rendered: tuple[Path, RenderResult], speech: Speech) -> None:
    heard = decode_speech(rendered[0]).samples
    assert len(heard) == len(speech.samples)
    assert lag(heard, speech.samples) == 0
    assert np.corrcoef(heard, speech.samples)[0, 1] > 0.99


def test_the_decoded_pictures_are_the_drawn_ones(
    rendered: tuple[Path, RenderResult], presenter_rig: Rig, speech: Speech
) -> None:
    drawn = pictures(presenter_rig, speech, RenderOptions(size=256))
    with av.open(str(rendered[0])) as file:
        for seen, meant in zip(file.decode(video=0), drawn, strict=True):
            assert np.abs(seen.to_ndarray(format="rgb24").astype(int) - meant).mean() < 3


def test_the_mouth_opens_with_the_voice(presenter_rig: Rig, speech: Speech) -> None:
    frame = framed(presenter_rig, 256)
    opened = [inside_pixels(picture, frame) for picture in pictures(presenter_rig, speech, RenderOptions(size=256))]
    assert max(opened) > 40


@pytest.mark.parametrize(("samples", "fps", "frames"), [(0, 25, 1), (1, 25, 1), (1920, 25, 1), (1921, 25, 2)])
def test_every_sample_has_its_picture(samples: int, fps: int, frames: int) -> None:
    assert frame_count(samples, fps) == frames


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_sound_and_pictures_end_within_one_frame(presenter_rig: Rig, fps: int, tmp_path: Path) -> None:
    speech = Speech(voice(0.55))
    result = render_video(presenter_rig, speech, tmp_path / "out.mp4", RenderOptions(size=128, fps=fps))
    assert result.fps == fps
    assert 0 <= result.duration_seconds - speech.duration_sec < 1 / fps


def test_the_shortest_speech_is_one_picture(presenter_rig: Rig, tmp_path: Path) -> None:
    assert render_video(presenter_rig, Speech(silence(0.01)), tmp_path / "out.mp4", SMALL).frames == 1


def test_lips_stay_closed_in_silence(presenter_rig: Rig) -> None:
    frame = framed(presenter_rig, 256)
    for picture in pictures(presenter_rig, Speech(silence(4)), RenderOptions(size=256)):
        assert inside_pixels(picture, frame) <= 6


def test_a_longer_speech_begins_with_the_same_pictures(presenter_rig: Rig) -> None:
    samples = voice(1.6)
    short = list(pictures(presenter_rig, Speech(samples[:RATE]), SMALL))
    long = list(pictures(presenter_rig, Speech(samples), SMALL))
    # A mouth prepares for what comes: the last tenth of a second and a little may differ.
    for index in range(len(short) - 8):
        np.testing.assert_array_equal(short[index], long[index])


def test_progress_counts_every_picture_to_the_last(presenter_rig: Rig, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    render_video(presenter_rig, Speech(voice(0.5)), tmp_path / "out.mp4", SMALL, lambda *done: seen.append(done))
    assert seen == [(done, 13) for done in range(1, 14)]


@pytest.mark.parametrize("after", [0, 1, 7])
def test_a_render_told_to_stop_stops_and_leaves_nothing(presenter_rig: Rig, tmp_path: Path, after: int) -> None:
    asked: list[int] = []
    done: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > after

    with pytest.raises(RenderStopped):
        render_video(
            presenter_rig, Speech(voice(1)), tmp_path / "out.mp4", SMALL, lambda k, _: done.append(k), should_stop
        )
    assert len(asked) == after + 1 and done == list(range(1, after + 1))
    assert list(tmp_path.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("draw", "mp4"))]


def test_a_failure_on_the_way_leaves_an_older_file_as_it_was(presenter_rig: Rig, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"yesterday's")

    def broken(done: int, _: int) -> None:
        if done == 3:
            raise OSError("the lease is gone")

    with pytest.raises(OSError, match="lease"):
        render_video(presenter_rig, Speech(voice(1)), out, SMALL, broken)
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_bytes() == b"yesterday's"


def test_a_size_no_video_can_have_is_refused_before_anything_is_written(presenter_rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="even"):
        render_video(presenter_rig, Speech(voice(0.2)), tmp_path / "out.mp4", RenderOptions(size=301))
    assert list(tmp_path.iterdir()) == []


def test_the_background_is_the_one_asked_for(presenter_rig: Rig, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    render_video(presenter_rig, Speech(voice(0.1)), out, RenderOptions(size=128, background=(20, 180, 60)))
    with av.open(str(out)) as file:
        corner = next(file.decode(video=0)).to_ndarray(format="rgb24")[:10, :10].reshape(-1, 3).mean(axis=0)
    assert corner == pytest.approx([20, 180, 60], abs=6)


def test_another_seed_moves_the_head_otherwise(presenter_rig: Rig) -> None:
    speech = Speech(silence(0.1))
    one, other = (next(pictures(presenter_rig, speech, RenderOptions(size=128, seed=seed))) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_the_same_input_gives_the_same_file_in_this_process_and_in_another(presenter_rig: Rig, tmp_path: Path) -> None:
    samples = voice(0.6)
    for name in ("one.mp4", "two.mp4"):
        render_video(presenter_rig, Speech(samples), tmp_path / name, SMALL)
    (tmp_path / "rig.npz").write_bytes(save_rig(presenter_rig))
    np.save(tmp_path / "samples.npy", samples)
    program = (
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from renderer.render import RenderOptions, render_video\n"
        "from renderer.rig import load_rig\n"
        "from renderer.types import Speech\n"
        "rig = load_rig(Path('rig.npz').read_bytes())\n"
        "render_video(rig, Speech(np.load('samples.npy')), Path('three.mp4'), RenderOptions(size=128))\n"
    )
    # One thread of linear algebra there, several here: neither may show.
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=tmp_path, capture_output=True)
    hashes = {hashlib.sha256((tmp_path / f"{n}.mp4").read_bytes()).hexdigest() for n in ("one", "two", "three")}
    assert len(hashes) == 1


def test_pictures_drawn_side_by_side_are_those_drawn_alone(presenter_rig: Rig) -> None:

    runtime = drawing(presenter_rig, 256)
    rng = np.random.default_rng(0)
    poses: list[tuple[Floats, Floats]] = [
        (
            rng.uniform(0, 1, len(MOUTH_AXES)).astype(np.float32),
            (0.05 * rng.normal(size=len(HEAD_AXES))).clip(-0.1, 1).astype(np.float32),
        )
        for _ in range(24)
    ]
    alone = [runtime.draw(*pose).rgb() for pose in poses]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(pool.map(lambda pose: runtime.draw(*pose).rgb(), poses), alone, strict=True):
            np.testing.assert_array_equal(one, other)
