"""IPA symbols are read into the mouth shapes they pass through."""

import numpy as np
import pytest

from renderer.types import VISEMES
from renderer.visemes.ipa import CONSONANTS, VOWELS
from renderer.visemes.read_symbol import is_vowel, shapes_of


def leading(symbol: str) -> list[str]:
    return [VISEMES[int(shape.weights.argmax())] for shape in shapes_of(symbol)]


@pytest.mark.parametrize(
    ("symbol", "visemes"),
    [
        ("p", ["PP"]),
        ("ˈæ", ["aa"]),
        ("iː", ["ih"]),
        ("tʃ", ["CH"]),
        ("t͡ʃʲ", ["CH"]),
        ("dʒ", ["CH"]),
        ("ts", ["SS"]),
        ("ts.h", ["CH"]),
        ("pf", ["PP", "FF"]),
        ("aɪ", ["aa", "ih"]),
        ("oʊ", ["oh", "ou"]),
        ("ɔɪ", ["oh", "ih"]),
        ("iou", ["ih", "oh", "ou"]),
        ("əl", ["E", "nn"]),
        ("bʱ", ["PP"]),
        ("m̩", ["PP"]),
        ("mʲ", ["PP"]),
        ("kʰ", ["kk"]),
        ("y", ["ou"]),
        ("ɥ", ["ou"]),
        ("ɸ", ["PP"]),
        ("ʋ", ["FF"]),
        ("ɯ", ["ih"]),
        ("ã", ["aa"]),
        ("ɡ", ["kk"]),
        ("g", ["kk"]),
    ],
)
def test_a_symbol_passes_through_its_shapes(symbol: str, visemes: list[str]) -> None:
    assert leading(symbol) == visemes


@pytest.mark.parametrize("symbol", ["h", "ɦ", "ʔ", "ː", "ˈ", "ʰ", "5", "", "漢"])
def test_sounds_of_the_throat_and_bare_marks_have_no_shape(symbol: str) -> None:
    assert shapes_of(symbol) == ()


def test_every_letter_of_the_table_is_a_share_of_known_visemes() -> None:
    for letter in CONSONANTS.keys() | VOWELS.keys():
        (shape,) = shapes_of(letter)
        assert shape.weights.sum() == pytest.approx(1.0), letter
        assert shape.share == 1.0
        assert shape.weights[VISEMES.index("sil")] == 0.0


def test_no_letter_is_a_vowel_and_a_consonant() -> None:
    assert not CONSONANTS.keys() & VOWELS.keys()
    assert is_vowel("ˈɛɹ")
    assert not is_vowel("ɹɛ")


def test_marks_of_rounding_and_palatalisation_show() -> None:
    plain, round_, palatal = (shapes_of(symbol)[0].weights for symbol in ("k", "kʷ", "kʲ"))
    assert round_[VISEMES.index("ou")] > plain[VISEMES.index("ou")] + 0.3
    assert palatal[VISEMES.index("ih")] > plain[VISEMES.index("ih")] + 0.2


def test_only_what_touches_closes_the_lips_in_full() -> None:
    shut = {letter for letter in CONSONANTS if shapes_of(letter)[0].weights[VISEMES.index("PP")] == 1.0}
    assert {"p", "b", "m", "ɓ"} <= shut
    assert not shut & set("ɸβfvwnktd")
    assert np.isclose(shapes_of("β")[0].weights[VISEMES.index("PP")], 0.6)
