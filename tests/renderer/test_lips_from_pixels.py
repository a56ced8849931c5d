"""The lips of a finished MP4 follow its sound, measured on decoded pixels and decoded sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lipsync_pixels import TEXT, Figures, Seen, measure, rest_gap, watch
from local.presenter import draw_presenter
from renderer.render import RenderOptions, render_mp4
from renderer.rig import Rig, build_rig
from renderer.speech import speak
from renderer.types import Speech

FPS = 25
FRAME_MS = 1000 / FPS


@pytest.fixture(scope="module")
def rig() -> Rig:
    return build_rig(draw_presenter(512))


@pytest.fixture(scope="module")
def speech() -> Speech:
    return speak(TEXT)


@pytest.fixture(scope="module")
def seen(rig: Rig, speech: Speech, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    out = tmp_path_factory.mktemp("lips") / "spoken.mp4"
    render_mp4(rig, speech, out, RenderOptions(size=512, fps=FPS))
    return watch(out)


@pytest.fixture(scope="module")
def figures(seen: Seen, speech: Speech, rig: Rig) -> Figures:
    return measure(seen, speech, rest_gap(rig))


def test_lips_follow_the_sound_within_40_ms_and_are_not_late(figures: Figures) -> None:
    assert figures.correlation > 0.5
    assert -40 <= figures.lag_ms <= 10


def test_lips_close_on_every_p_b_and_m(figures: Figures) -> None:
    assert figures.labials >= 20
    assert figures.missed == ()


def test_lips_part_on_open_vowels(figures: Figures) -> None:
    # Short vowels between two labials may hardly show.
    assert figures.opened >= 0.75


def test_lips_stay_closed_in_silence(figures: Figures) -> None:
    assert figures.silence < 0.10


def test_sound_and_pictures_last_as_long_as_the_speech(figures: Figures) -> None:
    assert abs(figures.video_excess_ms) <= FRAME_MS
    assert abs(figures.audio_excess_ms) <= FRAME_MS
    assert abs(figures.sound_offset_ms) < 1


def test_lips_read_from_sound_alone_keep_time_too(rig: Rig, speech: Speech, tmp_path: Path) -> None:
    short = replace(speech, samples=speech.samples, phonemes=None)
    render_mp4(rig, short, tmp_path / "heard.mp4", RenderOptions(size=512, fps=FPS))
    heard = measure(watch(tmp_path / "heard.mp4"), speech, rest_gap(rig))
    assert -40 <= heard.lag_ms <= 20
    assert heard.silence < 0.15


def test_the_measure_sees_lips_that_are_late_or_never_close(seen: Seen, speech: Speech, rig: Rig) -> None:
    punctual = measure(seen, speech, rest_gap(rig))
    late = measure(replace(seen, middle=seen.middle + 0.1), speech, rest_gap(rig))
    assert late.lag_ms == pytest.approx(punctual.lag_ms + 100, abs=10)
    agape = measure(replace(seen, gap=np.maximum(seen.gap, 0.08)), speech, rest_gap(rig))
    assert agape.closed < 0.1
    assert agape.silence > 0.2
