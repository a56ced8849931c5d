"""A voice that tells its phonemes for some clauses only: the network hears the others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from renderer.speech import speak
from renderer.speech.clauses import FIRST
from renderer.turn_pieces import Say, spoken_pieces
from renderer.types import RATE, VISEMES, Speech
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.phonemes_by_sound import phonemes_by_sound

TEXT = "Good morning, my friend. Mama may make more of them. And here is the end of it."


def forgetful(forgets: set[int]) -> tuple[list[str], Say]:
    """A voice that tells no phonemes for its clauses of those numbers."""
    said: list[str] = []

    def say(text: str) -> Speech:
        said.append(text)
        speech = speak(text)
        return replace(speech, phonemes=None) if len(said) - 1 in forgets else speech

    return said, say


def test_a_clause_without_phonemes_gets_those_that_are_heard() -> None:
    said, say = forgetful({1})
    pieces = list(spoken_pieces([TEXT], say, FIRST))
    assert len(pieces) == len(said) >= 3
    for piece in pieces:
        assert piece.phonemes is not None
        assert piece.phonemes[0].symbol == piece.phonemes[-1].symbol == ""
        assert piece.phonemes[-1].end_sec * RATE == len(piece.samples)
        assert sum(bool(each.symbol) for each in piece.phonemes) > 4


def test_a_voice_that_tells_none_at_first_is_read_from_its_sound() -> None:
    _, say = forgetful({0, 1})
    pieces = list(spoken_pieces([TEXT], say, FIRST))
    assert pieces[0].phonemes is None


def test_what_is_heard_covers_the_sound_and_closes_the_lips_where_they_close() -> None:
    speech = speak("Mama may make more maps.")
    heard = phonemes_by_sound(speech.samples)
    assert heard[0].start_sec == 0 and heard[-1].end_sec == len(speech.samples) / RATE
    assert all(one.end_sec == other.start_sec for one, other in pairwise(heard))
    columns = len(speech.samples) * 100 // RATE
    shut = VISEMES.index("PP")
    energy = np.ones(columns, np.float32)
    told = track_from_phonemes(speech.phonemes or (), energy).weights[:, shut] > 0.5
    found = track_from_phonemes(heard, energy).weights[:, shut] > 0.5
    near = np.convolve(found, np.ones(9), "same") > 0
    assert near[told].mean() > 0.6
    assert phonemes_by_sound(np.zeros(RATE, np.int16))[0].symbol == ""
