"""Voices are listed by tag, and a wrong name is answered with a right one."""

import pytest

from renderer.speech import SpeechRejected, speak, variants, voices


def test_voices_are_listed_once_each_by_tag() -> None:
    tags = [voice.id for voice in voices()]
    assert len(tags) > 100
    assert tags == sorted(set(tags))
    assert {"en-us", "en-gb", "de", "es", "fr-fr", "vi", "cmn", "ja", "hi"} <= set(tags)
    assert all(voice.name for voice in voices())


def test_every_voice_listed_speaks() -> None:
    for voice in voices():
        phonemes = speak("Mama papa 1 2 3", voice=voice.id).phonemes or ()
        symbols = [each.symbol for each in phonemes if each.symbol]
        assert len(symbols) >= 4, voice.id
        assert not any("(" in symbol for symbol in symbols), voice.id


@pytest.mark.parametrize(
    ("asked", "same_as"), [("en", "en-us"), ("EN_us", "en-us"), ("de-AT", "de"), ("fr", "fr-fr"), ("zh-CN", "cmn")]
)
def test_common_names_of_a_language_find_its_voice(asked: str, same_as: str) -> None:
    assert speak("Hello", voice=asked).samples.tobytes() == speak("Hello", voice=same_as).samples.tobytes()


def test_a_variant_changes_the_timbre_and_not_the_words() -> None:
    plain, other = speak("Hello there"), speak("Hello there", voice="en-us+f3")
    assert plain.samples.tobytes() != other.samples.tobytes()
    assert [p.symbol for p in plain.phonemes or ()] == [p.symbol for p in other.phonemes or ()]
    assert {"f1", "m1", "whisper"} <= set(variants())


@pytest.mark.parametrize(
    ("voice", "advice"), [("klingonese", "for example"), ("xx", "en-us"), ("", "en-us"), ("../../etc", "en-us")]
)
def test_an_unknown_voice_is_refused_with_advice(voice: str, advice: str) -> None:
    with pytest.raises(SpeechRejected, match=advice) as refusal:
        speak("Hello", voice=voice)
    assert refusal.value.code == "voice_unknown"


@pytest.mark.parametrize("voice", ["en-us+zz", "en-us+", "en-us+../gmw/de"])
def test_an_unknown_variant_is_refused(voice: str) -> None:
    with pytest.raises(SpeechRejected, match="variant") as refusal:
        speak("Hello", voice=voice)
    assert refusal.value.code == "voice_unknown"
