"""Writes what the control plane knows of espeak-ng's voices: `python -m local.voices_file`, after its wheel changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from renderer.speech.voices import variants, voices

FILE: Final = Path(__file__).resolve().parents[1] / "layers/core/python/parley/domain/espeak_voices.json"

# Where espeak-ng's own tag or name is not what people, or BCP 47, call the language.
_LANGUAGES: Final = {
    "ca-ba": "ca-ES-x-balearic",
    "ca-nw": "ca-ES-x-northwst",
    "ca-va": "ca-ES-valencia",
    "chr-us-qaaa-x-west": "chr-US-x-west",
    "en-us-nyc": "en-US-x-nyc",
    "piqd": "tlh",
    "ru-cl": "ru-x-classic",
}
_NAMES: Final = {
    "cmn": "Chinese (Mandarin)",
    "cmn-latn-pinyin": "Chinese (Mandarin, in Pinyin)",
    "en-gb": "English (United Kingdom)",
    "en-gb-x-gbclan": "English (United Kingdom, Lancaster)",
    "en-gb-x-gbcwmd": "English (United Kingdom, West Midlands)",
    "en-gb-x-rp": "English (United Kingdom, Received Pronunciation)",
    "en-us": "English (United States)",
    "en-us-nyc": "English (United States, New York City)",
    "fa-latn": "Persian (in Latin letters)",
    "ga": "Irish",
    "gd": "Scottish Gaelic",
    "my": "Burmese",
    "hak": "Chinese (Hakka)",
    "vi": "Vietnamese (North)",
    "vi-vn-x-south": "Vietnamese (South)",
}


def content() -> str:
    """The file, from the library installed here. Raises SpeechUnavailable."""
    listed = [
        {
            "tag": voice.id,
            "language": _LANGUAGES.get(voice.id, bcp47(voice.id)),
            "name": _NAMES.get(voice.id, voice.name),
        }
        for voice in voices()
    ]
    held: dict[str, Any] = {"voices": listed, "variants": list(variants())}
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in listed)
    names = json.dumps(held["variants"], ensure_ascii=False)
    return f'{{"voices": [\n{rows}\n], "variants": {names}}}\n'


def bcp47(tag: str) -> str:
    """A tag as BCP 47 recommends to write it: regions in capitals, scripts with one."""
    first, *rest = tag.split("-")
    parts, private = [first], False
    for part in rest:
        private = private or part == "x"
        if not private and len(part) == 2:
            part = part.upper()
        elif not private and len(part) == 4 and part.isalpha():
            part = part.title()
        parts.append(part)
    return "-".join(parts)


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
