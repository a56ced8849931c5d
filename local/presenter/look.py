"""What makes one presenter different from another: skin, hair, eyes, clothes, backdrop and proportions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Colour: TypeAlias = tuple[int, int, int]
"""8-bit sRGB."""


@dataclass(frozen=True)
class Skin:
    """`base` is the flat colour of the skin, `flush` what blood adds on cheeks, nose and ears, `lips` their colour."""

    base: Colour = (226, 178, 152)
    flush: Colour = (214, 124, 104)
    shade: Colour = (176, 120, 100)
    lips: Colour = (184, 92, 88)
    blush: float = 0.42
    freckles: int = 26


@dataclass(frozen=True)
class Hair:
    """`style` names a cut in hair.py; `dark`, `middle` and `light` are the colours of roots, strands and highlights."""

    style: Literal["bob"] = "bob"
    dark: Colour = (44, 28, 21)
    middle: Colour = (92, 59, 41)
    light: Colour = (166, 114, 78)


@dataclass(frozen=True)
class Eyes:
    """Colours of the iris from its rim to the pupil."""

    rim: Colour = (44, 38, 30)
    outer: Colour = (96, 92, 66)
    inner: Colour = (134, 96, 52)


@dataclass(frozen=True)
class Clothing:
    jacket: Colour = (40, 47, 62)
    blouse: Colour = (228, 222, 212)


@dataclass(frozen=True)
class Studio:
    """The backdrop: colour of the lit middle and of the edges."""

    near: Colour = (176, 184, 186)
    far: Colour = (84, 96, 106)


@dataclass(frozen=True)
class Proportions:
    """Departures from the mean face, as factors: 1 is the mean."""

    jaw_width: float = 0.925
    eye_size: float = 1.10
    lip_fullness: float = 1.0
    brow_weight: float = 1.0


@dataclass(frozen=True)
class Presenter:
    """One person. `seed` fixes every strand, freckle and fibre."""

    skin: Skin = field(default_factory=Skin)
    hair: Hair = field(default_factory=Hair)
    eyes: Eyes = field(default_factory=Eyes)
    clothing: Clothing = field(default_factory=Clothing)
    studio: Studio = field(default_factory=Studio)
    face: Proportions = field(default_factory=Proportions)
    seed: int = 7


DEFAULT: Final = Presenter()
