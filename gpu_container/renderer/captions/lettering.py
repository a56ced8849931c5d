"""One cue drawn: colours and a weight for a small window, to be laid over a picture."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from renderer.captions.cues import Line, text_of
from renderer.captions.fonts import FOLDER_VARIABLE, font_for
from renderer.captions.look import Rgb, Style
from renderer.types import Floats, Picture, Word

_LINE_HEIGHT: Final = 1.22
_PADDING: Final = 0.42
"""Round the letters, in their size: room for outline, shadow and box."""


class CaptionsUndrawable(ValueError):
    """No font of this machine has the letters."""


@dataclass(frozen=True)
class Lettering:
    """`rgb` uint8 (h, w, 3) and `weight` float32 (h, w) 0..1, how much of it is seen."""

    rgb: Picture
    weight: Floats


def require_fonts(words: tuple[Word, ...], style: Style) -> None:
    """Raises CaptionsUndrawable, naming the letters, when some word cannot be drawn here."""
    for word in words:
        if font_for(_shown(word, style), style.weight, 20) is None:
            raise CaptionsUndrawable(
                f"No font here has the letters of {word.text[:40]!r}: ask for captions as a file instead of in the"
                f" picture, or install a font of that script (the folder may be named by {FOLDER_VARIABLE})."
            )


def letter(lines: tuple[Line, ...], style: Style, pixels: int, widest: int, marked: Word | None = None) -> Lettering:
    """`lines` below each other, in letters of `pixels`, smaller where they would be wider than `widest` pixels."""
    width = max(_line_width(line, style, pixels) for line in lines)
    if width > widest:
        pixels = max(6, int(pixels * widest / width))
        width = max(_line_width(line, style, pixels) for line in lines)
    padding = round(_PADDING * pixels)
    step = round(_LINE_HEIGHT * pixels)
    size = (int(width) + 2 * padding + 2 & ~1, len(lines) * step + 2 * padding + 1 & ~1)
    ink, edge = Image.new("L", size), Image.new("L", size)
    spoken = Image.new("L", size)
    for number, line in enumerate(lines):
        left = (size[0] - _line_width(line, style, pixels)) / 2
        baseline = padding + number * step + round(0.94 * pixels)
        _draw_line(line, style, pixels, (left, baseline), (ink, edge, spoken), marked)
    return _coloured(style, pixels, *(np.asarray(plane, np.float32) / np.float32(255) for plane in (ink, edge, spoken)))


def _coloured(style: Style, pixels: int, ink: Floats, edge: Floats, spoken: Floats) -> Lettering:
    """From back to front: shadow, box, outline, letters, the word that is said."""
    rgb = np.zeros((*ink.shape, 3), np.float32)
    weight = np.zeros_like(ink)
    if style.shadow:
        soft = cv2.GaussianBlur(np.roll(edge, round(0.05 * pixels), axis=0), (0, 0), max(0.8, 0.09 * pixels))
        weight = np.clip(soft.astype(np.float32) * style.shadow * 1.4, 0, style.shadow)
    if style.box:
        weight = np.maximum(weight, _box(ink, pixels) * style.box)
        rgb[:] = style.box_colour
    layers: list[tuple[Floats, Rgb]] = [(edge, style.outline_colour)] if style.outline else []
    layers.append((ink, style.colour))
    if style.marked is not None:
        layers.append((spoken, style.marked))
    for cover, colour in layers:
        whole = cover + weight * (1 - cover)
        share = (cover / np.maximum(whole, 1e-4))[..., np.newaxis]
        rgb += (np.array(colour, np.float32) - rgb) * share
        weight = whole
    return Lettering(np.clip(rgb + np.float32(0.5), 0, 255).astype(np.uint8), weight.astype(np.float32))


def _box(ink: Floats, pixels: int) -> Floats:
    """A rounded box that fills the window but for a margin, 0..1."""
    image = Image.new("L", (ink.shape[1], ink.shape[0]))
    margin = round(0.06 * pixels)
    corners = (margin, margin, ink.shape[1] - 1 - margin, ink.shape[0] - 1 - margin)
    ImageDraw.Draw(image).rounded_rectangle(corners, round(0.28 * pixels), fill=255)
    return cv2.GaussianBlur(np.asarray(image, np.float32) / np.float32(255), (3, 3), 0.6).astype(np.float32)


def _draw_line(
    line: Line,
    style: Style,
    pixels: int,
    at: tuple[float, float],
    planes: tuple[Image.Image, Image.Image, Image.Image],
    marked: Word | None,
) -> None:
    """The line from its left end, on its baseline, into the planes of letters, of outlines and of the marked word."""
    outline = max(1, round(style.outline * pixels)) if style.outline else 0
    ink, edge, spoken = planes
    x, y = at
    for text, font, is_marked in _runs(line, style, pixels, marked):
        place = (x, y)
        # Its own colour where it is marked: under it the line's would show as a rim.
        ImageDraw.Draw(spoken if is_marked else ink).text(place, text, fill=255, font=font, anchor="ls")
        ImageDraw.Draw(edge).text(place, text, fill=255, font=font, anchor="ls", stroke_width=outline)
        x += font.getlength(text)


def _line_width(line: Line, style: Style, pixels: int) -> float:
    return sum(font.getlength(text) for text, font, _ in _runs(line, style, pixels, None))


def _runs(line: Line, style: Style, pixels: int, marked: Word | None) -> list[tuple[str, FreeTypeFont, bool]]:
    """What is drawn as one piece each, from left to right. A line of one font without a mark is one piece, which keeps
    its letters' order by the Unicode algorithm; else words stand in the order of the line's direction."""
    whole = text_of(line)
    whole = whole.upper() if style.upper_case else whole
    font = font_for(whole, style.weight, pixels)
    if font is not None and style.marked is None:
        return [(whole, font, False)]
    pieces: list[tuple[str, FreeTypeFont, bool]] = []
    for index, word in enumerate(line):
        text = _shown(word, style)
        own = font_for(text, style.weight, pixels)
        if own is None:
            raise CaptionsUndrawable(f"No font here has the letters of {text!r}.")
        if index and not word.joined:
            pieces.append((" ", own, False))
        pieces.append((text, own, word is marked))
    return pieces[::-1] if _is_right_to_left(whole) else pieces


def _shown(word: Word, style: Style) -> str:
    return word.text.upper() if style.upper_case else word.text


def _is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction (Unicode Bidirectional Algorithm, P2 and P3)."""
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"
