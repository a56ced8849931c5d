"""Text that is still being written becomes clauses that can be spoken one by one, in any language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

SENTENCE_PAUSE_SEC: Final = 0.36
CLAUSE_PAUSE_SEC: Final = 0.16
BREATH_PAUSE_SEC: Final = 0.04
"""Silence after a clause: at a full stop, at a comma, and where there was neither and it had become too long."""

_SENTENCE: Final = frozenset(".!?…")
_CLAUSE: Final = frozenset(",;:")
"""These end something only where white space follows: 3.14, 1,000, 12:30 and example.com/?q are one word each."""
_SENTENCE_ALONE: Final = frozenset("。！？｡．؟।॥։።។။۔༎᙮\n")
_CLAUSE_ALONE: Final = frozenset("、，；：､،؛၊፣፤—")
"""These end something wherever they stand: their scripts have no space after them."""
_CLOSING: Final = frozenset("\"'”’»›)]}」』】）》〉〗")
_ABBREVIATIONS: Final = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "inc", "ltd", "co", "corp", "no", "nos", "fig"),
        *("vol", "dept", "approx", "est", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k"),
        *("sra", "srta", "ud", "uds", "av", "mme", "mlle", "dipl", "bzw", "z.b", "d.h", "ca", "nr", "str"),
        *("tp", "ths", "ts", "gs", "pgs", "bs"),
    )
)
"""Before a full stop that ends no sentence. "no" and "etc" end some: what is not cut is only a longer clause."""
_TAG_START: Final = re.compile(r"<[/!?]?[a-zA-Z]")
_LONGEST_TAG: Final = 500

WIDE: Final = 3
"""A Chinese, Japanese or Korean letter is spoken for as long as about three Latin ones."""


@dataclass(frozen=True)
class Lengths:
    """In Latin letters: a clause ends at a comma only from `least` on; without any mark, at a space before `most`."""

    least: int
    most: int


FIRST: Final = Lengths(10, 90)
FIRST_IN_A_HURRY: Final = Lengths(2, 28)
LATER: Final = Lengths(36, 240)


@dataclass(frozen=True)
class Clause:
    """`text` exactly as it came, spaces too: all of them joined are the text. `pause_sec`: silence after it."""

    text: str
    pause_sec: float


class ClauseCutter:
    """Push text in pieces of any size; the clauses are the same however it came. `first`: lengths of the first one,
    which somebody waits for."""

    def __init__(self, first: Lengths = FIRST) -> None:
        self._held = ""
        self._lengths = first

    def push(self, text: str) -> list[Clause]:
        """What comes next -> the clauses that are now whole."""
        self._held += text
        return self._take(final=False)

    def hurry(self, words: bool) -> list[Clause]:
        """Nothing more has come for a while: what ends in a mark is a clause; with `words`, because somebody waits, so
        are whole words, if there are enough of them."""
        space = max(self._held.rfind(" "), self._held.rfind("\n")) + 1
        ready = self._held[:space]
        if "<" in ready or not any(map(str.isalnum, ready)):
            return []
        bare = ready.rstrip()
        pause = _pause_at(bare, len(bare) - 1)
        if not pause and not (words and len(bare) >= self._lengths.least):
            return []
        self._held, self._lengths = self._held[space:], LATER
        return [Clause(ready, pause or BREATH_PAUSE_SEC)]

    def finish(self) -> list[Clause]:
        """What is left."""
        clauses = self._take(final=True)
        if self._held:
            clauses.append(Clause(self._held, SENTENCE_PAUSE_SEC))
            self._held = ""
        return clauses

    def _take(self, final: bool) -> list[Clause]:
        clauses: list[Clause] = []
        while (cut := _first_cut(self._held, self._lengths, final)) is not None:
            end, pause = cut
            clauses.append(Clause(self._held[:end], pause))
            self._held, self._lengths = self._held[end:], LATER
        return clauses


def _first_cut(text: str, lengths: Lengths, final: bool) -> tuple[int, float] | None:
    """Where the first clause of `text` ends, and the pause after it; None while that cannot be told."""
    length = index = space = 0
    speakable = False
    while index < len(text):
        tag = _tag_end(text, index, final)
        if tag is not None:
            if tag < 0:
                return None
            index = tag
            continue
        char = text[index]
        speakable = speakable or char.isalnum()
        length += WIDE if unicodedata.east_asian_width(char) in "WF" else 1
        pause = _pause_at(text, index)
        if pause and speakable and (pause == SENTENCE_PAUSE_SEC or length >= lengths.least):
            end = _end_of_mark(text, index, final)
            if end is None:
                return None
            if end:
                return end, pause
        if char.isspace():
            space = index + 1
        if length >= lengths.most and speakable:
            return _where_too_long(text, index, space), BREATH_PAUSE_SEC
        index += 1
    return None


def _tag_end(text: str, index: int, final: bool) -> int | None:
    """Behind the tag that begins at `index`; None where none does; -1 while its end has not come."""
    if text[index] != "<" or not (_TAG_START.match(text, index) or (index + 2 >= len(text) and not final)):
        return None
    end = text.find(">", index, index + _LONGEST_TAG)
    if end < 0:
        return -1 if not final and len(text) - index < _LONGEST_TAG else None
    return end + 1


def _pause_at(text: str, index: int) -> float:
    char = text[index]
    if char in _SENTENCE or char in _SENTENCE_ALONE:
        return SENTENCE_PAUSE_SEC
    return CLAUSE_PAUSE_SEC if char in _CLAUSE or char in _CLAUSE_ALONE else 0.0


def _end_of_mark(text: str, index: int, final: bool) -> int | None:
    """Behind the mark at `index` with all that goes with it; 0 where it ends nothing; None: what follows must come."""
    alone = text[index] in _SENTENCE_ALONE or text[index] in _CLAUSE_ALONE
    end = index + 1
    marks = _SENTENCE | _CLAUSE | _SENTENCE_ALONE | _CLAUSE_ALONE | _CLOSING
    while end < len(text) and text[end] in marks:
        end += 1
    behind = end
    while end < len(text) and text[end].isspace():
        end += 1
    if end == len(text):
        # Nothing follows, so what is left is the last clause; or it is not known what does.
        return 0 if final else None
    if alone:
        return end
    if end == behind or (text[index] == "." and _goes_on(text[:index], text[end])):
        return 0
    return end


def _goes_on(before: str, following: str) -> bool:
    """Whether a full stop after `before` belongs to an abbreviation, an initial or an ordinal."""
    if following.islower():
        return True
    word = before.split()[-1] if before and not before[-1].isspace() else ""
    word = word.lstrip("\"'“‘(«[¿¡").casefold()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or (len(word) <= 2 and word.isdigit())


def _where_too_long(text: str, index: int, space: int) -> int:
    """Behind the last space; without one, before the letter at `index`, never between a letter and its marks."""
    if space:
        return space
    while index > 1 and (unicodedata.category(text[index])[0] == "M" or "\u200d" in text[index - 1 : index + 1]):
        index -= 1
    return max(index, 1)
