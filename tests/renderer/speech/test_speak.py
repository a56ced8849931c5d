"""Text becomes sound whose phonemes are where they say they are."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from renderer.speech import SpeechRejected, SpeechUnavailable, espeak_library, require_speech, speak
from renderer.types import RATE, Phoneme, Speech
from renderer.visemes.read_symbol import is_vowel

SENTENCES = {
    "en-us": "Happy people stop to pack a cup of tea. Bob may amble back to the upper pub.",
    "en-gb+f3": "Peter kept the top copy; Kate took a boat to Cape Town.",
    "de": "Bitte packe den Apfel und die Kappe in den Topf.",
    "vi": "Tôi có một con mèo đẹp, bạn có tin không?",
    "es": "Papá compra pan, queso y tomate para todos.",
}


def level_db(speech: Speech, start_sec: float, end_sec: float) -> float:
    part = speech.samples[round(start_sec * RATE) : round(end_sec * RATE)].astype(np.float64)
    return 20 * float(np.log10(np.sqrt(np.mean(part**2)) + 1.0)) if len(part) else 0.0


def sounds(speech: Speech) -> list[Phoneme]:
    assert speech.phonemes is not None
    return [each for each in speech.phonemes if each.symbol]


@pytest.mark.parametrize(("voice", "text"), SENTENCES.items())
def test_phonemes_cover_the_sound_without_gap(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    assert speech.samples.dtype == np.int16
    assert speech.phonemes is not None
    assert speech.phonemes[0].start_sec == 0.0
    assert speech.phonemes[-1].end_sec == pytest.approx(speech.duration_sec)
    for left, right in pairwise(speech.phonemes):
        assert left.end_sec == pytest.approx(right.start_sec)
        assert left.end_sec > left.start_sec
    assert speech.phonemes[0].symbol == speech.phonemes[-1].symbol == ""


@pytest.mark.parametrize(("voice", "text"), SENTENCES.items())
def test_vowels_are_where_the_energy_is_and_pauses_where_it_is_not(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    assert speech.phonemes is not None
    vowels = [level_db(speech, v.start_sec, v.end_sec) for v in sounds(speech) if is_vowel(v.symbol)]
    loud = float(np.median(vowels))
    assert min(vowels) > loud - 15
    for pause in speech.phonemes:
        if pause.symbol == "" and pause.end_sec - pause.start_sec > 0.03:
            # A voice with an echo leaves it in the pause.
            assert level_db(speech, pause.start_sec + 0.005, pause.end_sec - 0.005) < loud - 20


@pytest.mark.parametrize(("voice", "text"), SENTENCES.items())
def test_a_voiceless_stop_begins_with_its_silence_and_ends_with_its_burst(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    stops = [each for each in sounds(speech) if each.symbol in ("p", "t", "k", "t̪")]
    assert len(stops) >= 5
    closed = 0
    for stop in stops:
        middle = min(stop.start_sec + 0.035, (stop.start_sec + stop.end_sec) / 2)
        before = level_db(speech, stop.start_sec + 0.002, middle - 0.005)
        after = level_db(speech, middle, stop.end_sec)
        closed += before < after - 10
    assert closed >= 0.8 * len(stops)


@pytest.mark.parametrize(("voice", "text"), [("en-us", "My mama may moan more in May."), ("ru", "Мама моет раму.")])
def test_a_vowel_begins_where_its_nasal_opens(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    opened = 0
    pairs = [(a, b) for a, b in pairwise(sounds(speech)) if a.symbol == "m" and is_vowel(b.symbol)]
    assert len(pairs) >= 3
    for nasal, vowel in pairs:
        before = level_db(speech, nasal.start_sec, vowel.start_sec - 0.01)
        after = level_db(speech, vowel.start_sec + 0.005, vowel.start_sec + 0.035)
        opened += after > before + 2
    assert opened >= 0.8 * len(pairs)


def test_stops_hold_long_enough_to_be_seen() -> None:
    spans = [each.end_sec - each.start_sec for each in sounds(speak(SENTENCES["en-us"])) if each.symbol == "p"]
    assert min(spans) > 0.05


def test_the_mouth_has_time_to_open_and_to_close() -> None:
    speech = speak("Amber")
    first, last = sounds(speech)[0], sounds(speech)[-1]
    assert first.start_sec >= 0.09
    assert speech.duration_sec - last.end_sec >= 0.28
    assert not speech.samples[: round(first.start_sec * RATE) - 100].any()


@pytest.mark.parametrize("voice", ["en-us", "en-us+f5"])
def test_the_same_text_gives_the_same_bytes_whatever_was_said_before(voice: str) -> None:
    first = speak("A shiny test of the same words.", voice=voice)
    speak("Etwas ganz anderes.", voice="de", words_per_minute=300, pitch=90)
    again = speak("A shiny test of the same words.", voice=voice)
    assert first.samples.tobytes() == again.samples.tobytes()
    assert first.phonemes == again.phonemes


def test_threads_do_not_mix_their_words() -> None:
    alone = {voice: speak(text, voice=voice) for voice, text in SENTENCES.items()}
    work = list(SENTENCES.items()) * 4
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda item: speak(item[1], voice=item[0]), work))
    for (voice, _), speech in zip(work, together, strict=True):
        assert speech.samples.tobytes() == alone[voice].samples.tobytes()
        assert speech.phonemes == alone[voice].phonemes


def test_speed_and_pitch_are_heard() -> None:
    text = "One two three four five six seven."
    assert speak(text, words_per_minute=300).duration_sec < 0.75 * speak(text, words_per_minute=120).duration_sec
    assert speak(text, pitch=10).samples.tobytes() != speak(text, pitch=90).samples.tobytes()


@pytest.mark.parametrize(
    "setting", [{"words_per_minute": 10}, {"words_per_minute": 900}, {"pitch": -1}, {"pitch": 100}]
)
def test_settings_out_of_range_are_refused_with_the_range(setting: dict[str, int]) -> None:
    with pytest.raises(SpeechRejected, match="must be from") as refusal:
        speak("Hello", **setting)  # type: ignore[arg-type]
    assert refusal.value.code == "speech_setting_invalid"


@pytest.mark.parametrize("text", ["", "?!", "\U0001f600", "<speak/>"])
def test_nothing_to_speak_is_refused(text: str) -> None:
    with pytest.raises(SpeechRejected) as refusal:
        speak(text)
    assert refusal.value.code == "text_unspeakable"


def test_five_thousand_characters_are_spoken() -> None:
    speech = speak(("The quick brown fox jumps over it. " * 143)[:5_000])
    assert 200 < speech.duration_sec < 600
    assert max(each.end_sec for each in sounds(speech)) < speech.duration_sec


def test_missing_data_is_an_error_at_start_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(espeak_library, "_installed_in", lambda: tmp_path)
    with pytest.raises(SpeechUnavailable, match="pip install espeakng-loader"):
        speak("Hello")


def test_a_library_that_does_not_load_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(espeak_library, "_library_file", lambda: broken)
    with pytest.raises(SpeechUnavailable, match="pip install espeakng-loader"):
        speak("Hello")
    require_speech()
