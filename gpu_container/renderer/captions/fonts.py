"""Letters to draw with: one typeface that comes as a package, and what the machine has for scripts it lacks."""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

import font_source_sans_pro as source_sans
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from renderer.captions.look import Weight

FOLDER_VARIABLE: Final = "PARLEY_FONTS"
"""Names a folder of fonts that is looked through before the system's."""
_SYSTEM_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
_MOST_FILES: Final = 4_000
_PROBE_SIZE: Final = 24
_NO_CHARACTER: Final = "\U0010ffff"


@lru_cache(maxsize=64)
def font_for(text: str, weight: Weight, pixels: int) -> FreeTypeFont | None:
    """The first font that has every letter of `text`; None when this machine has none."""
    for path in (_own(weight), *_others(weight in ("Bold", "Black"))):
        if _covers(path, text):
            return _opened(path, pixels)
    return None


def _own(weight: Weight) -> str:
    return str(Path(source_sans.__file__).parent / "files" / f"SourceSansPro-{weight}.ttf")


@lru_cache(maxsize=2)
def _others(heavy: bool) -> tuple[str, ...]:
    """Font files of this machine: sans before serif, upright before slanted, of the weight wanted first."""
    folders = [os.environ.get(FOLDER_VARIABLE, ""), *_SYSTEM_FOLDERS]
    files: list[Path] = []
    for folder in folders:
        if folder and Path(folder).is_dir():
            found = (path for path in Path(folder).rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc"))
            files += sorted(found)[:_MOST_FILES]

    def rank(path: Path) -> tuple[bool, bool, bool, bool]:
        name = path.name.lower()
        slanted, narrow = "italic" in name or "oblique" in name, "mono" in name or "condensed" in name
        return slanted, "sans" not in name, narrow, ("bold" in name) != heavy

    return tuple(str(path) for path in sorted(files, key=rank))


@lru_cache(maxsize=32)
def _opened(path: str, pixels: int) -> FreeTypeFont:
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.RAQM)


def _covers(path: str, text: str) -> bool:
    return all(char.isspace() or _has(path, char) for char in text)


@lru_cache(maxsize=8192)
def _has(path: str, char: str) -> bool:
    """Whether the font's glyph of `char` is another than the one it shows for what it has not."""
    if unicodedata.category(char) in ("Cc", "Cf"):  # joiners and marks of direction are not drawn
        return True
    try:
        return _glyph(path, char) != _glyph(path, _NO_CHARACTER)
    except OSError:  # a file that FreeType does not read
        return False


def _glyph(path: str, char: str) -> bytes:
    image = Image.new("L", (2 * _PROBE_SIZE, 2 * _PROBE_SIZE))
    ImageDraw.Draw(image).text((_PROBE_SIZE / 2, 1.5 * _PROBE_SIZE), char, fill=255, font=_probe(path), anchor="ls")
    return image.tobytes()


@lru_cache(maxsize=16)
def _probe(path: str) -> FreeTypeFont:
    return ImageFont.truetype(path, _PROBE_SIZE, layout_engine=ImageFont.Layout.BASIC)
