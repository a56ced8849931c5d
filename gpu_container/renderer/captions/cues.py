"""Words become cues: what is shown at once, at most two lines, cut where the speaker pauses or a phrase ends."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from renderer.types import Word

LINE_COLUMNS: Final = 42
"""Longest line, in Latin letters; Chinese and Japanese ones count two. (BBC subtitle guidelines 37, Netflix 42.)"""
LINES: Final = 2
LONGEST_SEC: Final = 7.0
SHORTEST_SEC: Final = 1.0
"""How long a cue stays at least, where the next leaves it the time: under that it cannot be read."""
LINGER_SEC: Final = 0.35
"""How long it stays after its last word, where there is time."""
GAP_SEC: Final = 0.08
"""Between two cues, so that a change of text is seen: two pictures."""
_PAUSE_SEC: Final = 0.6
_SENTENCE_ENDS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f\u0964"
_CLAUSE_ENDS: Final = ",;:\u3001\uff0c\uff1b\uff1a\u060c\u061b\u2014\u2013"
_CLOSERS: Final = "\"')]}\u201d\u2019\u00bb\u300d\u300f"

Line: TypeAlias = tuple[Word, ...]


@dataclass(frozen=True)
class Cue:
    """What is shown from `start_sec` until `end_sec`."""

    lines: tuple[Line, ...]
    start_sec: float
    end_sec: float

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line)

    @property
    def text(self) -> str:
        """Its lines, one below the other."""
        return "\n".join(text_of(line) for line in self.lines)


def cues_of(words: Sequence[Word], line_columns: int = LINE_COLUMNS) -> tuple[Cue, ...]:
    """`words` in order of time -> cues that do not overlap. No word is split; one longer than a line has its own."""
    groups = [group for sentence in _sentences(words) for group in _groups(sentence, line_columns)]
    cues: list[Cue] = []
    for index, group in enumerate(groups):
        start = group[0].start_sec
        following = groups[index + 1][0].start_sec if index + 1 < len(groups) else math.inf
        wanted = max(group[-1].end_sec + LINGER_SEC, start + SHORTEST_SEC)
        end = max(min(wanted, following - GAP_SEC), min(group[-1].end_sec, following), start + 0.001)
        cues.append(Cue(_wrapped(group, line_columns), start, end))
    return tuple(cues)


def text_of(words: Sequence[Word]) -> str:
    """As it is written, in one line."""
    return "".join(("" if word.joined or not index else " ") + word.text for index, word in enumerate(words))


def columns_of(words: Sequence[Word]) -> int:
    """How wide it is, in Latin letters."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text_of(words)
    )


def _sentences(words: Sequence[Word]) -> list[list[Word]]:
    found: list[list[Word]] = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else None
        if before is None or _ends(before, _SENTENCE_ENDS) or word.start_sec - before.end_sec > _PAUSE_SEC:
            found.append([])
        found[-1].append(word)
    return found


def _ends(word: Word, marks: str) -> bool:
    bare = word.text.rstrip(_CLOSERS)
    return bool(bare) and bare[-1] in marks


def _groups(sentence: list[Word], line_columns: int) -> list[list[Word]]:
    """A sentence in as few parts as fit, of about one length, rather parted where a clause ends."""
    whole = columns_of(sentence)
    room = LINES * line_columns
    lasting = sentence[-1].end_sec - sentence[0].start_sec
    parts = max(math.ceil(whole / (0.92 * room)), math.ceil(lasting / LONGEST_SEC), 1)
    if parts == 1 and _fits(sentence, line_columns):
        return [sentence]
    groups: list[list[Word]] = []
    while sentence:
        count = _cut(sentence, columns_of(sentence) / max(1, parts - len(groups)), line_columns)
        groups.append(sentence[:count])
        sentence = sentence[count:]
    return groups


def _cut(words: list[Word], target: float, line_columns: int) -> int:
    """How many of `words` make the next cue."""
    best, best_cost = 1, math.inf
    for count in range(1, len(words) + 1):
        part = words[:count]
        if count > 1 and not (_fits(part, line_columns) and part[-1].end_sec - part[0].start_sec <= LONGEST_SEC):
            break
        bonus = 0.3 * target if _ends(part[-1], _CLAUSE_ENDS) else 0.0
        orphan = 0.4 * target if 0 < len(words) - count < 2 else 0.0
        cost = abs(columns_of(part) - target) - bonus + orphan
        if cost <= best_cost:
            best, best_cost = count, cost
    return best


def _fits(words: list[Word], line_columns: int) -> bool:
    return all(columns_of(line) <= line_columns or len(line) == 1 for line in _wrapped(words, line_columns))


def _wrapped(words: Sequence[Word], line_columns: int) -> tuple[Line, ...]:
    """One line where it fits; else two, the widest as narrow as can be, the first rather ending with a clause."""
    if columns_of(words) <= line_columns or len(words) == 1:
        return (tuple(words),)

    def cost(at: int) -> float:
        upper, lower = columns_of(words[:at]), columns_of(words[at:])
        return max(upper, lower) - (4 if _ends(words[at - 1], _CLAUSE_ENDS) else 0) + (1 if upper > lower else 0)

    at = min(range(1, len(words)), key=cost)
    return tuple(words[:at]), tuple(words[at:])
