"""The rules of the mouth on tracks made by hand: closures, anticipation, merging, frame rates, look-ahead."""

import numpy as np
import pytest

from renderer.motion.mouth import LEAD_SEC, LOOK_AHEAD_SEC, mouth_track
from renderer.types import VISEMES, MouthTrack, VisemeTrack
from tests.renderer.motion.seen_lips import SHUT, aperture, axis


def track(*parts: tuple[str, int]) -> VisemeTrack:
    """Visemes one after another, each for so many columns of 10 ms, at full energy but for silence."""
    weights = np.zeros((sum(length for _, length in parts), len(VISEMES)), np.float32)
    energy = np.zeros(len(weights), np.float32)
    start = 0
    for name, length in parts:
        weights[start : start + length, VISEMES.index(name)] = 1.0
        energy[start : start + length] = float(name != "sil")
        start += length
    return VisemeTrack(weights, energy)


def random_track(columns: int) -> VisemeTrack:
    choose = np.random.default_rng(7)
    names = choose.choice(VISEMES, columns)
    return track(*((str(name), int(choose.integers(3, 20))) for name in names))


def lips(viseme_track: VisemeTrack, fps: int = 25) -> MouthTrack:
    return mouth_track(viseme_track, fps, int(np.ceil(len(viseme_track.weights) * fps / 100)))


@pytest.mark.parametrize("fps", [24, 25, 30])
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("start", range(40, 48))
def test_the_shortest_closure_is_seen_wherever_it_falls(fps: int, columns: int, start: int) -> None:
    mouth = lips(track(("sil", 10), ("aa", start), ("PP", columns), ("aa", 40), ("sil", 30)), fps)
    seen = aperture(mouth)
    assert axis(mouth, "press").max() == 1.0
    assert seen.min() == 0.0 or seen[5:-10].min() < SHUT
    shut = np.flatnonzero(seen[: round(0.9 * fps)] < SHUT)
    shut = shut[shut > 0.3 * fps]
    assert len(shut) >= 1
    middle = (shut.mean() + 0.5) / fps
    closure = (10 + start + columns / 2) / 100
    assert -0.065 <= middle - closure <= 0.02


def test_lips_shut_within_two_pictures_and_open_no_faster() -> None:
    seen = aperture(lips(track(("aa", 60), ("PP", 12), ("aa", 60)), 25))
    shut = np.flatnonzero(seen < SHUT)
    shut = shut[(shut > 8) & (shut < 24)]
    open_before, open_after = seen[shut[0] - 3], seen[shut[-1] + 4]
    assert open_before > 0.15 < open_after


def test_a_half_closure_nears_and_does_not_touch() -> None:
    weights = track(("aa", 30), ("PP", 10), ("aa", 30)).weights.copy()
    weights[30:40, VISEMES.index("PP")] = 0.6
    weights[30:40, VISEMES.index("ou")] = 0.4
    press = axis(lips(VisemeTrack(weights, np.ones(70, np.float32))), "press")
    assert 0.3 < press.max() < 0.9


@pytest.mark.parametrize("tongue_only", ["DD", "kk", "nn", "TH"])
def test_sounds_of_the_tongue_leave_the_lips_as_they_are(tongue_only: str) -> None:
    for vowel, name in (("ou", "round"), ("ih", "wide")):
        held = axis(lips(track((vowel, 80))), name)[10]
        through = axis(lips(track((vowel, 35), (tongue_only, 8), (vowel, 37))), name)[4:14]
        assert through.min() > 0.8 * held


def test_rounding_begins_at_least_60_ms_before_its_vowel_is_heard() -> None:
    rounded = axis(lips(track(("aa", 50), ("DD", 10), ("ou", 40)), 100), "round")
    assert rounded[54] > 0.1
    assert rounded[20] < 0.02


def test_neighbours_of_one_kind_merge() -> None:
    once, twice = (lips(track(("aa", 30), *closures, ("E", 30))) for closures in ([("PP", 12)], [("PP", 5), ("PP", 7)]))
    assert once.axes.tobytes() == twice.axes.tobytes()


def test_sibilants_close_the_jaw_and_open_vowels_do_not() -> None:
    jaw = axis(lips(track(("aa", 30), ("SS", 12), ("aa", 30)), 100), "jaw")
    assert jaw[20] > 0.6
    assert jaw[28:40].min() < 0.25


def test_loudness_colours_the_jaw_moderately() -> None:
    loud = track(("aa", 60))
    soft = VisemeTrack(loud.weights, np.full(60, 0.3, np.float32))
    ratio = aperture(lips(soft))[7] / aperture(lips(loud))[7]
    assert 0.7 < ratio < 0.97


def test_the_mouth_leads_by_30_ms() -> None:
    assert pytest.approx(0.030) == LEAD_SEC
    opening = axis(lips(track(("sil", 50), ("aa", 50), ("sil", 50)), 100), "jaw")
    rising = int(np.argmax(opening > 0.5 * opening.max()))
    falling = int(len(opening) - np.argmax(opening[::-1] > 0.5 * opening.max()))
    assert 43 <= rising <= 49
    assert 93 <= falling <= 101


def test_a_short_pause_does_not_shut_the_mouth_and_a_long_one_does() -> None:
    short = aperture(lips(track(("aa", 40), ("sil", 4), ("aa", 40))))[5:15]
    long = aperture(lips(track(("aa", 40), ("sil", 40), ("aa", 40))))
    assert short.min() > 0.5 * short.max()
    assert not long[14:17].any()


def test_rest_is_reached_200_ms_after_the_last_sound_and_never_left() -> None:
    mouth = lips(track(("sil", 30), ("aa", 40), ("sil", 60))).axes
    assert not mouth[:4].any()
    assert not mouth[int((0.70 + 0.20) * 25) :].any()


def test_after_the_end_of_the_track_is_rest() -> None:
    mouth = mouth_track(track(("aa", 40)), 25, 40).axes
    assert mouth[5].any()
    assert not mouth[15:].any()


def test_an_empty_track_is_rest() -> None:
    empty = VisemeTrack(np.zeros((0, 15), np.float32), np.zeros(0, np.float32))
    assert not mouth_track(empty, 25, 10).axes.any()
    assert mouth_track(empty, 25, 0).axes.shape == (0, 8)


def test_all_frame_rates_show_one_motion() -> None:
    whole = random_track(60)
    slow, fast, fastest = (lips(whole, fps).axes for fps in (8, 24, 120))
    shared, shared_fast = min(len(slow), len(fast[1::3])), min(len(fast), len(fastest[2::5]))
    # Picture k at 8 fps has the middle of picture 3k + 1 at 24 fps. Short closures alone depend on the rate.
    assert np.allclose(slow[:shared, :5], fast[1::3][:shared, :5], atol=1e-6)
    assert np.allclose(fast[:shared_fast, :5], fastest[2::5][:shared_fast, :5], atol=1e-6)


@pytest.mark.parametrize("fps", [8, 24, 25, 30, 50])
def test_a_picture_depends_on_no_column_after_its_look_ahead(fps: int) -> None:
    whole = random_track(80)
    mouth = lips(whole, fps).axes
    assert LOOK_AHEAD_SEC <= 0.120 + 1e-9
    for columns in (5, 77, 150, 301):
        part = mouth_track(VisemeTrack(whole.weights[:columns], whole.energy[:columns]), fps, len(mouth)).axes
        sure = max(0, int((columns / 100 - LOOK_AHEAD_SEC) * fps - 0.5))
        assert part[:sure].tobytes() == mouth[:sure].tobytes()


def test_the_same_track_draws_the_same_bytes() -> None:
    assert lips(random_track(50)).axes.tobytes() == lips(random_track(50)).axes.tobytes()


def test_half_an_hour_has_a_shape_for_each_of_its_pictures() -> None:
    long = VisemeTrack(np.tile(random_track(100).weights, (200, 1))[:180_000], np.ones(180_000, np.float32))
    # How long it takes is for the benchmarks: here it is only that it comes to an end, whole.
    shapes = mouth_track(long, 25, 45_000).axes
    assert shapes.shape == (45_000, 8) and np.isfinite(shapes).all()
