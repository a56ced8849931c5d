"""Which voices there are, and whether a name is one of them."""

from __future__ import annotations

import ctypes
import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from renderer.speech.errors import SpeechRejected
from renderer.speech.espeak_library import data_folder, fresh_library

PREFIX: Final = "espeak:"
"""Before a voice's name where there are voices of other engines too."""
# Test data, and languages whose dictionary the wheel lacks: they would spell letters in another language.
_NOT_OFFERED: Final = frozenset({"xex", "py", "fo", "kaa"})


# What people call a language where espeak-ng has another name or only regions.
_USUAL_NAMES: Final = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "zh-hk": "yue", "no": "nb"}


@dataclass(frozen=True)
class Voice:
    """`id` is what `speak` takes: a BCP 47 tag in lower case, such as "en-us" or "vi-vn-x-south"."""

    id: str
    name: str


def voices() -> tuple[Voice, ...]:
    """Every voice, by id. Each also takes a timbre after a plus: see `variants`. Raises SpeechUnavailable."""
    return tuple(Voice(tag, name) for tag, (name, _) in sorted(_records().items()))


@lru_cache(maxsize=1)
def _records() -> dict[str, tuple[str, str]]:
    """id -> (name, espeak-ng's own identifier)."""
    found: dict[str, tuple[str, str]] = {}
    with fresh_library() as (library, _):
        records = cast(Any, library.espeak_ListVoices(None))
        index = 0
        while records[index]:
            record = records[index].contents
            tag = ctypes.string_at(record.languages + 1).decode("utf-8", "replace")
            name = record.name.decode("utf-8", "replace").strip()
            if tag.lower() not in _NOT_OFFERED:
                found.setdefault(tag.lower(), (name, record.identifier.decode()))
            index += 1
    return found


@lru_cache(maxsize=1)
def variants() -> tuple[str, ...]:
    """Timbres such as "f3" or "m7", for "en-us+f3". Raises SpeechUnavailable."""
    return tuple(sorted(path.name for path in (data_folder() / "voices" / "!v").iterdir() if path.is_file()))


def check_voice(voice: str) -> str:
    """espeak-ng's identifier of `voice`, which unlike the tag always loads.

    Raises SpeechRejected voice_unknown, naming what to use instead.
    """
    asked, plus, variant = voice.strip().removeprefix(PREFIX).replace("_", "-").partition("+")
    known = list(_records())
    language = _closest(asked.lower(), known)
    if language is None:
        raise SpeechRejected("voice_unknown", f"There is no voice {voice!r}. {_suggest(asked, known, 'en-us, es, vi')}")
    if plus and variant not in variants():
        advice = _suggest(variant, list(variants()), "f2, f5, m3, m7")
        raise SpeechRejected("voice_unknown", f"There is no variant {variant!r} of a voice. {advice}")
    return f"{_records()[language][1]}{plus}{variant}"


def _closest(tag: str, known: list[str]) -> str | None:
    """The voice of a language tag, its region dropped where no voice has it: "de-AT" is spoken by "de"."""
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        shorter = "-".join(parts[:length])
        shorter = _USUAL_NAMES.get(shorter, shorter)
        if shorter in known:
            return shorter
    return None


def _suggest(wanted: str, known: list[str], otherwise: str) -> str:
    near = difflib.get_close_matches(wanted, known, n=4, cutoff=0.5)
    return f"Use for example {', '.join(near) or otherwise}."
