"""Written words get times: those that the voice announced, each until it is heard no more."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, TypeAlias

from renderer.types import Phoneme, Word

WordMark: TypeAlias = tuple[float, int]
"""(second, index of the character that is read from then on)."""

_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),
    (0x3005, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts written without spaces: a line may break between any two of their letters, before no mark."""


@dataclass(frozen=True)
class Token:
    """A word as it is written, at characters [start, end) of its text."""

    text: str
    start: int
    end: int
    joined: bool


def tokens_of(text: str) -> list[Token]:
    """The words of `text`, in order: split at spaces, and between the letters of scripts that have none.

    What has no letter or digit ("-", "...") goes with the word before it.
    """
    tokens: list[Token] = []
    start = 0
    for index in range(len(text) + 1):
        ends = index == len(text) or text[index].isspace()
        if not ends and not (index > start and _may_break(text[index - 1], text[index])):
            continue
        if index > start:
            _take(tokens, text, start, index)
        start = index + 1 if ends else index
    return tokens


def _take(tokens: list[Token], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    joined = start > 0 and not text[start - 1].isspace()
    if tokens and not any(char.isalnum() for char in piece):
        last = tokens.pop()
        tokens.append(Token(text[last.start : end], last.start, end, last.joined))
    else:
        tokens.append(Token(piece, start, end, joined))


def _may_break(before: str, after: str) -> bool:
    if not (_is_unspaced(before) or _is_unspaced(after)):
        return False
    # Marks of tone and vowel sit on the letter before them; full stops and closing brackets stay with theirs.
    return unicodedata.category(after)[0] not in "MP" and unicodedata.category(before) not in ("Ps", "Pi")


def _is_unspaced(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in _UNSPACED)


def timed_words(text: str, marks: Sequence[WordMark], phonemes: Sequence[Phoneme], end_sec: float) -> tuple[Word, ...]:
    """The words of `text` with their times. `marks` in order of time; `phonemes` cover 0 to `end_sec`."""
    tokens = tokens_of(text)
    sounding = [each for each in phonemes if each.symbol]
    begins = [each.start_sec for each in sounding]
    starts = _starts(tokens, marks, sounding[-1].end_sec if sounding else end_sec)
    words: list[Word] = []
    for index, token in enumerate(tokens):
        start, following = starts[index], starts[index + 1]
        # It is heard until the last sound that begins before the next word.
        last = bisect_left(begins, following) - 1
        heard = sounding[last].end_sec if last >= 0 and begins[last] >= start - 1e-6 else following
        words.append(Word(token.text, start, min(max(heard, start), following), token.joined))
    return tuple(words)


def _starts(tokens: Sequence[Token], marks: Sequence[WordMark], end_sec: float) -> list[float]:
    """When each begins, and at last when all is said; what was not announced shares the time of the word before."""
    places = [token.start for token in tokens]
    first: dict[int, float] = {}
    for second, place in marks:
        index = bisect_right(places, place) - 1
        if index >= 0 and place < tokens[index].end:
            first.setdefault(index, second)
    known = sorted(first.items())
    if not known or known[0][0] > 0:
        known.insert(0, (0, min([second for _, second in known], default=0.0)))
    starts = [end_sec] * (len(tokens) + 1)
    for (index, second), (following, until) in pairwise([*known, (len(tokens), end_sec)]):
        letters = [len(token.text) for token in tokens[index:following]]
        for offset in range(following - index):
            share = sum(letters[:offset]) / max(1, sum(letters))
            starts[index + offset] = second + max(0.0, until - second) * share
    # A word read before another that is written earlier ("$5" is "five dollars"): time never runs back.
    return list(accumulate(starts, max))
