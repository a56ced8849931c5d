"""Visemes from sound alone: bounded look-ahead, no trace of gain, silence for all that is not a voice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.speech import speak
from renderer.types import RATE, VISEMES, Samples, VisemeTrack
from renderer.visemes import NetworkVisemes, track_of
from renderer.visemes.by_sound import AHEAD_SEC

SIL, PP = VISEMES.index("sil"), VISEMES.index("PP")
TEXT = "My baby brother bought five fine plums, who knew? She sells sea shells to the poor man by the pier."


@pytest.fixture(scope="module")
def sound() -> Samples:
    return speak(TEXT).samples


@pytest.fixture(scope="module")
def whole(sound: Samples) -> VisemeTrack:
    return NetworkVisemes().track(sound)


def amplitude(dbfs: float) -> float:
    return 32_767 * 10 ** (dbfs / 20)


def as_sound(values: NDArray[np.float64]) -> Samples:
    return np.clip(np.rint(values), -32_768, 32_767).astype(np.int16)


def not_voices() -> dict[str, Samples]:
    noise = np.random.default_rng(0).normal(0, 1, 6 * RATE)
    seconds = np.arange(6 * RATE) / RATE
    clicks = np.zeros(6 * RATE)
    clicks[:: RATE // 2] = amplitude(-1)
    hum = np.sin(2 * np.pi * 50 * seconds)
    buzz = sum(np.sin(2 * np.pi * 50 * k * seconds) / k for k in range(1, 9))
    drone = sum(np.sin(2 * np.pi * 147 * k * seconds) / k for k in range(1, 20))
    slow = np.convolve(noise, np.ones(24) / 24, "same")
    breath = slow / slow.std() * np.sin(np.pi * seconds / 1.5) ** 4
    return {
        "digital silence": np.zeros(6 * RATE, np.int16),
        "a constant": np.full(6 * RATE, 9_000, np.int16),
        "white noise at -50": as_sound(noise * amplitude(-50)),
        "white noise at -25": as_sound(noise * amplitude(-25)),
        "dull noise at -30": as_sound(slow / slow.std() * amplitude(-30)),
        "hum at -20": as_sound(hum * amplitude(-20)),
        "buzz at -45": as_sound(buzz * amplitude(-45)),
        "a drone at -20": as_sound(drone * amplitude(-20)),
        "breath at -35": as_sound(breath * amplitude(-35)),
        "clicks": as_sound(clicks),
    }


@pytest.mark.parametrize("name", not_voices())
def test_what_is_not_a_voice_is_exact_silence(name: str) -> None:
    track = NetworkVisemes().track(not_voices()[name])
    assert np.array_equal(track.weights[:, SIL], np.ones(600, np.float32))
    assert not track.energy.any()


def test_rows_sum_to_one_and_cover_the_sound(whole: VisemeTrack, sound: Samples) -> None:
    assert whole.shape is not None
    assert whole.weights.dtype == whole.energy.dtype == whole.shape.dtype == np.float32
    assert len(whole.weights) == len(whole.energy) == len(whole.shape) == -(-len(sound) // 480)
    assert np.allclose(whole.weights.sum(axis=1), 1.0, atol=1e-5)
    assert 0.5 < (whole.weights[:, SIL] < 0.5).mean() < 0.95


def test_the_shape_stays_within_the_axes(whole: VisemeTrack) -> None:
    assert whole.shape is not None
    assert whole.shape[:, 0].min() >= 0.0 <= whole.shape[:, 2].min()
    assert np.abs(whole.shape).max() <= 1.0
    assert whole.shape[:, 0].max() > 0.4


@pytest.mark.parametrize("samples", [1, 479, 480, 481, 48_000, 100_001, 163_333])
def test_a_beginning_reads_the_same_as_in_the_whole(sound: Samples, whole: VisemeTrack, samples: int) -> None:
    part = NetworkVisemes().track(sound[:samples])
    sure = max(0, int((samples / RATE - AHEAD_SEC) * 100) + 1)
    assert whole.shape is not None and part.shape is not None
    assert part.weights[:sure].tobytes() == whole.weights[:sure].tobytes()
    assert part.energy[:sure].tobytes() == whole.energy[:sure].tobytes()
    assert part.shape[:sure].tobytes() == whole.shape[:sure].tobytes()


def test_look_ahead_is_short() -> None:
    assert AHEAD_SEC <= 0.120


@pytest.mark.parametrize("gain_db", [-20, -10, 6])
def test_gain_does_not_matter(sound: Samples, gain_db: float) -> None:
    other = NetworkVisemes().track(as_sound(sound * 10 ** (gain_db / 20) * 0.5))
    reference = NetworkVisemes().track(as_sound(sound * 0.5))
    assert other.shape is not None and reference.shape is not None
    assert np.abs(other.energy - reference.energy).mean() < 0.02
    assert np.abs(other.shape - reference.shape).mean() < 0.02
    assert (other.weights.argmax(axis=1) == reference.weights.argmax(axis=1)).mean() > 0.95


def test_an_offset_and_hum_under_speech_do_not_matter(sound: Samples, whole: VisemeTrack) -> None:
    hum = np.sin(2 * np.pi * 50 * np.arange(len(sound)) / RATE) * amplitude(-30)
    other = NetworkVisemes().track(as_sound(sound * 0.8 + 2_000 + hum))
    assert (other.weights.argmax(axis=1) == whole.weights.argmax(axis=1)).mean() > 0.85


def test_what_is_read_is_far_better_than_the_commonest_guess(whole: VisemeTrack) -> None:
    truth = track_of(speak(TEXT)).weights.argmax(axis=1)
    right = (whole.weights.argmax(axis=1) == truth).mean()
    commonest = np.bincount(truth).max() / len(truth)
    assert right > 0.6 > commonest + 0.25


@pytest.mark.parametrize("voice", ["en-us", "en-gb+f4", "pt-br"])
def test_sibilants_are_heard(voice: str) -> None:
    speech = speak("Sissy says six times: sausages, sushi, sashimi.", voice=voice)
    read = NetworkVisemes().track(speech.samples).weights
    hiss = read[:, VISEMES.index("SS")] + read[:, VISEMES.index("CH")]
    truth = track_of(speech).weights
    hissing = truth[:, VISEMES.index("SS")] + truth[:, VISEMES.index("CH")] > 0.9
    assert hiss[hissing].mean() > 0.6 > 4 * hiss[~hissing].mean()


def test_lips_touch_on_m_and_not_on_n() -> None:
    shares = {}
    for name, text in (("m", "My mama meets a mummy, Mimi, Emma."), ("n", "No nanny needs a ninny, Nina, Anna.")):
        speech = speak(text)
        assert speech.phonemes is not None
        read = NetworkVisemes().track(speech.samples).weights[:, PP]
        spans = [(round(100 * p.start_sec), round(100 * p.end_sec)) for p in speech.phonemes if p.symbol[:1] == name]
        shares[name] = np.mean([read[first:last].max() > 0.85 for first, last in spans])
    assert shares["m"] >= 0.8
    assert shares["n"] <= 0.45


def test_the_same_sound_gives_the_same_bytes(sound: Samples, whole: VisemeTrack) -> None:
    assert NetworkVisemes().track(sound.copy()).weights.tobytes() == whole.weights.tobytes()


def test_the_shortest_sounds_are_read() -> None:
    for count in (0, 1, 300):
        track = NetworkVisemes().track(np.ones(count, np.int16))
        assert track.shape is not None
        assert len(track.weights) == len(track.shape) == -(-count // 480)
