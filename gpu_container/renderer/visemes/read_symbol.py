"""One phoneme symbol is read into the mouth shapes it passes through, with the share of its time each takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from renderer.types import VISEMES, Floats
from renderer.visemes.ipa import CONSONANTS, FRICATIVES, MARKS, PLOSIVES, SPELLINGS, VOWELS, Recipe

_LETTERS: Final[dict[str, Recipe]] = {**CONSONANTS, **VOWELS}
_LONGEST_SPELLING: Final = max(len(spelling) for spelling in SPELLINGS)
# The first half of a diphthong is held, the glide hurries; a consonant fused to a vowel takes the lesser part.
_DIPHTHONG_SHARES: Final = {1: (1.0,), 2: (0.55, 0.45), 3: (0.35, 0.35, 0.3)}
_CONSONANT_WEIGHT: Final = 0.7


@dataclass(frozen=True)
class Shape:
    """`weights` float32 (15,), columns VISEMES, summing to 1; `share` of the phoneme's time, 0..1."""

    weights: Floats
    share: float


@lru_cache(maxsize=4096)
def shapes_of(symbol: str) -> tuple[Shape, ...]:
    """The shapes of one IPA symbol in order, shares summing to 1; () when it has none of its own (h, a bare mark).

    Stress, length, tone, tie bars and marks that are not seen are passed over; so is a letter no table knows.
    """
    letters = _merge_affricate(_letters_of(symbol))
    if not letters:
        return ()
    weights = [_weights(letter, marks) for letter, marks in letters]
    shares = _shares([letter in VOWELS for letter, _ in letters])
    return tuple(Shape(weight, share) for weight, share in zip(weights, shares, strict=True))


def is_vowel(symbol: str) -> bool:
    """True when a vowel is the symbol's first letter."""
    letters = _letters_of(symbol)
    return bool(letters) and letters[0][0] in VOWELS


def _letters_of(symbol: str) -> list[tuple[str, str]]:
    """[(letter, its marks)]: letters of the table only."""
    found: list[tuple[str, str]] = []
    rest = symbol
    while rest:
        spelled, rest = _next(rest)
        for char in spelled:
            if char in _LETTERS:
                found.append((char, ""))
            elif char in MARKS and found:
                found[-1] = (found[-1][0], found[-1][1] + char)
    return found


def _next(text: str) -> tuple[str, str]:
    """The first letter (or espeak-ng spelling, translated) and what follows it."""
    for length in range(min(_LONGEST_SPELLING, len(text)), 0, -1):
        if text[:length] in SPELLINGS:
            return SPELLINGS[text[:length]], text[length:]
    return text[0], text[1:]


def _merge_affricate(letters: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drops the tongue's stop of an affricate: its lips wait in the fricative's shape. A labial stop stays."""
    if len(letters) < 2:
        return letters
    stop, after = letters[0][0], letters[1][0]
    if stop in PLOSIVES and after in FRICATIVES and stop not in "pb":
        return letters[1:]
    return letters


def _shares(vowel: list[bool]) -> tuple[float, ...]:
    if all(vowel) and len(vowel) in _DIPHTHONG_SHARES:
        return _DIPHTHONG_SHARES[len(vowel)]
    parts = [1.0 if each else _CONSONANT_WEIGHT for each in vowel]
    return tuple(part / sum(parts) for part in parts)


def _weights(letter: str, marks: str) -> Floats:
    weights = np.zeros(len(VISEMES), np.float32)
    for viseme, weight in _LETTERS[letter].items():
        weights[VISEMES.index(viseme)] = weight
    for mark in marks:
        viseme, amount = MARKS[mark]
        # A closure stays a closure: Russian m is as shut when it is palatal.
        if weights[VISEMES.index("PP")] < 1.0:
            weights *= 1.0 - amount
            weights[VISEMES.index(viseme)] += amount
    return weights
