"""The table from IPA letters to visemes: data, by phonetic class, wide enough for every language espeak-ng speaks.

A letter that no viseme fits is a mixture whose weights sum to 1. Choices follow the place of articulation that is seen:
lips first (closed, against the teeth, rounded, spread), then jaw height; what only the tongue does counts least.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Recipe: TypeAlias = dict[str, float]
"""Viseme name -> weight, summing to 1."""


def _each(letters: str, **weights: float) -> dict[str, Recipe]:
    return dict.fromkeys(letters.split(), weights)


CONSONANTS: Final[dict[str, Recipe]] = {
    # Lips closed. The click and the implosive close them too.
    **_each("p b m ɓ ʙ ʘ ᵐ", PP=1.0),
    # The bilabial fricatives nearly touch but do not close.
    **_each("ɸ β", PP=0.6, ou=0.4),
    # Lower lip to upper teeth.
    **_each("f v ɱ ⱱ", FF=1.0),
    **_each("ʋ", FF=0.7, ou=0.3),
    # Tongue between or behind the teeth.
    **_each("θ ð", TH=1.0),
    **_each("t d ʈ ɖ ɗ ǀ ǃ", DD=1.0),
    **_each("n ɳ l ɭ ɫ ɬ ɮ ɺ ǁ ⁿ", nn=1.0),
    **_each("s z ʦ ʣ", SS=1.0),
    # Post-alveolar sounds push the lips forward; the palatal ones of Polish, Mandarin and Japanese do so less.
    **_each("ʃ ʒ ʂ ʐ ʧ ʤ ɧ", CH=1.0),
    **_each("ɕ ʑ ʨ ʥ", CH=0.7, SS=0.3),
    **_each("ç ʝ", ih=0.6, SS=0.4),
    **_each("c ɟ ʄ ɲ ʎ ǂ", kk=0.5, ih=0.5),
    **_each("j", ih=1.0),
    **_each("ɥ", ou=0.7, ih=0.3),
    **_each("w ʍ", ou=1.0),
    # English r is rounded; taps and trills of the tongue tip hardly are.
    **_each("ɹ ɻ", RR=1.0),
    **_each("r ɾ ɽ", DD=0.6, RR=0.4),
    # Behind the palate: nothing is seen but a jaw a little open.
    # h and the glottal stop are in no table: the mouth already has the shape of what comes next.
    **_each("k ɡ ɠ ŋ x ɣ ɰ q ɢ ʛ χ ʁ ʀ ɴ ʟ ħ ʕ ʜ ʢ ʡ ᵑ", kk=1.0),
}

VOWELS: Final[dict[str, Recipe]] = {
    **_each("a ɑ ᴀ", aa=1.0),
    **_each("æ", aa=0.6, E=0.4),
    **_each("ʌ", aa=0.9, oh=0.1),
    **_each("ɐ", aa=0.2, E=0.5, oh=0.3),
    **_each("ɒ ɶ", aa=0.4, oh=0.6),
    **_each("ɛ e", E=1.0),
    **_each("ə ɘ ᵊ", E=0.5, oh=0.25, ih=0.25),
    **_each("ɜ ɞ", E=0.5, oh=0.25, RR=0.25),
    **_each("ɚ ɝ", E=0.3, RR=0.7),
    **_each("i ɪ", ih=1.0),
    **_each("ɨ ᵻ", ih=0.8, E=0.2),
    **_each("ɯ", ih=0.8, kk=0.2),
    **_each("ɤ", E=0.7, oh=0.3),
    **_each("ɔ", oh=0.8, aa=0.2),
    **_each("o", oh=0.8, ou=0.2),
    **_each("ʊ", ou=0.7, oh=0.3),
    **_each("u", ou=1.0),
    **_each("ʉ y ʏ", ou=0.8, ih=0.2),
    **_each("ø œ ɵ", oh=0.6, E=0.2, ou=0.2),
}

# Marks that change what is seen, and by how much the letter turns into it.
MARKS: Final[dict[str, tuple[str, float]]] = {
    "ʷ": ("ou", 0.4),
    "ᵝ": ("ou", 0.3),
    "ʲ": ("ih", 0.3),
    "˞": ("RR", 0.5),
}

# espeak-ng's own spellings where its data names no IPA, and letters that look alike in two scripts.
SPELLINGS: Final[dict[str, str]] = {
    "ts.h": "ʈʂ",
    "ts.": "ʈʂ",
    "s.": "ʂ",
    "z.": "ʐ",
    "i.": "ɨ",
    "r̝": "ʒ",
    "tS": "tʃ",
    "dZ": "dʒ",
    "S": "ʃ",
    "Z": "ʒ",
    "X": "χ",
    "A": "ɑ",
    "ä": "a",
    "g": "ɡ",
    "?": "ʔ",
    "Φ": "ɸ",
    "ε": "ɛ",
    "ã": "a",
    "ẽ": "e",
    "ĩ": "i",
    "õ": "o",
    "ũ": "u",
}

PLOSIVES: Final = frozenset("pbtdʈɖcɟkɡqɢ")
FRICATIVES: Final = frozenset("fvɸβszʃʒʂʐɕʑçʝxɣχʁθðɬɮ")
