"""Sound that comes in pieces is read as the whole is, to the byte, however it is cut."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.speech import speak
from renderer.types import RATE, Samples, VisemeTrack
from renderer.visemes import NetworkVisemes, VisemeStream
from renderer.visemes.by_sound import AHEAD_SEC, joined
from renderer.visemes.network import BLOCK


@pytest.fixture(scope="module")
def sound() -> Samples:
    return speak("Peter, may I have a map? Bob will show me.").samples


@pytest.fixture(scope="module")
def whole(sound: Samples) -> VisemeTrack:
    return NetworkVisemes().track(sound)


def in_pieces(sound: Samples, cuts: list[int]) -> VisemeTrack:
    stream = VisemeStream()
    edges = [0, *sorted(cuts), len(sound)]
    parts = [stream.push(sound[start:end]) for start, end in pairwise(edges)]
    return joined([*parts, stream.finish()])


def as_bytes(track: VisemeTrack) -> tuple[bytes, ...]:
    assert track.shape is not None
    return track.weights.tobytes(), track.energy.tobytes(), track.shape.tobytes()


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 120_000), max_size=60))
def test_any_cuts_give_the_bytes_of_the_whole(sound: Samples, whole: VisemeTrack, cuts: list[int]) -> None:
    assert as_bytes(in_pieces(sound, [min(cut, len(sound)) for cut in cuts])) == as_bytes(whole)


@pytest.mark.parametrize("size", [37, 480, 1_024, 1_920, 24_000])
def test_even_pieces_give_the_bytes_of_the_whole(sound: Samples, whole: VisemeTrack, size: int) -> None:
    assert as_bytes(in_pieces(sound, list(range(size, len(sound), size)))) == as_bytes(whole)


def test_columns_come_as_soon_as_they_are_sure(sound: Samples) -> None:
    stream = VisemeStream()
    given_columns = 0
    for end in range(9_600, len(sound), 480):
        given_columns += len(stream.push(sound[0 if end == 9_600 else end - 480 : end]).weights)
        sure = (end / RATE - AHEAD_SEC) * 100
        assert sure - BLOCK <= given_columns <= sure + 1


def test_streams_do_not_disturb_each_other(sound: Samples, whole: VisemeTrack) -> None:
    first, second = VisemeStream(), VisemeStream()
    parts: list[VisemeTrack] = []
    for start in range(0, len(sound), 9_600):
        parts.append(first.push(sound[start : start + 9_600]))
        second.push(sound[::-1][start : start + 9_600])
    assert as_bytes(joined([*parts, first.finish()])) == as_bytes(whole)
