"""Jobs drawn with the real renderer: from the objects in the bucket to an MP4."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from parley.wire.render_job import RenderJob
from renderer import job_renderer
from renderer.draw_job import Drawn, JobRejected, JobStopped
from renderer.job_renderer import JobRenderer
from renderer.media.backdrops import encode_backdrop
from renderer.media.wav import write_wav
from renderer.render import RenderStopped
from renderer.rig import Rig, save_rig
from renderer.speech.speak import speak
from renderer.stored_speech import load_speech, pack_spoken
from renderer.types import Phoneme, Speech

Objects = dict[str, bytes]


@pytest.fixture(scope="module")
def objects(presenter_rig: Rig) -> Objects:
    """A rig, and a spoken word with its phonemes."""
    speech = speak("Hello.")
    wav = io.BytesIO()
    write_wav(wav, speech.samples)
    spoken = pack_spoken(speech)
    assert spoken is not None
    return {"rig.npz": save_rig(presenter_rig), "word.wav": wav.getvalue(), "word.json": spoken}


def job(**more: Any) -> RenderJob:
    fields = {"renderId": "rnd_1", "tenant": "ten_1", "environment": "test", "rigKey": "rig.npz"}
    times = {"heartbeatSeconds": 9, "timeoutSeconds": 99}
    return RenderJob.model_validate({**fields, "speechKey": "word.wav", "size": 128, "fps": 24, **times, **more})


def reading(objects: Objects, asked: list[str] | None = None) -> Callable[[str], bytes]:
    def read(key: str) -> bytes:
        if asked is not None:
            asked.append(key)
        if key not in objects:
            raise FileNotFoundError(key)
        return objects[key]

    return read


def draw(renderer: JobRenderer, asked: RenderJob, read: Callable[[str], bytes], out: Path, **more: Any) -> Drawn:
    return renderer(asked, read, out, more.get("tell", lambda *_: None), more.get("must_stop", lambda: False))


def test_a_job_becomes_an_mp4_of_the_size_and_rate_it_names(objects: Objects, tmp_path: Path) -> None:
    out, told = tmp_path / "out.mp4", list[tuple[int, int]]()
    asked = job(phonemesKey="word.json", background="#204060")
    drawn = draw(JobRenderer(2), asked, reading(objects), out, tell=lambda *done: told.append(done))
    speech = load_speech(objects["word.wav"], objects["word.json"])
    assert drawn.frames == -(-len(speech.samples) * 24 // 48_000)
    assert told[-1] == (drawn.frames, drawn.frames)
    with av.open(str(out)) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (128, 128, drawn.frames)
        assert stream.average_rate == 24


def test_a_rig_used_again_is_not_read_again_and_the_one_used_longest_ago_is_forgotten(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_at_once(*_: Any) -> None:
        raise RenderStopped

    monkeypatch.setattr(job_renderer, "render_video", stop_at_once)
    many = {**objects, "second.npz": objects["rig.npz"], "third.npz": objects["rig.npz"]}
    renderer, asked = JobRenderer(2), list[str]()
    for rig in ("rig.npz", "second.npz", "rig.npz", "third.npz", "rig.npz", "second.npz"):
        with pytest.raises(JobStopped):
            draw(renderer, job(rigKey=rig), reading(many, asked), tmp_path / "out.mp4")
    assert [key for key in asked if key.endswith(".npz")] == ["rig.npz", "second.npz", "third.npz", "second.npz"]


def test_a_job_that_is_stopped_leaves_no_file(objects: Objects, tmp_path: Path) -> None:
    out, drawn = tmp_path / "out.mp4", list[int]()
    with pytest.raises(JobStopped):
        draw(
            JobRenderer(1),
            job(),
            reading(objects),
            out,
            tell=lambda done, _: drawn.append(done),
            must_stop=lambda: len(drawn) >= 3,
        )
    assert len(drawn) < 10
    assert not out.exists()


@pytest.mark.parametrize(
    ("gone", "code"), [("rig.npz", "avatar_gone"), ("word.wav", "speech_gone"), ("word.json", "speech_gone")]
)
def test_what_was_deleted_meanwhile_is_told_apart(objects: Objects, tmp_path: Path, gone: str, code: str) -> None:
    left = {key: data for key, data in objects.items() if key != gone}
    with pytest.raises(JobRejected) as refused:
        draw(JobRenderer(1), job(phonemesKey="word.json"), reading(left), tmp_path / "out.mp4")
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_sound_that_is_not_ours_is_refused(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(JobRejected, match="WAV"):
        draw(JobRenderer(1), job(), reading({**objects, "word.wav": b"mp3"}), tmp_path / "out.mp4")


def test_phonemes_and_words_survive_their_storage(objects: Objects) -> None:
    speech = speak("Na\u00efve fa\u00e7ades, \u6771\u4eac.")
    spoken = pack_spoken(speech)
    loaded = load_speech(objects["word.wav"], spoken)
    assert (loaded.phonemes, loaded.words) == (speech.phonemes, speech.words)
    assert pack_spoken(Speech(speech.samples)) is None
    assert load_speech(objects["word.wav"], pack_spoken(replace(speech, phonemes=None))).phonemes is None


def test_phonemes_stored_before_words_were_still_load(objects: Objects) -> None:
    loaded = load_speech(objects["word.wav"], b'[["a", 0.0, 0.5]]')
    assert loaded.phonemes == (Phoneme("a", 0.0, 0.5),) and loaded.words is None


def test_a_tall_transparent_job_with_captions_becomes_a_webm_and_webvtt(objects: Objects, tmp_path: Path) -> None:
    asked = job(
        size=256, aspectRatio="9:16", background="transparent", phonemesKey="word.json", captions={"style": "boxed"}
    )
    out = tmp_path / f"out.{asked.file_type}"
    assert asked.content_type == "video/webm" and asked.output_key(3).endswith("/rnd_1/3.webm")
    drawn = draw(JobRenderer(1), asked, reading(objects), out)
    assert drawn.captions is not None and "Hello." in drawn.captions
    with av.open(str(out)) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("vp9", 144, 256)


def test_a_picture_stands_behind_the_speaker(objects: Objects, tmp_path: Path) -> None:
    wall = np.full((300, 700, 3), (200, 30, 40), np.uint8)
    stored = {**objects, "wall.png": encode_backdrop(wall)}
    drawn = draw(JobRenderer(1), job(backgroundKey="wall.png"), reading(stored), tmp_path / "out.mp4")
    assert drawn.captions is None, "the words of a sound alone are not known"
    with av.open(str(tmp_path / "out.mp4")) as video:
        corner = next(video.decode(video=0)).to_ndarray(format="rgb24")[4, 4]
    assert np.abs(corner.astype(int) - [200, 30, 40]).max() < 12


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"backgroundKey": "gone.png"}, "background_gone"),
        ({"backgroundKey": "word.json"}, "image_unreadable"),
        ({"aspectRatio": "2:1"}, "look_unknown"),
        ({"captions": {"style": "neon"}}, "look_unknown"),
    ],
)
def test_a_look_that_cannot_be_drawn_is_refused(
    objects: Objects, tmp_path: Path, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(JobRejected) as refused:
        draw(JobRenderer(1), job(**asked), reading(objects), tmp_path / "out.mp4")
    assert refused.value.code == code


def test_captions_in_letters_that_no_font_has_are_refused(objects: Objects, tmp_path: Path) -> None:
    spoken = b'{"phonemes": null, "words": [["\xf0\x9b\x85\xb0", 0.0, 0.5, false]]}'
    with pytest.raises(JobRejected) as refused:
        draw(
            JobRenderer(1),
            job(phonemesKey="odd.json", captions={}),
            reading({**objects, "odd.json": spoken}),
            tmp_path / "out.mp4",
        )
    assert refused.value.code == "captions_undrawable"
    assert list(tmp_path.iterdir()) == []
