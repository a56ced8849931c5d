"""Timed phonemes become a track that holds each sound for exactly its time."""

import numpy as np
import pytest

from renderer.speech import speak, voices
from renderer.types import VISEMES, Phoneme, Speech
from renderer.visemes import track_from_phonemes, track_of

SAMPLES = {
    "ru": "Добрый день, меня зовут Борис.",
    "cmn": "你好，我的名字是小明。",
    "ja": "おはようございます。",
    "hi": "नमस्ते, मेरा नाम राम है।",
    "ar": "مرحبا، اسمي محمد",
    "ko": "안녕하세요 반갑습니다",
    "th": "สวัสดีครับ",
    "ka": "გამარჯობა მეგობარო",
}


def column(track_weights: np.ndarray, index: int) -> dict[str, float]:
    return {VISEMES[i]: round(float(w), 3) for i, w in enumerate(track_weights[index]) if w > 0}


def track(*phonemes: tuple[str, float, float], columns: int = 100) -> np.ndarray:
    spans = [Phoneme(*each) for each in phonemes]
    return track_from_phonemes(spans, np.zeros(columns, np.float32)).weights


def test_columns_hold_the_sound_of_their_time() -> None:
    weights = track(("m", 0.10, 0.20), ("a", 0.20, 0.40))
    assert column(weights, 9) == {"sil": 1.0}
    assert column(weights, 10) == column(weights, 19) == {"PP": 1.0}
    assert column(weights, 20) == column(weights, 39) == {"aa": 1.0}
    assert column(weights, 40) == {"sil": 1.0}


def test_a_column_two_sounds_share_holds_both() -> None:
    assert column(track(("m", 0.10, 0.153), ("a", 0.153, 0.4)), 15) == pytest.approx({"PP": 0.3, "aa": 0.7}, abs=1e-3)


def test_a_diphthong_passes_from_one_vowel_to_the_other() -> None:
    weights = track(("aɪ", 0.0, 0.2))
    assert column(weights, 5) == {"aa": 1.0}
    assert column(weights, 18) == {"ih": 1.0}
    assert weights[:20, VISEMES.index("aa")].sum() == pytest.approx(11, abs=0.01)


def test_h_takes_the_shape_of_the_vowel_that_follows() -> None:
    assert column(track(("h", 0.0, 0.1), ("uː", 0.1, 0.3)), 5) == {"ou": 1.0}
    assert column(track(("iː", 0.0, 0.1), ("ʔ", 0.1, 0.2)), 15) == {"ih": 1.0}


def test_the_lips_of_a_stop_part_at_its_burst_and_those_of_a_nasal_at_its_end() -> None:
    stop, nasal = (track((symbol, 0.0, 0.1), ("aː", 0.1, 0.3)) for symbol in ("pʰ", "m"))
    assert column(stop, 5) == column(nasal, 9) == {"PP": 1.0}
    assert column(stop, 8) == column(nasal, 10) == {"aa": 1.0}
    assert column(track(("p", 0.0, 0.1), ("", 0.1, 0.3)), 8) == {"PP": 1.0}


def test_phonemes_outside_the_track_do_no_harm() -> None:
    weights = track(("a", -0.2, 0.05), ("p", 0.95, 3.0), ("m", 5.0, 6.0))
    assert column(weights, 2) == {"aa": 1.0}
    assert column(weights, 99) == {"PP": 1.0}


def test_nothing_said_is_silence() -> None:
    assert np.array_equal(track()[:, VISEMES.index("sil")], np.ones(100, np.float32))


@pytest.mark.parametrize(("voice", "text"), SAMPLES.items())
def test_every_script_gives_a_track_of_known_sounds(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    weights = track_of(speech).weights
    assert len(weights) == int(np.ceil(speech.duration_sec * 100 - 1e-9))
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    assert len(set(weights.argmax(axis=1))) >= 5


def test_every_voice_closes_its_lips_on_mama() -> None:
    for voice in voices():
        weights = track_of(speak("mama papa", voice=voice.id)).weights
        assert (weights[:, VISEMES.index("PP")] > 0.99).sum() >= 5, voice.id


def test_a_speech_without_sound_has_an_empty_track() -> None:
    empty = np.zeros(0, np.int16)
    assert track_of(Speech(empty)).weights.shape == (0, 15)
    assert track_of(Speech(empty, ())).weights.shape == (0, 15)
