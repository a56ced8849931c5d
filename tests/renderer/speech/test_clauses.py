"""Clauses: cut where a voice may pause, whatever the language, however the text arrives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.speech.clauses import CLAUSE_PAUSE_SEC, FIRST_IN_A_HURRY, LATER, SENTENCE_PAUSE_SEC, ClauseCutter


def cut(text: str, *pieces: str) -> list[str]:
    cutter = ClauseCutter()
    found = [clause for piece in (text, *pieces) for clause in cutter.push(piece)]
    return [clause.text for clause in [*found, *cutter.finish()]]


@pytest.mark.parametrize(
    "text",
    [
        "Visit https://example.com/a?b=1,2&c=3.html today",
        "It is 3.14, or 1,000,000.50 at 12:30:05",
        "Dr. Smith met Mr. J. R. Brown, e.g. at St. Paul's approx. once",
        "Am 3. Mai kommt z.B. Herr Nr. 7",
        "write to ann.lee@example.org or v2.0.1",
    ],
)
def test_a_mark_inside_a_word_an_abbreviation_or_a_number_ends_no_sentence(text: str) -> None:
    full_stops = [clause for clause in cut(text) if clause.rstrip().endswith(".")]
    assert full_stops == []


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Hello there. How are you? Fine!", ["Hello there. ", "How are you? ", "Fine!"]),
        ("你好，我是小明。今天天气很好！", ["你好，我是小明。", "今天天气很好！"]),
        ("こんにちは。元気ですか？はい。", ["こんにちは。", "元気ですか？", "はい。"]),
        ("Xin chào các bạn. Tôi là người Việt… Cảm ơn!", ["Xin chào các bạn. ", "Tôi là người Việt… ", "Cảm ơn!"]),
        ("नमस्ते दोस्तों। आप कैसे हैं? ठीक।", ["नमस्ते दोस्तों। ", "आप कैसे हैं? ", "ठीक।"]),
        ("مرحبا يا صديقي؟ أنا بخير۔ نعم", ["مرحبا يا صديقي؟ ", "أنا بخير۔ ", "نعم"]),
        ('He said "Stop it!" Then he left.', ['He said "Stop it!" ', "Then he left."]),
        ("First line\nSecond line\n", ["First line\n", "Second line\n"]),
        ("Say <break time='1s. Now'/> this. And that.", ["Say <break time='1s. Now'/> this. ", "And that."]),
        ("... !!! Go on. Yes.", ["... !!! Go on. ", "Yes."]),
    ],
)
def test_sentences_of_every_script_are_cut_behind_their_marks(text: str, clauses: list[str]) -> None:
    assert cut(text) == clauses


def test_the_first_clause_ends_early_and_later_ones_are_longer() -> None:
    clauses = cut("Well, hello there, my dear, old friend, " * 10)
    assert clauses[0].endswith(", ") and len(clauses[0]) < 25
    assert all(len(clause) >= LATER.least for clause in clauses[1:-1])


def test_a_pause_is_as_long_as_its_mark_asks() -> None:
    clauses = ClauseCutter().push("Well then, hello. Yes, and so on and so on and so on and on, ok. So")
    assert [clause.pause_sec for clause in clauses][:2] == [CLAUSE_PAUSE_SEC, SENTENCE_PAUSE_SEC]


@pytest.mark.parametrize(
    "text", ["a" * 4000, "字" * 1500, "word " * 800, "e\u0301" * 2000, "\u0915\u094d" * 1500, "<" * 4000]
)
def test_no_clause_is_longer_than_a_breath(text: str) -> None:
    clauses = cut(text)
    assert "".join(clauses) == text
    if any(map(str.isalnum, text)):
        assert max(map(len, clauses)) <= LATER.most + 10
        assert not any(clause.startswith(("\u0301", "\u094d")) for clause in clauses)


def test_a_hurried_first_clause_is_some_words_long() -> None:
    first = ClauseCutter(FIRST_IN_A_HURRY).push("a reply that has no comma at all goes on and on and on. ")[0]
    assert 10 < len(first.text) <= FIRST_IN_A_HURRY.most and first.text.endswith(" ")


def test_who_hurries_gets_whole_words() -> None:
    cutter = ClauseCutter()
    assert (
        cutter.push("The answer to that is unkn") == [] and cutter.hurry(words=True)[0].text == "The answer to that is "
    )
    assert [clause.text for clause in [*cutter.push("own. Yes."), *cutter.finish()]] == ["unknown. ", "Yes."]
    assert ClauseCutter().push("The answer to that is unkn") == [] == cutter.hurry(words=False)
    assert cutter.push("No. ") == [] and cutter.hurry(words=False)[0].text == "No. "


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab1 .,!?<>/\n。，\u0301😀", max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_nothing_is_lost_and_the_cut_does_not_depend_on_how_the_text_came(text: str, places: list[int]) -> None:
    ends = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert cut("", *pieces) == cut(text)
    assert "".join(cut(text)) == text
