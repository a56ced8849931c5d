"""Speech becomes a viseme track: by its phonemes when they are known, else by its sound."""

from __future__ import annotations

from typing import Protocol

from renderer.types import Samples, Speech, VisemeTrack
from renderer.visemes.by_sound import NetworkVisemes
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.loudness import energy_of
from renderer.visemes.spectrum import power_spectra


class AudioVisemes(Protocol):
    """Reads lips from sound alone. Column t may depend on the sound up to a fixed time after t, no more."""

    def track(self, samples: Samples) -> VisemeTrack:
        """int16 (N,) at RATE -> a track of ceil(N / 480) columns."""
        ...


def track_of(speech: Speech, by_sound: AudioVisemes | None = None) -> VisemeTrack:
    """The track of `speech`: exact when it carries phonemes, else read by `by_sound` (NetworkVisemes unless given)."""
    if speech.phonemes is None:
        return (by_sound or NetworkVisemes()).track(speech.samples)
    return track_from_phonemes(speech.phonemes, energy_of(power_spectra(speech.samples)))
