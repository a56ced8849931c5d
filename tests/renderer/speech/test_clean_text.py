"""What reaches the voice of what a person typed."""

import pytest

from renderer.speech.clean_text import MAX_CHARACTERS, clean_text
from renderer.speech.errors import SpeechRejected


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Hello,\n\tworld. ", "Hello, world."),
        ("<speak>Hello <break time='1s'/> <b>there</b></speak>", "Hello there"),
        ("Hi \U0001f600\U0001f44d\U0001f3fd you \u2764\ufe0f", "Hi you"),
        ("Flag \U0001f1fb\U0001f1f3 here", "Flag here"),
        ("a\x00b\x07c\x01-20S\x1b", "a b c -20S"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("20 °C costs 5 €", "20 °C costs 5 €"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ud800 broken", "broken"),
        ("[[h@'loU]]", "[[h@'loU]]"),
    ],
)
def test_markup_controls_and_emoji_go_and_words_stay(typed: str, read: str) -> None:
    assert clean_text(typed) == read


@pytest.mark.parametrize("typed", ["", "   ", "...!?", "\U0001f600\U0001f600", "<a href='x'>", "\x00\x01", "—«»", "☺"])
def test_text_without_a_word_is_refused_with_advice(typed: str) -> None:
    with pytest.raises(SpeechRejected, match="at least one word") as refusal:
        clean_text(typed)
    assert refusal.value.code == "text_unspeakable"


def test_text_is_bounded_at_the_limit_exactly() -> None:
    assert len(clean_text("a" * MAX_CHARACTERS)) == MAX_CHARACTERS
    with pytest.raises(SpeechRejected, match="5001 characters") as refusal:
        clean_text("a" * (MAX_CHARACTERS + 1))
    assert refusal.value.code == "text_too_long"


def test_a_wall_of_angle_brackets_takes_no_time() -> None:
    assert clean_text("<" * 4_000 + " word").endswith("word")
    assert clean_text("<a" * 2_000 + " word").endswith("word")
