"""What a head does by itself: never the same twice, always the same for one seed, calm in silence, eyes that blink."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.motion.idle import AMPLITUDE, NOD_RAD, head_track
from renderer.types import HEAD_AXES, TRACK_RATE, Floats

BLINK = HEAD_AXES.index("blink")
SWAYS = slice(0, 5)


def speech_energy(seconds: float, seed: int = 3) -> Floats:
    """Syllables at about 4 a second, with pauses: 0..1 at TRACK_RATE."""
    times = np.arange(round(seconds * TRACK_RATE)) / TRACK_RATE
    phrase = np.sin(2 * np.pi * times / 3.1 + seed) > -0.5
    return (np.abs(np.sin(2 * np.pi * 2.1 * times + seed)) * phrase).astype(np.float32)


def quiet(seconds: float) -> Floats:
    return np.zeros(round(seconds * TRACK_RATE), np.float32)


def blinks_of(track: Floats) -> list[Floats]:
    """Each run of frames in which the lids are not fully open."""
    moving = np.flatnonzero(np.diff(np.concatenate([[0], (track[:, BLINK] > 0).astype(int), [0]])))
    return [track[start:stop, BLINK] for start, stop in zip(moving[::2], moving[1::2], strict=True)]


def test_one_seed_always_moves_alike_and_another_otherwise() -> None:
    energy = speech_energy(8)
    first = head_track(200, 25, 7, energy).axes
    np.testing.assert_array_equal(first, head_track(200, 25, 7, energy).axes)
    other = head_track(200, 25, 8, energy).axes
    for axis in (*range(5), BLINK):
        assert not np.array_equal(first[:, axis], other[:, axis])


@settings(max_examples=25, deadline=None)
@given(
    fps=st.sampled_from([24, 25, 30]),
    seed=st.integers(0, 2**63 - 1),
    short=st.integers(1, 200),
    more=st.integers(0, 300),
)
def test_a_longer_video_begins_with_the_same_frames(fps: int, seed: int, short: int, more: int) -> None:
    energy = speech_energy((short + more) / fps + 0.5)
    long = head_track(short + more, fps, seed, energy).axes
    np.testing.assert_array_equal(head_track(short, fps, seed, energy).axes, long[:short])
    # Speech that goes on after these frames does not change them either.
    heard = energy[: round(short / fps * TRACK_RATE) + 2]
    np.testing.assert_array_equal(head_track(short, fps, seed, heard).axes, long[:short])


@pytest.mark.parametrize("seed", range(6))
def test_ten_minutes_hold_twelve_to_twenty_three_blinks_a_minute(seed: int) -> None:
    track = head_track(600 * 25, 25, seed, speech_energy(600, seed)).axes
    assert 12 <= len(blinks_of(track)) / 10 <= 23


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_every_blink_is_seen_shut_and_shuts_faster_than_it_opens(fps: int) -> None:
    track = head_track(300 * fps, fps, 5, quiet(300)).axes
    whole = blinks_of(track)[:-1]
    assert len(whole) > 50
    for blink in whole:
        shut = np.flatnonzero(blink > 0.999)
        assert 1 <= len(shut) <= 2
        assert 0.15 <= len(blink) / fps <= 0.40
    # Averaged over their random starts: frames before the lids are shut and after.
    closing = np.mean([np.argmax(blink > 0.999) for blink in whole])
    opening = np.mean([len(blink) - 1 - np.flatnonzero(blink > 0.999)[-1] for blink in whole])
    assert opening > 1.5 * closing


def test_blinks_come_at_irregular_times() -> None:
    track = head_track(600 * 25, 25, 11, quiet(600)).axes
    starts = np.flatnonzero(np.diff((track[:, BLINK] > 0).astype(int)) == 1) / 25
    gaps = np.diff(starts)
    assert gaps.min() > 1 and gaps.max() < 15
    assert np.std(gaps) > 0.7


def test_a_silent_head_moves_less_than_a_speaking_one() -> None:
    speaking = head_track(3000, 25, 2, np.ones(12000, np.float32)).axes[500:]
    silent = head_track(3000, 25, 2, quiet(120)).axes[500:]
    for axis in range(4):
        assert silent[:, axis].std() < 0.6 * speaking[:, axis].std()
        assert silent[:, axis].std() > 0.2 * speaking[:, axis].std()


def test_the_head_nods_shortly_after_a_stressed_syllable() -> None:
    energy = quiet(6)
    energy[300:330] = 1.0
    nod = head_track(150, 25, 1, energy).axes[:, 4] - head_track(150, 25, 1, quiet(6)).axes[:, 4]
    assert np.abs(nod[:75]).max() < 1e-6
    peak = (int(np.argmax(nod)) + 0.5) / 25 - 3.0
    assert 0.1 < peak < 0.6
    assert nod.max() > 0.3 * NOD_RAD


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), level=st.floats(0, 1, width=32))
def test_no_seed_and_no_voice_moves_the_head_too_far(seed: int, level: float) -> None:
    energy = np.full(6000, level, np.float32) * (np.arange(6000) % 70 < 40)
    axes = head_track(1500, 25, seed, energy.astype(np.float32)).axes
    assert np.isfinite(axes).all()
    for column, amplitude in enumerate(AMPLITUDE.values()):
        assert np.abs(axes[:, column]).max() <= amplitude + (NOD_RAD if column == 4 else 0) + 1e-6
    assert axes[:, 5:].min() >= 0 and axes[:, 5:].max() <= 1


def test_nothing_jumps_between_frames() -> None:
    axes = head_track(2500, 25, 4, speech_energy(100)).axes
    steps = np.abs(np.diff(axes[:, SWAYS], axis=0)).max(axis=0)
    assert (steps[:4] < 0.15 * np.array(list(AMPLITUDE.values()))[:4]).all()
    assert steps[4] < 0.5 * NOD_RAD
    assert np.abs(np.diff(axes[:, 5])).max() < 0.05


@pytest.mark.parametrize("axis", range(4))
def test_the_motion_does_not_repeat_within_half_a_minute(axis: int) -> None:
    # Voiced for a minute first, so that the level has settled.
    sway = head_track(180 * 25, 25, 9, np.ones(18000, np.float32)).axes[60 * 25 :, axis]
    sway = sway - sway.mean()
    for lag in range(2 * 25, 30 * 25):
        ahead, behind = sway[lag:], sway[:-lag]
        # A loop would give 1.
        assert float(ahead @ behind) / float(np.linalg.norm(ahead) * np.linalg.norm(behind)) < 0.9


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_video_has_a_head(frames: int) -> None:
    assert head_track(frames, 25, 0, quiet(0.05)).axes.shape == (frames, len(HEAD_AXES))


def test_no_speech_at_all_is_silence() -> None:
    track = head_track(50, 25, 0, np.zeros(0, np.float32))
    np.testing.assert_array_equal(track.axes, head_track(50, 25, 0, quiet(2)).axes)
    assert track.fps == 25
