"""What a head does by itself: never the same twice, always the same for one seed, calm in silence, never frozen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.motion.expression import EMOTIONS, Emotion, Expression
from renderer.motion.head import FURTHEST, head_track
from renderer.types import HEAD_AXES, TRACK_RATE, Floats

AXIS = {name: index for index, name in enumerate(HEAD_AXES)}
POSE = slice(0, 5)
FEELINGS = st.builds(Expression, st.sampled_from(EMOTIONS), st.floats(0, 1))


def speech_energy(seconds: float, seed: int = 3) -> Floats:
    """Syllables at about 4 a second, with pauses: 0..1 at TRACK_RATE."""
    times = np.arange(round(seconds * TRACK_RATE)) / TRACK_RATE
    phrase = np.sin(2 * np.pi * times / 3.1 + seed) > -0.5
    return (np.abs(np.sin(2 * np.pi * 2.1 * times + seed)) * phrase).astype(np.float32)


def quiet(seconds: float) -> Floats:
    return np.zeros(round(seconds * TRACK_RATE), np.float32)


def blinks_of(track: Floats) -> list[Floats]:
    """Each run of frames in which the lids are not fully open."""
    lids = track[:, AXIS["blink"]]
    moving = np.flatnonzero(np.diff(np.concatenate([[0], (lids > 0).astype(int), [0]])))
    return [lids[start:stop] for start, stop in zip(moving[::2], moving[1::2], strict=True)]


def test_one_seed_always_moves_alike_and_another_otherwise() -> None:
    energy = speech_energy(12)
    first = head_track(300, 25, 7, energy).axes
    np.testing.assert_array_equal(first, head_track(300, 25, 7, energy).axes)
    other = head_track(300, 25, 8, energy).axes
    for axis in range(len(HEAD_AXES)):
        assert not np.array_equal(first[:, axis], other[:, axis])


@settings(max_examples=40, deadline=None)
@given(
    fps=st.sampled_from([24, 25, 30]),
    seed=st.integers(0, 2**63 - 1),
    short=st.integers(1, 200),
    more=st.integers(0, 300),
    feeling=FEELINGS,
)
def test_a_longer_video_begins_with_the_same_frames(
    fps: int, seed: int, short: int, more: int, feeling: Expression
) -> None:
    energy = speech_energy((short + more) / fps + 0.5, seed % 1000)
    long = head_track(short + more, fps, seed, energy, feeling).axes
    np.testing.assert_array_equal(head_track(short, fps, seed, energy, feeling).axes, long[:short])
    # Speech that goes on after these frames does not change them either.
    heard = energy[: round(short / fps * TRACK_RATE) + 2]
    np.testing.assert_array_equal(head_track(short, fps, seed, heard, feeling).axes, long[:short])


@pytest.mark.parametrize("seed", range(6))
def test_people_blink_fifteen_to_twenty_three_times_a_minute(seed: int) -> None:
    for energy in (speech_energy(600, seed), quiet(600)):
        assert 14 <= len(blinks_of(head_track(600 * 25, 25, seed, energy).axes)) / 10 <= 24


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_every_blink_is_seen_shut_and_shuts_faster_than_it_opens(fps: int) -> None:
    whole = blinks_of(head_track(300 * fps, fps, 5, quiet(300)).axes)[:-1]
    assert len(whole) > 50
    for blink in whole:
        assert 1 <= np.count_nonzero(blink > 0.999) <= 2
        # Less than half open for 60 to 150 ms, give or take a picture.
        assert 0.060 - 0.5 / fps <= np.count_nonzero(blink > 0.5) / fps <= 0.150 + 0.5 / fps
    closing = np.mean([np.argmax(blink > 0.999) for blink in whole])
    opening = np.mean([len(blink) - 1 - np.flatnonzero(blink > 0.999)[-1] for blink in whole])
    assert opening > 1.5 * closing


def test_blinks_come_at_irregular_times_and_with_the_ends_of_phrases() -> None:
    energy = speech_energy(600)
    shut = head_track(600 * 25, 25, 11, energy).axes[:, AXIS["blink"]] > 0
    starts = np.flatnonzero(np.diff(shut.astype(int)) == 1) / 25
    gaps = np.diff(starts)
    assert gaps.min() > 1 and gaps.max() < 15
    assert np.std(gaps) > 0.7
    sounding = energy > 0
    ends = np.flatnonzero(sounding[:-1] & ~sounding[1:]) / TRACK_RATE
    after = starts[:, np.newaxis] - ends
    near = ((after > 0) & (after < 0.6)).any(axis=1).mean()
    # Were they independent, 0.6 s after each of the phrases of 3.1 s would hold a fifth of them.
    assert near > 0.3


def test_a_silent_head_moves_less_than_a_speaking_one_and_does_not_freeze() -> None:
    speaking = head_track(6000, 25, 2, speech_energy(240)).axes[500:]
    silent = head_track(6000, 25, 2, quiet(240)).axes[500:]
    for axis in range(5):
        assert silent[:, axis].std() < 0.85 * speaking[:, axis].std()
        assert silent[:, axis].std() > 0.2 * speaking[:, axis].std()
    # Within any two seconds of silence, head, eyes or shoulders have moved visibly.
    for first in range(0, len(silent) - 50, 50):
        assert np.ptp(silent[first : first + 50, :5], axis=0).max() > 0.002


def test_the_head_nods_80_to_200_ms_after_a_stressed_syllable() -> None:
    hit = quiet(6)
    hit[300:312] = 1.0
    lags: list[float] = []
    for seed in range(40):
        nod = head_track(150, 25, seed, hit).axes[:, AXIS["pitch"]] - head_track(150, 25, seed, quiet(6)).axes[:, 4]
        assert np.abs(nod[:75]).max() < 1e-6
        peak = int(np.argmax(nod[75:90]))
        if nod[75 + peak] > 0.012 and 0 < peak < 14:
            lags.append((peak + 0.5) / 25 - 0.12)
    assert len(lags) >= 8
    assert 0.08 < np.median(lags) < 0.20


def test_brows_rise_where_some_phrases_begin() -> None:
    energy = quiet(6)
    energy[300:420] = 1.0
    raised = [
        (head_track(150, 25, s, energy).axes - head_track(150, 25, s, quiet(6)).axes)[76:90, AXIS["brow"]].max()
        for s in range(40)
    ]
    assert 0.3 < np.mean(np.array(raised) > 0.15) < 0.9


def test_eyes_stay_with_the_viewer_when_the_head_turns_and_rest_between_jumps() -> None:
    axes = head_track(9000, 25, 3, speech_energy(360)).axes
    for eye, turn in (("gaze_x", "yaw"), ("gaze_y", "pitch")):
        assert np.corrcoef(axes[:, AXIS[eye]], axes[:, AXIS[turn]])[0, 1] < -0.4
    own = axes[:, AXIS["gaze_x"]] + 0.8 * axes[:, AXIS["yaw"]]
    jumps = np.abs(np.diff(own)) > 0.01
    assert 0.4 < jumps.sum() / 360 < 2.5  # a second
    # Mostly on the viewer: within 3 degrees.
    assert np.mean(np.abs(own) < 0.052) > 0.75
    assert np.mean(np.abs(own) > 0.07) > 0.02


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), level=st.floats(0, 1, width=32), feeling=FEELINGS)
def test_no_seed_voice_or_feeling_moves_anything_too_far(seed: int, level: float, feeling: Expression) -> None:
    energy = np.full(6000, level, np.float32) * (np.arange(6000) % 70 < 40)
    axes = head_track(1500, 25, seed, energy.astype(np.float32), feeling).axes
    assert np.isfinite(axes).all()
    for column, furthest in enumerate(FURTHEST.values()):
        assert np.abs(axes[:, column]).max() <= furthest
    assert np.abs(axes).max() <= 1
    assert axes[:, [AXIS["breath"], AXIS["blink"], AXIS["frown"]]].min() >= -1e-6


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_nothing_but_lids_and_eyes_jumps_between_frames(emotion: Emotion) -> None:
    axes = head_track(2500, 25, 4, speech_energy(100), Expression(emotion, 1.0)).axes
    steps = np.abs(np.diff(axes, axis=0)).max(axis=0)
    assert (steps[:2] < 0.03).all()
    assert (steps[2:5] < np.radians(2.4)).all()  # 60 degrees a second
    assert steps[AXIS["breath"]] < 0.1
    assert steps[AXIS["brow"]] < 0.45 and steps[AXIS["frown"]] < 0.25


@pytest.mark.parametrize("axis", range(5))
def test_the_motion_does_not_repeat_within_half_a_minute(axis: int) -> None:
    path = head_track(180 * 25, 25, 9, np.ones(18000, np.float32)).axes[60 * 25 :, axis]
    path = path - path.mean()
    for lag in range(2 * 25, 30 * 25):
        ahead, behind = path[lag:], path[:-lag]
        # A loop would give 1.
        assert float(ahead @ behind) / float(np.linalg.norm(ahead) * np.linalg.norm(behind)) < 0.8


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_the_shortest_video_has_a_head(frames: int) -> None:
    assert head_track(frames, 25, 0, quiet(0.05)).axes.shape == (frames, len(HEAD_AXES))


def test_no_speech_at_all_is_silence() -> None:
    track = head_track(50, 25, 0, np.zeros(0, np.float32))
    np.testing.assert_array_equal(track.axes, head_track(50, 25, 0, quiet(2)).axes)
    assert track.fps == 25
