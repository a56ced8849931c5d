"""What the synthesised voices say: our own sentences, and endless made-up ones that are phonetically broad."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

SENTENCES: Final = {
    voice: [each.strip() for each in text.replace("? ", "?|").replace(". ", ".|").split("|")]
    for voice, _, text in (
        line.partition("|")
        for line in (Path(__file__).parent / "sentences.txt").read_text("utf-8").splitlines()
        if line
    )
}
"""Voice id -> sentences."""

PIECES: Final = {
    name: rest.split("|")
    for name, _, rest in (
        line.partition("|") for line in (Path(__file__).parent / "pieces.txt").read_text("utf-8").splitlines()
    )
}
"""What made-up sentences are put together from, by name."""

_SPELLED: Final = {"it": "it", "cs": "cs", "fi": "fi", "ca": "ca", "hi": "hi", "mr": "hi", "ru": "ru"}
"""Languages that are said as they are spelt, and whose letters they use."""


def english(choose: np.random.Generator) -> str:
    """One sentence, or now and then a list of words."""
    if choose.random() < 0.3:
        return ", ".join(" ".join(choose.choice(PIECES["words"], 3)) for _ in range(2)) + "."
    parts = [choose.choice(PIECES[each]) for each in ("openers", "who", "does", "what", "where")]
    text = f"{parts[0]}{parts[1]} {parts[2]} {parts[3]} {parts[4]}"
    return text[0].upper() + text[1:] + choose.choice([".", ".", "!", "?"])


def made_up(language: str, choose: np.random.Generator) -> str:
    """A sentence of words that do not exist, spelt so that a reader of `language` knows how to say them."""
    onsets, vowels, ends = (PIECES[f"{_SPELLED[language]} {part}"] for part in ("begins", "vowels", "ends"))
    words = []
    for _ in range(int(choose.integers(4, 8))):
        syllables = [choose.choice(onsets) + choose.choice(vowels) for _ in range(int(choose.integers(1, 4)))]
        words.append("".join(syllables) + (choose.choice(ends) if choose.random() < 0.4 else ""))
    return " ".join(words) + "."


def sentence(voice: str, choose: np.random.Generator) -> str:
    """One of ours in the language of `voice`, or a made-up one where the spelling allows."""
    language = voice.partition("-")[0]
    if language == "en" and choose.random() < 0.8:
        return english(choose)
    if language in _SPELLED and choose.random() < 0.6:
        return made_up(language, choose)
    return str(choose.choice(SENTENCES[voice]))
