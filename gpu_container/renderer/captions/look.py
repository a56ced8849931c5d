"""How captions look: a handful of styles, where they stand, how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Rgb: TypeAlias = tuple[int, int, int]
Weight: TypeAlias = Literal["Regular", "Semibold", "Bold", "Black"]
Position: TypeAlias = Literal["top", "middle", "bottom"]
Size: TypeAlias = Literal["small", "medium", "large"]


@dataclass(frozen=True)
class Style:
    """Lengths in shares of the letters' size. `marked`: the colour of the word that is being said."""

    weight: Weight
    colour: Rgb = (255, 255, 255)
    marked: Rgb | None = None
    outline: float = 0.0
    outline_colour: Rgb = (0, 0, 0)
    shadow: float = 0.0
    """How strong a soft shadow is, 0..1."""
    box: float = 0.0
    """How much of what is behind a box hides, 0..1."""
    box_colour: Rgb = (12, 12, 16)
    larger: float = 1.0
    upper_case: bool = False
    columns: int = 42
    """Longest line, in letters: styles that are read at a glance show less at once."""


STYLES: Final[Mapping[str, Style]] = {
    "clean": Style("Semibold", outline=0.055, shadow=0.55),
    "bold": Style("Black", outline=0.11, shadow=0.4, larger=1.25, upper_case=True, columns=26),
    "karaoke": Style("Bold", marked=(255, 214, 10), outline=0.09, shadow=0.4, larger=1.12, columns=30),
    "boxed": Style("Semibold", box=0.72),
    "minimal": Style("Regular", outline=0.03, shadow=0.8, larger=0.85),
}

SIZES: Final[Mapping[Size, float]] = {"small": 0.8, "medium": 1.0, "large": 1.3}
PLACES: Final[Mapping[Position, float]] = {"top": -0.40, "middle": 0.0, "bottom": 0.40}
"""Where the block's middle stands: share of the height below the picture's."""


@dataclass(frozen=True)
class CaptionLook:
    """`style` is a key of STYLES. `offset_x`, `offset_y` -0.5..0.5, shares of width and height, right and down, move
    the captions from `position`; they never leave the picture."""

    style: str = "clean"
    position: Position = "bottom"
    size: Size = "medium"
    offset_x: float = 0.0
    offset_y: float = 0.0
