"""What a turn says, piece by piece: clauses with their sound, or sound that was given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from renderer.speech.clauses import Clause, ClauseCutter, Lengths
from renderer.speech.errors import SpeechRejected
from renderer.types import RATE, TRACK_RATE, Phoneme, Samples, Speech
from renderer.visemes.phonemes_by_sound import phonemes_by_sound

Say: TypeAlias = Callable[[str], Speech]
"""Text of one clause -> its speech. Raises SpeechRejected, SpeechUnavailable."""

COLUMN: Final = RATE // TRACK_RATE
LEAD_IN_SEC: Final = 0.08
"""Silence before the first sound of a clause, of what the voice gives: the mouth is seen to open before it is heard."""
_QUIET: Final = 40
"""Of 32768: what a voice's own silence stays under, 58 dB below full scale."""
_GIVEN_SEC: Final = (0.5, 2.0)
"""Given sound is handed on in pieces: a short first one, for which somebody waits, and then longer ones."""


@dataclass(frozen=True)
class Piece:
    """`samples` int16 (N,) at RATE. With `phonemes`, in seconds from the piece's start, N is whole columns, and they
    begin and end with a pause; None: lips are read from the sound. `text`: what is said from here on, "" if unknown."""

    text: str
    samples: Samples
    phonemes: tuple[Phoneme, ...] | None = None


def spoken_pieces(texts: Iterable[str | None], say: Say, first: Lengths) -> Iterator[Piece]:
    """`texts` joined, clause by clause; None among them: the next is late, and what can be said is said.

    Raises SpeechUnavailable, and SpeechRejected where nothing can be said.
    """
    spoke = by_phonemes = False
    refusal: SpeechRejected | None = None
    for clause in _clauses(texts, first):
        try:
            speech = say(clause.text)
            if by_phonemes and speech.phonemes is None:
                # The mouth of a turn goes by one or the other from its first sound on.
                speech = replace(speech, phonemes=phonemes_by_sound(speech.samples))
            yield shaped(clause, speech)
            spoke, by_phonemes = True, speech.phonemes is not None
        except SpeechRejected as error:
            # A clause of stars and dashes is shown and not said, as long as there is something else to say.
            if error.code != "text_unspeakable":
                raise
            refusal = error
            yield Piece(clause.text, np.zeros(0, np.int16))
    if not spoke:
        raise refusal or SpeechRejected("text_unspeakable", "There is nothing to speak: give at least one word.")


def _clauses(texts: Iterable[str | None], first: Lengths) -> Iterator[Clause]:
    cutter = ClauseCutter(first)
    waits = True
    for text in texts:
        clauses = cutter.push(text) if text is not None else cutter.hurry(words=waits)
        waits = waits and not clauses
        yield from clauses
    yield from cutter.finish()


def shaped(clause: Clause, speech: Speech) -> Piece:
    """The clause with silence at its ends as it needs, not as the voice gave it; whole columns long."""
    if speech.phonemes is None:
        pause = np.zeros(round(clause.pause_sec * RATE), np.int16)
        return Piece(clause.text, np.concatenate([speech.samples, pause]))
    sounding = [each for each in speech.phonemes if each.symbol]
    start, end = _audible(speech.samples)
    first = min(math.floor(sounding[0].start_sec * RATE), start) if sounding else start
    last = max(math.ceil(sounding[-1].end_sec * RATE), end) if sounding else end
    begin = max(0, first - round(LEAD_IN_SEC * RATE)) // COLUMN * COLUMN
    length = math.ceil((last - begin + clause.pause_sec * RATE) / COLUMN) * COLUMN
    samples = np.zeros(length, np.int16)
    kept = speech.samples[begin : min(last, begin + length)]
    samples[: len(kept)] = kept
    return Piece(clause.text, samples, _covering(sounding, begin / RATE, length / RATE))


def _audible(samples: Samples) -> tuple[int, int]:
    """From the first sample that can be heard to behind the last."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)


def _covering(sounding: list[Phoneme], begin: float, length: float) -> tuple[Phoneme, ...]:
    """The phonemes from `begin` on as seconds after it, with pauses wherever there is none, at both ends above all."""
    covering: list[Phoneme] = []
    now = 0.0
    for each in sounding:
        start, end = max(each.start_sec - begin, now), each.end_sec - begin
        if start > now or not covering:
            covering.append(Phoneme("", now, start))
        covering.append(Phoneme(each.symbol, start, end))
        now = end
    return (*covering, Phoneme("", now, length))


def given_pieces(sound: Iterable[Samples]) -> Iterator[Piece]:
    """Sound without words, at RATE, however it is cut."""
    least = round(_GIVEN_SEC[0] * RATE)
    held = np.zeros(0, np.int16)
    for samples in sound:
        held = np.concatenate([held, samples])
        while len(held) >= least:
            yield Piece("", held[:least])
            held, least = held[least:], round(_GIVEN_SEC[1] * RATE)
    if len(held):
        yield Piece("", held)
