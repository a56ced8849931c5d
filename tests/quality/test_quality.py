"""A finished video of a short speech is in time, alive and without flaws; and each measure of that can fail."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from benchmarks.measure import case, drawn, lips
from benchmarks.measure.align import NotAligned, align
from benchmarks.measure.case import FPS, PAUSE_SEC, SIDE, Figures, Talk
from benchmarks.measure.lips import Rest
from benchmarks.measure.method import look_ahead_ms
from benchmarks.measure.negatives import negatives
from benchmarks.measure.phones import labials, spans_of
from benchmarks.measure.watch import Watched, watch
from local.presenter import draw_presenter
from renderer.media.mp4 import Mp4Writer
from renderer.rig import Rig, build_rig
from renderer.rig.framing import canvas_of
from renderer.speech import speak
from renderer.types import RATE, Phoneme

TEXT: Final = (
    "Peter bought a big brown map from Bob. My mother may pay for a small apple pie. "
    "Open the farm gate, and park the van by the pump."
)
"""Closed lips at starts, in the middle and at ends of words, between open and close vowels, and three pauses."""

# Figure -> lowest and highest that pass, for speech rendered from text and from sound alone.
FROM_TEXT: Final = {
    "correlation": (0.87, 1.0),
    "lag_ms": (-50.0, 0.0),
    "labials_shut": (0.95, 1.0),
    "closed_gap_px": (0.0, 1.0),
}
FROM_SOUND: Final = {
    "correlation": (0.78, 1.0),
    "lag_ms": (-50.0, 0.0),
    "labials_shut": (0.80, 1.0),
    "closed_gap_px": (0.0, 1.5),
}
FROM_EITHER: Final = {
    "open_in_pauses": (0.0, 0.0),
    "frames_to_close": (0.0, 8.0),
    "video_excess_ms": (-0.5, 40.5),
    "audio_excess_ms": (-0.5, 40.5),
    "sound_offset_ms": (-1.0, 1.0),
    "lips_p5": (0.025, 0.06),
    "lips_p50": (0.08, 0.20),
    "lips_p95": (0.22, 0.38),
    "jitter": (0.003, 0.045),
    "blinks_per_min": (6.0, 32.0),
    "blink_ms": (60.0, 180.0),
    "blink_closing": (1.05, math.inf),
    "blink_depth": (0.0, 0.3),
    "head_x": (0.012, 0.12),
    "head_y": (0.008, 0.10),
    "roll": (0.25, 4.0),
    "yaw_range": (2.0, 30.0),
    "pitch_range": (1.2, 25.0),
    "repeats": (0.0, 0.95),
    "still_sec": (0.0, 0.5),
}
PICTURES: Final = {
    "outside_changed": (0.0, 0.0),
    "rest_changed": (0.0, 0.0),
    "seam": (0.0, 1.10),
    "step": (0.0, 1.2),
    "coding": (0.0, 1.0),
    "halo": (0.0, 0.001),
    "teeth_to_skin": (0.4, 1.0),
    "teeth_to_white": (0.4, 1.0),
}
OPEN_IN: Final = {"silence": (0.0, 0.0), "noise": (0.0, 0.05), "hum": (0.0, 0.05)}
"""Sounds that are no speech: share of pictures with open lips."""
LOOK_AHEAD_MS: Final = 120.0


@dataclass(frozen=True)
class Filmed:
    """A talk, the video of it, and all that was measured on that."""

    talk: Talk
    seen: Watched
    figures: Figures


@pytest.fixture(scope="module")
def rig() -> Rig:
    return build_rig(draw_presenter(SIDE))


@pytest.fixture(scope="module")
def rest(rig: Rig) -> Rest:
    return lips.rest_of(canvas_of(rig, SIDE, SIDE).picture)


@pytest.fixture(scope="module")
def talk() -> Talk:
    speech = speak(TEXT)
    return Talk("spoken", speech.samples, speech.phonemes, by_text=True)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quality")


def filmed(rig: Rig, rest: Rest, talk: Talk, out: Path) -> Filmed:
    said = case.repeated(talk, 0.0)
    seen = case.film(rig, said, out)
    return Filmed(talk, seen, case.follows(seen, talk, rest) | case.lasts(seen, said) | case.liveliness(seen))


@pytest.fixture(scope="module")
def from_text(rig: Rig, rest: Rest, talk: Talk, scratch: Path) -> Filmed:
    return filmed(rig, rest, talk, scratch / "text.mp4")


@pytest.fixture(scope="module")
def from_sound(rig: Rig, rest: Rest, talk: Talk, scratch: Path) -> Filmed:
    return filmed(rig, rest, replace(talk, by_text=False), scratch / "sound.mp4")


def outside(figures: Figures, limits: dict[str, tuple[float, float]]) -> dict[str, float]:
    """The figures that do not pass."""
    return {key: figures[key] for key, (low, high) in limits.items() if not low <= figures[key] <= high}


def test_lips_follow_what_is_said_when_the_text_is_known(from_text: Filmed) -> None:
    assert outside(from_text.figures, FROM_TEXT) == {}
    assert from_text.figures["labials"] >= 20


def test_lips_follow_what_is_said_from_sound_alone(from_sound: Filmed) -> None:
    assert outside(from_sound.figures, FROM_SOUND) == {}


def test_the_face_is_alive_and_its_file_in_time(from_text: Filmed, from_sound: Filmed) -> None:
    assert outside(from_text.figures, FROM_EITHER) == {}
    assert outside(from_sound.figures, FROM_EITHER) == {}


def test_lips_stay_shut_through_sounds_that_are_no_speech(
    rig: Rig, rest: Rest, from_sound: Filmed, scratch: Path
) -> None:
    limit = lips.closed_below(rest, from_sound.seen.gap)
    found: Figures = {}
    for name, samples in negatives(1.6).items():
        if name in OPEN_IN:
            seen = case.film(rig, Talk(name, samples, None), scratch / f"{name}.mp4")
            found[name] = float(np.mean(seen.gap > limit))
    assert outside(found, OPEN_IN) == {}


def test_a_viseme_from_sound_depends_on_no_later_sound_than_promised(talk: Talk) -> None:
    assert 0 < look_ahead_ms(talk.samples) <= LOOK_AHEAD_MS


def test_drawn_pictures_have_no_flaw(rig: Rig, talk: Talk) -> None:
    assert outside(case.flaws(rig, talk, seconds=3.0), PICTURES) == {}


def test_lips_two_pictures_early_or_late_are_noticed(from_text: Filmed, rest: Rest) -> None:
    for slip in (-2 / FPS, 2 / FPS):
        slipped = replace(from_text.seen, middle=from_text.seen.middle + slip)
        figures = case.follows(slipped, from_text.talk, rest)
        assert figures["lag_ms"] == pytest.approx(from_text.figures["lag_ms"] + 1000 * slip, abs=8)
        assert "lag_ms" in outside(figures, FROM_TEXT)


def test_lips_that_no_longer_close_are_noticed(rig: Rig, rest: Rest, talk: Talk, scratch: Path) -> None:
    """The renderer is told of a t wherever a p, b or m is heard."""
    assert talk.phones is not None
    begun = Talk("begun", talk.samples[: len(talk.samples) // 2], None, by_text=True)
    phones = tuple(p for p in talk.phones if p.end_sec <= begun.seconds)
    told = tuple(Phoneme("t" if p.symbol in "pbm" and p.symbol else p.symbol, p.start_sec, p.end_sec) for p in phones)
    seen = case.film(rig, case.repeated(replace(begun, phones=told), 0.0), scratch / "told.mp4")
    figures = case.follows(seen, replace(begun, phones=phones), rest)
    assert "labials_shut" in outside(figures, FROM_SOUND)
    assert "labials_shut" in outside(figures, FROM_TEXT)


def test_a_mouth_open_in_pauses_or_long_after_the_end_is_noticed(from_text: Filmed, rest: Rest) -> None:
    ends = from_text.talk.stretches[-1][1]
    points = from_text.seen.points.copy()
    late = from_text.seen.middle > ends
    points[late] = points[int(from_text.seen.gap.argmax())]
    figures = case.follows(replace(from_text.seen, points=points), from_text.talk, rest)
    closing = {"open_in_pauses", "frames_to_close"}
    assert closing == outside(figures, {key: FROM_EITHER[key] for key in closing}).keys()
    assert figures["frames_to_close"] >= (PAUSE_SEC - lips.PREPARE_SEC) * FPS - 1


def test_a_frozen_face_is_noticed(rig: Rig, rest: Rest, talk: Talk, scratch: Path) -> None:
    """The same picture from beginning to end."""
    picture = canvas_of(rig, SIDE, SIDE).picture
    with Mp4Writer(scratch / "frozen.mp4", SIDE, SIDE, FPS) as writer:
        writer.write_audio(talk.samples)
        for _ in range(math.ceil(talk.seconds * FPS)):
            writer.write_frame(picture)
    seen = watch(scratch / "frozen.mp4")
    figures = case.follows(seen, talk, rest) | case.liveliness(seen)
    assert {"correlation"} <= outside(figures, FROM_SOUND).keys()
    stands = {"lips_p50", "lips_p95", "blinks_per_min", "head_x", "head_y", "roll", "yaw_range", "still_sec"}
    assert stands <= outside(figures, {key: FROM_EITHER[key] for key in stands}).keys()


def test_eyes_that_never_close_and_eyes_that_half_close_are_noticed(from_text: Filmed) -> None:
    usual = np.median(from_text.seen.eyes, axis=0)
    staring = replace(from_text.seen, eyes=np.broadcast_to(usual, from_text.seen.eyes.shape))
    assert "blinks_per_min" in outside(case.liveliness(staring), {"blinks_per_min": FROM_EITHER["blinks_per_min"]})
    half = replace(from_text.seen, eyes=usual + 0.5 * (from_text.seen.eyes - usual))
    assert "blink_depth" in outside(case.liveliness(half), {"blink_depth": FROM_EITHER["blink_depth"]})


def test_motion_that_comes_round_again_is_noticed(from_text: Filmed) -> None:
    turn, times = round(2.4 * FPS), 3
    again = np.tile(np.arange(turn), times)
    looped = replace(from_text.seen.until(turn * times / FPS), points=from_text.seen.points[again])
    assert "repeats" in outside(case.liveliness(looped), {"repeats": FROM_EITHER["repeats"]})


def test_each_flaw_of_a_picture_is_noticed(rig: Rig) -> None:
    picture = canvas_of(rig, SIDE, SIDE).picture
    source = drawn.source_of(picture)
    boxed, dotted, lit = picture.copy(), picture.copy(), picture.copy()
    boxed[280:420, 180:330] = np.clip(boxed[280:420, 180:330].astype(int) + 6, 0, 255).astype(np.uint8)
    dotted[1, 1] ^= 1
    lit[40:60, 40:472] = 255
    figures = drawn.flaws(source, dotted, boxed, [dotted, lit])
    assert {"rest_changed", "outside_changed", "step", "halo"} <= outside(figures, _present(figures)).keys()


def _present(figures: Figures) -> dict[str, tuple[float, float]]:
    return {key: limits for key, limits in PICTURES.items() if key in figures}


def test_sounds_are_aligned_with_their_words_to_a_few_hundredths_of_a_second() -> None:
    """A voice that says when each phone really was."""
    speech = speak(TEXT, voice="en-us+f2")
    words, phones = align(speech.samples, TEXT)
    assert words == TEXT
    exact, found = (labials(spans_of(each)) for each in (speech.phonemes or (), phones))
    assert [span.letter for span in found] == [span.letter for span in exact]
    middles = [abs(a.start + a.end - b.start - b.end) / 2 for a, b in zip(exact, found, strict=True)]
    assert max(middles) < 0.05
    with pytest.raises(NotAligned):
        align(np.zeros(RATE, np.int16), TEXT)
