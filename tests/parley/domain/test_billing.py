"""What a render costs, and what it sets aside."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.billing import (
    billed_micros,
    frames_for,
    reservable_micros,
    speech_micros,
    wanted_micros,
)
from parley.domain.errors import InsufficientCredits, SpendLimitExceeded
from parley.domain.renders import SpeechSource

SECOND = 1_000_000
URL = SpeechSource(kind="url", url="https://example.com/a.wav")
fps = st.sampled_from([24, 25, 30])


@given(frames=st.integers(1, 60_000), fps=fps)
def test_a_bill_is_the_seconds_of_the_frames_to_the_nearest_micro(frames: int, fps: int) -> None:
    assert abs(billed_micros(frames, fps) - Fraction(frames * SECOND, fps)) <= Fraction(1, 2)


@pytest.mark.parametrize(("frames", "fps", "micros"), [(150, 25, 6 * SECOND), (1, 24, 41_667), (1, 30, 33_333)])
def test_known_bills(frames: int, fps: int, micros: int) -> None:
    assert billed_micros(frames, fps) == micros


@given(duration=st.integers(0, 1_800 * SECOND), fps=fps)
def test_what_a_known_length_sets_aside_is_what_its_frames_will_cost(duration: int, fps: int) -> None:
    frames = frames_for(duration, fps)
    assert frames == max(1, -(-Fraction(duration * fps, SECOND) // 1))
    assert speech_micros(duration, fps) == billed_micros(frames, fps)


def test_an_unknown_length_sets_aside_by_its_source() -> None:
    assert wanted_micros(URL, 25) == 60 * SECOND
    assert wanted_micros(SpeechSource(kind="text", text="hello"), 25) == SECOND + 5 * SECOND // 10
    assert wanted_micros(SpeechSource(kind="asset", asset_id="ast_1"), 25, 1_500_000) == 1_520_000


def test_the_balance_the_keys_room_and_half_an_hour_cap_what_is_set_aside() -> None:
    assert reservable_micros(60 * SECOND, 300 * SECOND) == 60 * SECOND
    assert reservable_micros(60 * SECOND, 20 * SECOND) == 20 * SECOND
    assert reservable_micros(60 * SECOND, 300 * SECOND, 10 * SECOND) == 10 * SECOND
    assert reservable_micros(4000 * SECOND, 9000 * SECOND) == 1800 * SECOND


def test_less_than_a_second_is_too_little_unless_less_is_wanted() -> None:
    assert reservable_micros(60 * SECOND, SECOND) == SECOND
    assert reservable_micros(SECOND // 2, SECOND // 2) == SECOND // 2
    with pytest.raises(InsufficientCredits):
        reservable_micros(60 * SECOND, SECOND - 1)
    with pytest.raises(SpendLimitExceeded):
        reservable_micros(60 * SECOND, 60 * SECOND, SECOND - 1)


def test_a_cost_known_beforehand_is_set_aside_whole_or_not_at_all() -> None:
    assert reservable_micros(60 * SECOND, 60 * SECOND, 60 * SECOND, exact=True) == 60 * SECOND
    with pytest.raises(InsufficientCredits):
        reservable_micros(60 * SECOND, 59 * SECOND, exact=True)
    with pytest.raises(SpendLimitExceeded):
        reservable_micros(60 * SECOND, 90 * SECOND, 59 * SECOND, exact=True)
