"""What a person typed becomes what a voice can read: no markup, no control characters, no emoji."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from renderer.speech.errors import SpeechRejected

MAX_CHARACTERS: Final = 5_000
"""Longest text of one call: about six minutes of speech."""

_TAG: Final = re.compile(r"<[/!?]?[a-zA-Z][^<>]{0,500}>|<!--.{0,500}?-->", re.DOTALL)
# Pictographs, dingbats, flags, skin tones. A joiner goes only with one: Persian and Indic scripts need theirs.
_PICTOGRAPH: Final = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\U000e0020-\U000e007f\u20e3]"
_EMOJI: Final = re.compile(f"{_PICTOGRAPH}(?:[\u200d\ufe0e\ufe0f]|{_PICTOGRAPH})*")
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


def clean_text(text: str) -> str:
    """The speakable part of `text`, white space folded to single spaces.

    Markup-like tags vanish and their content stays: a voice never reads out an angle bracket's name.
    Raises SpeechRejected text_too_long (over MAX_CHARACTERS as given) or text_unspeakable (no letter, no digit).
    """
    if len(text) > MAX_CHARACTERS:
        raise SpeechRejected(
            "text_too_long", f"The text has {len(text)} characters; at most {MAX_CHARACTERS} can be spoken at once."
        )
    bare = _EMOJI.sub(" ", _TAG.sub(" ", text))
    readable = "".join(" " if unicodedata.category(char) in _UNREADABLE else char for char in bare)
    folded = " ".join(readable.split())
    if not any(char.isalnum() for char in folded):
        raise unspeakable()
    return folded


def unspeakable() -> SpeechRejected:
    return SpeechRejected("text_unspeakable", "The text has nothing to speak: give at least one word or number.")
