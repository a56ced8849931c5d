"""What makes one presenter different from another: skin, hair, eyes, clothes, backdrop and proportions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Colour: TypeAlias = tuple[int, int, int]
"""8-bit sRGB."""


@dataclass(frozen=True)
class Skin:
    """`base` is the flat colour of the skin, `flush` what blood adds on cheeks, nose and ears, `lips` their colour.

    `oil` multiplies the sheen; `age` 0..1 deepens folds and lines (0: none beyond a young adult's).
    """

    base: Colour = (226, 178, 152)
    flush: Colour = (214, 124, 104)
    shade: Colour = (176, 120, 100)
    lips: Colour = (184, 92, 88)
    blush: float = 0.42
    freckles: int = 26
    oil: float = 1.0
    age: float = 0.0


@dataclass(frozen=True)
class Hair:
    """`style` names a cut in hairstyles.py; `dark`, `middle`, `light` are the colours of roots, strands and highlights.

    `brow` colours the brows where they differ from `dark`.
    """

    style: Literal["bob", "long", "bun", "crop", "receding", "coils"] = "bob"
    dark: Colour = (44, 28, 21)
    middle: Colour = (92, 59, 41)
    light: Colour = (166, 114, 78)
    brow: Colour | None = None


@dataclass(frozen=True)
class Beard:
    """Hair on the lower face: `length` of its hairs in face units (0.02 is stubble), `density` 0..1."""

    length: float
    density: float
    colour: Colour
    light: Colour
    extent: Literal["full", "stubble"] = "full"


@dataclass(frozen=True)
class Eyes:
    """Colours of the iris from its rim to the pupil; `lashes` 0..1 is how made-up they look."""

    rim: Colour = (44, 38, 30)
    outer: Colour = (96, 92, 66)
    inner: Colour = (134, 96, 52)
    lashes: float = 1.0
    white: float = 1.0
    """Brightness of the eyeball: a little less in dark or old faces, or the eyes seem to glow."""


@dataclass(frozen=True)
class Clothing:
    """`outfit` names what is worn; `jacket` and `blouse` are its outer and its inner colour."""

    outfit: Literal["blazer", "suit", "turtleneck", "ao_dai", "shirt"] = "blazer"
    jacket: Colour = (40, 47, 62)
    blouse: Colour = (228, 222, 212)
    necklace: Literal["chain", "pearls"] | None = "chain"
    glasses: Colour | None = None


@dataclass(frozen=True)
class Studio:
    """The backdrop: colour of the lit middle and of the edges."""

    near: Colour = (176, 184, 186)
    far: Colour = (84, 96, 106)


@dataclass(frozen=True)
class Proportions:
    """Departures from the mean face: factors (1 is the mean), or shifts in face units (0 is the mean)."""

    jaw_width: float = 0.925
    jaw_corner: float = 0.0
    """How far the corners of the jaw stand out, face units: a man's square jaw is about 0.05."""
    head_width: float = 0.955
    """Of skull, ears and hair, beyond the eyes' outer corners."""
    cheek_width: float = 1.0
    chin_drop: float = 0.0
    chin_width: float = 1.0
    eye_size: float = 1.10
    eye_open: float = 1.0
    eye_tilt: float = 0.0
    """Radians by which the outer corners are raised."""
    hood: float = 0.0
    """0..1: how far the fold of the upper lid comes down to the lashes, most at the inner corner."""
    nose_width: float = 1.0
    nose_bridge: float = 0.0
    """Height added to the bridge of the nose, face units."""
    mouth_width: float = 1.0
    lip_fullness: float = 1.0
    smile: float = 0.0
    """0..1: how far the closed lips smile."""
    brow_weight: float = 1.0
    brow_drop: float = 0.0
    brow_arch: float = 1.0
    brow_ridge: float = 0.0
    neck_width: float = 1.0
    neck_rise: float = 0.0
    """How much shorter the neck is, face units."""
    throat: float = 0.0
    """How far the larynx stands out, 0..1."""


@dataclass(frozen=True)
class Presenter:
    """One person. `seed` fixes every strand, freckle and fibre."""

    skin: Skin = field(default_factory=Skin)
    hair: Hair = field(default_factory=Hair)
    eyes: Eyes = field(default_factory=Eyes)
    clothing: Clothing = field(default_factory=Clothing)
    studio: Studio = field(default_factory=Studio)
    face: Proportions = field(default_factory=Proportions)
    beard: Beard | None = None
    seed: int = 7


DEFAULT: Final = Presenter(
    face=Proportions(
        jaw_width=0.875,
        cheek_width=0.96,
        chin_width=0.82,
        chin_drop=-0.05,
        eye_size=1.13,
        nose_width=0.90,
        nose_bridge=0.02,
        smile=0.4,
        brow_arch=0.9,
        neck_width=0.95,
    )
)
"""Rin, who speaks where nobody else was chosen."""
