"""Every written word knows when it is heard."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.speech import SpeechRejected, speak
from renderer.speech.align_words import align_words
from renderer.speech.clean_text import clean_text
from renderer.speech.word_times import timed_words, tokens_of
from renderer.types import RATE, Phoneme, Word

SENTENCE = "Where, then, is the money? Do not ask me to carry an oily rag like that; I will not."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello \u2014 dear Dr. Smith!", ["Hello \u2014", "dear", "Dr.", "Smith!"]),
        ("\u4f60\u597d\uff0c\u5929\u3002", ["\u4f60", "\u597d\uff0c", "\u5929\u3002"]),
        ("Parley \u5f88\u597d", ["Parley", "\u5f88", "\u597d"]),
        ("tr\u1eddi \u0111\u1eb9p", ["tr\u1eddi", "\u0111\u1eb9p"]),
        ("... \u2026", ["...", "\u2026"][:1]),
        ("", []),
    ],
)
def test_text_is_split_where_a_line_may_break(text: str, words: list[str]) -> None:
    found = [token.text for token in tokens_of(text)]
    assert found == words or (not any(char.isalnum() for char in text) and len(found) <= 1)


@given(text=st.text(max_size=60))
def test_no_letter_is_lost_in_words(text: str) -> None:
    tokens = tokens_of(text)
    assert "".join("".join(token.text.split()) for token in tokens) == "".join(text.split())
    assert all(token.text == text[token.start : token.end] for token in tokens)


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("en-us", "It's 1,998 o'clock (really)! $5.50 at http://a.b/c? Na\u00efve fa\u00e7ades."),
        ("vi", "Xin ch\u00e0o c\u00e1c b\u1ea1n, h\u00f4m nay tr\u1eddi \u0111\u1eb9p."),
        ("cmn", "\u4f60\u597d\uff0c\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002"),
        ("ar", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645"),
    ],
)
def test_words_of_every_script_follow_each_other_while_they_sound(voice: str, text: str) -> None:
    speech = speak(text, voice=voice)
    words = speech.words
    assert words is not None and speech.phonemes is not None
    assert "".join(word.text for word in words) == "".join(clean_text(text).split())
    assert all(0 <= word.start_sec < word.end_sec <= speech.duration_sec for word in words)
    assert all(one.end_sec <= other.start_sec for one, other in itertools.pairwise(words))
    sounding = [each for each in speech.phonemes if each.symbol]
    assert words[-1].end_sec == pytest.approx(sounding[-1].end_sec)
    loud = [np.abs(speech.samples[int(w.start_sec * RATE) : int(w.end_sec * RATE)].astype(int)).max() for w in words]
    assert min(loud) > 1000


def test_a_pause_after_a_comma_belongs_to_no_word() -> None:
    words = speak("Yes, of course.").words
    assert words is not None
    assert words[1].start_sec - words[0].end_sec > 0.1


def test_a_word_that_was_not_announced_shares_the_time_of_the_one_before() -> None:
    sounds = [Phoneme("a", 0.0, 1.0), Phoneme("b", 1.0, 2.0)]
    words = timed_words("one two", [(0.0, 0)], sounds, 2.5)
    assert words == (Word("one", 0.0, 1.0), Word("two", 1.0, 2.0))


def test_words_of_a_recording_with_known_text_are_found_to_a_fifth_of_a_second() -> None:
    said = speak(SENTENCE, voice="en-gb+f3", words_per_minute=130)
    assert said.words is not None
    guessed = align_words(said.samples, SENTENCE)
    assert [word.text for word in guessed] == [word.text for word in said.words]
    late = np.array([one.start_sec - other.start_sec for one, other in zip(guessed, said.words, strict=True)])
    assert np.abs(late).max() < 0.2


def test_words_of_a_recording_stay_out_of_its_long_pauses() -> None:
    one, other = (speak(part).samples for part in SENTENCE.split("?"))
    pause = np.zeros(3 * RATE, np.int16)
    samples = np.concatenate([one, pause, other])
    quiet_from, quiet_to = len(one) / RATE - 0.2, (len(one) + len(pause)) / RATE
    words = align_words(samples, SENTENCE)
    assert not [word for word in words if quiet_from < word.start_sec < quiet_to - 0.1]


@settings(max_examples=20, deadline=None)
@given(text=st.text(alphabet="ab .,\u4f60\u0645", min_size=1, max_size=80), seconds=st.floats(0.05, 2))
def test_any_transcript_on_any_sound_gives_words_in_order_inside_it(text: str, seconds: float) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, int(seconds * RATE)).astype(np.int16)
    try:
        words = align_words(noise, text, "xx-none")
    except SpeechRejected as refusal:
        assert refusal.code == "text_unspeakable"
        return
    times = [time for word in words for time in (word.start_sec, word.end_sec)]
    assert times == sorted(times)
    assert times[0] >= 0 and times[-1] <= seconds + 1e-6


def test_a_transcript_of_a_book_is_refused() -> None:
    with pytest.raises(SpeechRejected, match="40000"):
        align_words(np.zeros(RATE, np.int16), "word " * 9000)
