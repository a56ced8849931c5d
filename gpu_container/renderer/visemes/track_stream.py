"""`track_of` for speech that comes in pieces: clause by clause with its phonemes, or as bare sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.types import RATE, TRACK_RATE, VISEMES, Floats, Phoneme, Samples, VisemeTrack
from renderer.visemes.by_sound import VisemeStream
from renderer.visemes.energy_stream import EnergyStream
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.spectrum import SpectrumStream

COLUMN: Final = RATE // TRACK_RATE
"""Samples of a column: a piece with phonemes is whole columns long, and begins and ends with a pause."""


class TrackStream:
    """Joined, what `push` and `finish` return is `track_of` the whole speech, bit for bit."""

    def __init__(self, has_phonemes: bool) -> None:
        """`has_phonemes`: they come with every piece; else lips are read from the sound."""
        self._by_sound = None if has_phonemes else VisemeStream()
        self._spectra, self._energy = SpectrumStream(), EnergyStream()
        self._phonemes: list[Phoneme] = []
        self._columns = 0

    def push(self, samples: Samples, phonemes: Sequence[Phoneme] = ()) -> VisemeTrack:
        """int16 (N,) at RATE, what comes next, and its phonemes, in seconds from the start of the whole -> the columns
        that are now sure."""
        if self._by_sound is not None:
            return self._by_sound.push(samples)
        self._phonemes.extend(phonemes)
        return self._columns_of(self._energy.push(self._spectra.push(samples)))

    def finish(self) -> VisemeTrack:
        """The columns that are left, as if silence followed."""
        if self._by_sound is not None:
            return self._by_sound.finish()
        rest = self._energy.push(self._spectra.finish())
        return self._columns_of(np.concatenate([rest, self._energy.finish()]))

    def _columns_of(self, energy: Floats) -> VisemeTrack:
        if not len(energy):
            return VisemeTrack(np.zeros((0, len(VISEMES)), np.float32), energy)
        track = track_from_phonemes(self._phonemes, energy, self._columns)
        self._columns += len(energy)
        # What is over is of use only as the neighbour of what is not.
        over = sum(each.end_sec * TRACK_RATE < self._columns for each in self._phonemes)
        del self._phonemes[: max(0, over - 1)]
        return track
