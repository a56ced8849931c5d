"""Captions in the picture: seen while they are spoken, where they were asked for, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.captions import STYLES, CaptionBurner, CaptionLook, CaptionsUndrawable
from renderer.planes import planes_of, planes_over
from renderer.types import Picture, Word

WIDTH, HEIGHT, FPS = 320, 240, 25
WORDS = (Word("Hello", 0.4, 0.8), Word("there,", 0.8, 1.2), Word("friend.", 1.2, 1.6))


def grey() -> Picture:
    return planes_of(np.full((HEIGHT, WIDTH, 3), 110, np.uint8)).i420


def changed(look: CaptionLook, frame: int, words: tuple[Word, ...] = WORDS) -> Picture:
    """Where the picture of that number is another with captions, (H, W) of bool."""
    before, after = grey(), grey()
    CaptionBurner(words, look, WIDTH, HEIGHT, FPS).burn(frame, after)
    return planes_over(before).y != planes_over(after).y


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_seen_while_words_are_spoken_and_not_before_or_after(style: str) -> None:
    look = CaptionLook(style)
    assert not changed(look, 8).any()
    assert changed(look, 10).any() and changed(look, 39).any()
    assert not changed(look, 60).any()
    rows, columns = np.nonzero(changed(look, 20))
    assert rows.min() > HEIGHT * 0.6, "at the bottom"
    assert abs(columns.min() + columns.max() - WIDTH) < 8, "in the middle"


@pytest.mark.parametrize(("position", "low", "high"), [("top", 0, 0.35), ("middle", 0.3, 0.7), ("bottom", 0.65, 1)])
def test_captions_stand_where_they_were_asked_for(position: str, low: float, high: float) -> None:
    rows = np.nonzero(changed(CaptionLook("boxed", position), 20))[0]  # pyright: ignore[reportArgumentType]
    assert low * HEIGHT <= rows.min() and rows.max() <= high * HEIGHT


@pytest.mark.parametrize(("x", "y"), [(-0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (0.2, -0.1)])
def test_offsets_move_captions_and_never_out_of_the_picture(x: float, y: float) -> None:
    still = np.nonzero(changed(CaptionLook("boxed"), 20))
    moved = np.nonzero(changed(CaptionLook("boxed", offset_x=x, offset_y=y), 20))
    assert len(moved[0]) == len(still[0])
    assert np.sign(moved[1].mean() - still[1].mean()) == np.sign(x)


def test_a_long_word_shrinks_to_the_picture() -> None:
    word = Word("Donaudampfschiffahrtsgesellschaftskapitaenswitwe" * 2, 0.4, 1.6)
    columns = np.nonzero(changed(CaptionLook("bold"), 20, (word,)))[1]
    assert columns.min() >= 0 and columns.max() < WIDTH and np.ptp(columns) > 0.6 * WIDTH


def test_karaoke_marks_the_word_that_is_said_and_the_mark_moves() -> None:
    burner = CaptionBurner(WORDS, CaptionLook("karaoke"), WIDTH, HEIGHT, FPS)
    centres = list[float]()
    for frame in (12, 24, 34):
        picture = grey()
        burner.burn(frame, picture)
        blue_short = planes_over(picture).u < 90  # yellow: little blue
        assert blue_short.any()
        centres.append(float(np.nonzero(blue_short)[1].mean()))
    assert centres[0] < centres[1] < centres[2]


def test_captions_cover_where_the_picture_is_transparent() -> None:
    picture, alpha = grey(), np.zeros((HEIGHT, WIDTH), np.uint8)
    CaptionBurner(WORDS, CaptionLook("boxed"), WIDTH, HEIGHT, FPS).burn(20, picture, alpha)
    shown = changed(CaptionLook("boxed"), 20)
    assert alpha[shown].max() == 255 and (alpha > 100).sum() > 0.8 * shown.sum()
    assert alpha[: HEIGHT // 2].max() == 0
    # Nothing of what lies under no alpha shines through the letters.
    assert planes_over(picture).y[alpha == 255].max() > 225


@pytest.mark.parametrize(
    "text",
    [
        "Ti\u1ebfng Vi\u1ec7t \u1eb7\u1ec7\u1eef",
        "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac",
        "\u0420\u0443\u0441\u0441\u043a\u0438\u0439",
        "na\u00efve \u0141\u00f3d\u017a",
    ],
)
def test_scripts_of_the_own_typeface_are_drawn(text: str) -> None:
    assert changed(CaptionLook(), 20, (Word(text, 0.4, 1.6),)).any()


@pytest.mark.parametrize("text", ["\U0001b170\U0001b171", "\ue000"], ids=["nushu", "private use"])
def test_letters_that_no_font_has_are_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(CaptionsUndrawable, match="captions as a file"):
        CaptionBurner((Word(text, 0, 1),), CaptionLook(), WIDTH, HEIGHT, FPS)


def test_right_to_left_words_stand_from_right_to_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # What matters is the order, so Latin stands in for letters whose font not every machine has.
    from renderer.captions import lettering

    monkeypatch.setattr(lettering, "_is_right_to_left", lambda _: True)
    burner = CaptionBurner(WORDS, CaptionLook("karaoke"), WIDTH, HEIGHT, FPS)
    centres = list[float]()
    for frame in (12, 34):
        picture = grey()
        burner.burn(frame, picture)
        centres.append(float(np.nonzero(planes_over(picture).u < 90)[1].mean()))
    assert centres[0] > centres[1]
