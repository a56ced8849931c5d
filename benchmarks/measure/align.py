"""Where the phones lie in speech that others recorded: forced alignment of its words, which may be recognised first."""

from __future__ import annotations

from typing import Final

import numpy as np
from pocketsphinx import Decoder

from renderer.types import RATE, Phoneme, Samples

ALIGNER_RATE: Final = 16_000
STEPS: Final = 100
"""The aligner's steps a second."""

# The aligner's English phones in IPA; its dictionary marks no stress, so that AH is both "cut" and "the".
_IPA: Final = {
    **{"AA": "ɑ", "AE": "æ", "AH": "ə", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "IH": "ɪ"},
    **{"IY": "i", "OW": "oʊ", "OY": "ɔɪ", "UH": "ʊ", "UW": "u", "B": "b", "CH": "ʃ", "D": "d", "DH": "ð", "F": "f"},
    **{"G": "ɡ", "HH": "h", "JH": "ʒ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ"},
    **{"S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ"},
}


class NotAligned(ValueError):
    """The words do not fit the sound."""


def align(samples: Samples, words: str | None = None) -> tuple[str, tuple[Phoneme, ...]]:
    """int16 (N,) at RATE, English -> (its words, its phones, times to 10 ms). Words that are not given are recognised.

    Raises NotAligned.
    """
    sound = _narrowed(samples).tobytes()
    if words is None:
        listener = Decoder(loglevel="FATAL", samprate=ALIGNER_RATE)
        _hear(listener, sound)
        guess = listener.hyp()
        if guess is None or not guess.hypstr:
            raise NotAligned("no words were recognised: give the text of the speech")
        words = str(guess.hypstr)
    aligner = Decoder(loglevel="FATAL", samprate=ALIGNER_RATE)
    try:
        aligner.set_align_text(_plain(words))
        _hear(aligner, sound)
        aligner.set_alignment()
        _hear(aligner, sound)
        found = aligner.get_alignment()
    except RuntimeError as error:
        raise NotAligned(f"the words do not fit the sound: {error}") from error
    if found is None:
        raise NotAligned("the words do not fit the sound")
    phones = [(phone.name, phone.start, phone.duration) for word in found for phone in word]
    return words, tuple(Phoneme(_IPA.get(n, ""), s / STEPS, (s + d) / STEPS) for n, s, d in phones)


def _hear(decoder: Decoder, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def _plain(words: str) -> str:
    """Lower case, letters and apostrophes only: the dictionary's spelling."""
    kept = "".join(letter if letter.isalpha() or letter in "' " else " " for letter in words.lower())
    return " ".join(kept.split())


def _narrowed(samples: Samples) -> Samples:
    """At the aligner's rate: every third sample of the sound below 8 kHz."""
    step = RATE // ALIGNER_RATE
    reach = np.arange(-16 * step, 16 * step + 1)
    kernel = np.sinc(reach / step) * np.hanning(len(reach))
    smooth = np.convolve(samples.astype(np.float64), kernel / kernel.sum(), mode="same")
    return np.clip(smooth[::step], -32768, 32767).astype(np.int16)
