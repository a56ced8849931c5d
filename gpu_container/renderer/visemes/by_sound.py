"""Visemes from sound alone: cues of each moment are scored by a small table, and a gate keeps silence."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.types import VISEMES, Floats, Samples, VisemeTrack
from renderer.visemes import acoustics, speaking
from renderer.visemes.acoustics import cues_of
from renderer.visemes.by_sound_table import HUNDREDTHS
from renderer.visemes.loudness import energy_of
from renderer.visemes.spectrum import power_spectra

AHEAD_SEC: Final = (max(acoustics.AHEAD, speaking.AHEAD) + 2) / 100
"""A column depends on no sound later than this after its start."""

_SIL: Final = VISEMES.index("sil")
_SCORES: Final = np.array(HUNDREDTHS, np.float64) / 100.0
# Lips touch or they do not: below the first likelihood a sound that needs the touch counts as none, above the second as
# certain. PP is set where as many [t d k n] are shut wrongly as [p b m] are missed.
_TOUCHES: Final = ((VISEMES.index("FF"), 0.25, 0.50), (VISEMES.index("PP"), 0.15, 0.30))


class SpectralVisemes:
    """Reads lips from short-time spectra. No state: the same sound gives the same track, however long what follows.

    What was heard so far sets what is loud and what the speaker's usual spectrum is; nothing is taken from the whole.
    """

    def track(self, samples: Samples) -> VisemeTrack:
        """int16 (N,) at RATE -> a track of ceil(N / 480) columns; exact silence where nobody speaks."""
        power = power_spectra(samples)
        weights = _decide_touches(_likelihoods(power))
        silent = ~speaking.speaking(power)
        weights[silent] = 0.0
        weights[silent, _SIL] = 1.0
        return VisemeTrack(weights, np.where(silent, np.float32(0.0), energy_of(power)))


def _likelihoods(power: Floats) -> Floats:
    """(T, 15), rows sum to 1."""
    cues = cues_of(power)
    scores = np.zeros((len(cues), len(VISEMES)))
    # Cue by cue, not as a matrix product: that would sum in an order that depends on how many columns there are.
    for cue, row in enumerate(_SCORES):
        scores += cues[:, cue, None] * row
    scores = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def _decide_touches(likelihoods: Floats) -> Floats:
    """The last of _TOUCHES decides over those before it."""
    weights = likelihoods
    for viseme, none, certain in _TOUCHES:
        touch = np.clip((likelihoods[:, viseme] - none) / (certain - none), 0.0, 1.0)
        others = weights.copy()
        others[:, viseme] = 0.0
        weights = others * ((1.0 - touch) / np.maximum(others.sum(axis=1), 1e-6))[:, None]
        weights[:, viseme] = touch
    return weights.astype(np.float32)
