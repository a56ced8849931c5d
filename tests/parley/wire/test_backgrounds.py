"""Backgrounds: the portrait's own, one colour in one spelling, or nothing."""

import pytest

from parley.wire.backgrounds import COLOURS, parse_background


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("as_is", "as_is"),
        ("plain_white", "#ffffff"),
        ("White", "#ffffff"),
        ("rebeccapurple", "#663399"),
        ("green", "#008000"),
        ("green_screen", "#00b140"),
        ("transparent", "transparent"),
        ("#0aF", "#00aaff"),
        ("#102030", "#102030"),
    ],
)
def test_a_background_has_one_meaning(written: str, meant: str) -> None:
    assert parse_background(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "AS_IS", "#12", "#1234567", "#12345g", "#123456\n", "rgb(0,0,0)", "white ", "Transparent", "green screen"],
)
def test_anything_else_is_refused_with_what_is_accepted(written: str) -> None:
    with pytest.raises(ValueError, match="plain_white"):
        parse_background(written)


def test_all_colours_of_css_are_known() -> None:
    assert len(COLOURS) == 150
    assert all(len(digits) == 6 and int(digits, 16) >= 0 for digits in COLOURS.values())
