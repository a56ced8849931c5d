"""Captions can be read: two short lines, cut where the speaker pauses, for long enough."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.captions import cues_of, webvtt
from renderer.captions.cues import LINE_COLUMNS, Cue, columns_of
from renderer.types import Word

STAMP = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d\d):([0-5]\d):([0-5]\d)\.(\d{3})")


def said(text: str, each: float = 0.3, pause_after: str = ".") -> tuple[Word, ...]:
    words, now = list[Word](), 0.1
    for part in text.split():
        words.append(Word(part, now, now + each))
        now += each + (1.0 if part[-1] in pause_after else 0.0)
    return tuple(words)


def test_a_short_sentence_is_one_line_and_the_next_sentence_another_cue() -> None:
    cues = cues_of(said("Hello, my friend. It is good to see you."))
    assert [cue.text for cue in cues] == ["Hello, my friend.", "It is good to see you."]


def test_a_long_sentence_becomes_two_balanced_lines_that_prefer_the_comma() -> None:
    (cue,) = cues_of(said("When the rain had stopped at last, we walked along the river home.", each=0.2))
    assert cue.text == "When the rain had stopped at last,\nwe walked along the river home."


WORDS = st.lists(
    st.tuples(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=60), st.floats(0, 3)),
    min_size=1,
    max_size=60,
)


@given(drawn=WORDS, columns=st.integers(8, 42))
def test_cues_hold_every_word_once_in_lines_that_fit_and_never_overlap(
    drawn: list[tuple[str, float]], columns: int
) -> None:
    words, now = list[Word](), 0.0
    for text, length in drawn:
        words.append(Word(text, now, now + length))
        now += length
    cues = cues_of(words, columns)
    assert [word for cue in cues for word in cue.words] == words
    for cue in cues:
        assert 1 <= len(cue.lines) <= 2 and cue.start_sec < cue.end_sec
        assert all(columns_of(line) <= columns or len(line) == 1 for line in cue.lines)
    starts = [cue.start_sec for cue in cues]
    assert starts == sorted(starts)
    ends = [cue.end_sec for cue in cues]
    overlaps = [start - end for end, start in zip(ends, starts[1:], strict=False)]
    assert not overlaps or min(overlaps) > -0.0011


def test_a_cue_stays_a_second_and_leaves_a_gap_before_the_next() -> None:
    words = (Word("Yes.", 1.0, 1.2), Word("No.", 1.5, 1.6), Word("Maybe.", 9.0, 9.5))
    first, second, third = cues_of(words)
    assert (first.start_sec, first.end_sec) == (1.0, pytest.approx(1.42))
    assert (second.start_sec, second.end_sec) == (1.5, pytest.approx(2.5))
    assert third.end_sec == pytest.approx(10.0)


def test_letters_of_chinese_count_twice_and_are_joined_without_spaces() -> None:
    words = tuple(Word("\u6c34", 0.1 * k, 0.1 * k + 0.1, joined=k > 0) for k in range(60))
    cues = cues_of(words)
    assert all(len(line) <= LINE_COLUMNS // 2 for cue in cues for line in cue.lines)
    assert " " not in cues[0].text


def test_the_file_parses_as_webvtt_and_its_markup_is_text() -> None:
    tricky = "a<b>&amp; --> {x} \u0645\u0631\u062d\u0628\u0627"
    text = webvtt([Cue(((Word(tricky, 0, 1),),), 0.0, 1.0), Cue(((Word("end", 3599.9996, 3700),),), 3599.9996, 3700.5)])
    header, *blocks = text.split("\n\n")
    assert header == "WEBVTT"
    times = list[tuple[int, int]]()
    for number, block in enumerate(blocks, 1):
        identifier, timing, payload = block.strip().split("\n")
        assert identifier == str(number)
        found = STAMP.fullmatch(timing)
        assert found is not None
        numbers = [int(part) for part in found.groups()]
        weights = (3_600_000, 60_000, 1000, 1)
        start, end = (sum(a * b for a, b in zip(numbers[at : at + 4], weights, strict=True)) for at in (0, 4))
        assert "<" not in payload and "-->" not in payload
        times.append((start, end))
    assert times == [(0, 1000), (3_600_000, 3_700_500)]
    assert "\u0645\u0631\u062d\u0628\u0627" in text and "a&lt;b&gt;&amp;amp; --&gt;" in text
