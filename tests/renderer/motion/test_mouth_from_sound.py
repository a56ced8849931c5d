"""The drawn mouth of sound alone: mostly right where it counts, never late, at rest where nobody speaks."""

from functools import lru_cache

import numpy as np
import pytest

from renderer.motion.mouth import LOOK_AHEAD_SEC, mouth_track
from renderer.speech import speak
from renderer.types import RATE, Samples, Speech
from renderer.visemes import track_of
from renderer.visemes.by_sound import AHEAD_SEC
from tests.renderer.motion.seen_lips import SHUT, aperture, lag_ms, lips_of, moments, shut_share

SAYINGS = {
    "en-us": "Pack my box with five dozen jugs. A big bump made the poor man moan, but Pam began to sing about home.",
    "en-gb+f4": "The frosty air passed through the coat. My boat moved by the pier; a bee became a problem for Mabel.",
    "en-us+m3": "The rope will bind the seven books at once. Hop over the fence and plunge in. Mom baked a plum pie.",
    "de": "Am Bahnhof kaufte meine Oma ein paar Bananen. Sie möchte im Sommer mit uns baden gehen.",
    "es": "Mi abuela prepara una buena paella para el domingo. Después vamos a tomar un poco de vino.",
    "vi": "Buổi sáng bố tôi thường uống cà phê. Em bé mặc áo màu xanh và ăn một quả táo.",
    "nl": "Mijn broer bakt brood en pannenkoeken. Morgen gaan wij samen naar het museum.",
}


@lru_cache(maxsize=16)
def said(voice: str) -> Speech:
    return speak(SAYINGS[voice], voice=voice)


def heard(speech: Speech) -> Speech:
    return Speech(speech.samples)


def as_sound(values: np.ndarray) -> Samples:
    return np.clip(np.rint(values), -32_768, 32_767).astype(np.int16)


def test_lips_shut_on_most_p_b_m() -> None:
    shares = {voice: shut_share(said(voice), lips_of(heard(said(voice))), slack=1) for voice in SAYINGS}
    counts = {voice: len(moments(said(voice), "pbm", 25)) for voice in SAYINGS}
    assert sum(shares[v] * counts[v] for v in SAYINGS) / sum(counts.values()) >= 0.85, shares


def test_lips_are_open_in_the_middle_of_open_vowels() -> None:
    shut: list[bool] = []
    for speech in map(said, SAYINGS):
        seen = aperture(lips_of(heard(speech)))
        shut += [bool(seen[(vowel.first + vowel.last + 1) // 2] < SHUT) for vowel in moments(speech, "aɑæ", 25)]
    assert np.mean(shut) < 0.12


@pytest.mark.parametrize("voice", SAYINGS)
def test_the_mouth_is_within_40_ms_of_the_sound_and_never_late(voice: str) -> None:
    lag, correlation = lag_ms(said(voice), lips_of(heard(said(voice)), 30))
    assert -40 <= lag <= 10
    assert correlation > 0.55


def test_opening_follows_the_phones_about_as_well_as_published_systems() -> None:
    correlations = [lag_ms(said(voice), lips_of(heard(said(voice)), 30))[1] for voice in SAYINGS]
    assert np.mean(correlations) > 0.73


@pytest.mark.parametrize("name", ["silence", "constant", "hum", "noise", "clicks"])
def test_what_is_not_speech_leaves_the_mouth_at_exact_rest(name: str) -> None:
    time = np.arange(5 * RATE) / RATE
    sounds = {
        "silence": np.zeros(5 * RATE),
        "constant": np.full(5 * RATE, -7_000.0),
        "hum": 3_000 * np.sin(2 * np.pi * 50 * time),
        "noise": np.random.default_rng(3).normal(0, 32_767 * 10 ** (-50 / 20), 5 * RATE),
        "clicks": np.where(np.arange(5 * RATE) % 30_011 < 40, 25_000.0, 0.0),
    }
    assert not lips_of(Speech(as_sound(sounds[name]))).axes.any()


def test_the_mouth_is_at_rest_within_8_pictures_of_the_last_sound() -> None:
    for voice in SAYINGS:
        speech = said(voice)
        assert speech.phonemes is not None
        quiet = Speech(np.concatenate([speech.samples, np.zeros(RATE, np.int16)]))
        end = int(np.ceil(speech.phonemes[-1].start_sec * 25))
        assert not lips_of(quiet).axes[end + 8 :].any(), voice


def test_noise_in_the_room_does_not_hold_the_mouth_open() -> None:
    speech = said("en-us")
    pause = np.zeros(2 * RATE, np.int16)
    quiet = np.concatenate([speech.samples, pause, speech.samples])
    hiss = np.random.default_rng(4).normal(0, 32_767 * 10 ** (-50 / 20), len(quiet))
    mouth = lips_of(Speech(as_sound(quiet * 0.8 + hiss))).axes
    first = len(speech.samples) / RATE
    assert not mouth[int((first + 0.2) * 25) : int((first + 1.9) * 25)].any()
    assert aperture(lips_of(Speech(as_sound(quiet * 0.8 + hiss)))).std() > 0.05


@pytest.mark.parametrize("gain_db", [-20, -10, 6])
def test_opening_does_not_follow_gain(gain_db: float) -> None:
    speech = said("en-us")
    plain = aperture(lips_of(Speech(as_sound(speech.samples * 0.5))))
    other = aperture(lips_of(Speech(as_sound(speech.samples * 0.5 * 10 ** (gain_db / 20)))))
    assert np.corrcoef(plain, other)[0, 1] > 0.97
    assert other.mean() == pytest.approx(plain.mean(), rel=0.06)


@pytest.mark.parametrize("cut_sec", [0.31, 1.234, 2.5, 3.999])
def test_a_picture_depends_on_no_sound_after_its_look_ahead(cut_sec: float) -> None:
    speech = heard(said("en-us"))
    beginning = Speech(speech.samples[: round(cut_sec * RATE)])
    whole = lips_of(speech).axes
    part = mouth_track(track_of(beginning), 25, 200).axes
    sure = int((cut_sec - LOOK_AHEAD_SEC - AHEAD_SEC) * 25 - 0.5)
    assert part[:sure].tobytes() == whole[:sure].tobytes()
    assert LOOK_AHEAD_SEC + AHEAD_SEC <= 0.280


def test_the_same_sound_draws_the_same_bytes() -> None:
    first, second = (lips_of(heard(said("vi"))).axes.tobytes() for _ in range(2))
    assert first == second
