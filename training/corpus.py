"""The examples: synthesised takes and sounds that are no speech, as recordings have them, with the lips they want."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from engines import FESTIVAL, FLITE, Take, espeak_takes, festival_takes, flite_takes
from noises import NOT_SPEECH, background, not_speech
from numpy.typing import NDArray
from recording import Sound, another_body, as_sound, recorded
from texts import SENTENCES

from renderer.motion.coarticulation import mouth_columns
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, Floats, Phoneme, VisemeTrack
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.hearing import AHEAD, Hearing
from renderer.visemes.spectrum import _LOW_PASS, ANALYSIS_RATE, HOP, WINDOW, power_of

HELD_OUT: Final = ("flite rms", "festival pc_diphone", "espeak sv", "espeak ko")
"""Voices and languages that training never hears."""
SHAPE: Final = tuple(MOUTH_AXES.index(axis) for axis in ("jaw", "wide", "round"))

_TAKES: Final = {"slt": 260, "awb": 300, "rms": 60, "kal16": 110}
_FESTIVAL_TAKES: Final = {"cmu_us_slt_arctic_hts": 110, "ked_diphone": 130, "kal_diphone": 60, "pc_diphone": 50,
                          "lp_diphone": 170, "hindi_NSK_diphone": 220, "upc_ca_ona_hts": 170,
                          "msu_ru_nsh_clunits": 260}  # fmt: skip
_OTHER_FESTIVAL_TAKES: Final = 110
_ESPEAK_TAKES: Final = 38
_SECONDS_OF_NOISE: Final = 360


@dataclass(frozen=True)
class Example:
    """`power` (T, 257) of the network's front end; `weights` (T, 15): what the lips do."""

    voice: str
    power: Floats
    weights: Floats


def takes(seed: int) -> Iterator[Take]:
    """Every voice's sentences, in an order that does not change."""
    choose = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as scratch:
        for voice in FLITE:
            yield from flite_takes(voice, _TAKES[voice], choose, Path(scratch))
        for voice in FESTIVAL:
            count = _FESTIVAL_TAKES.get(voice, _OTHER_FESTIVAL_TAKES)
            yield from festival_takes(voice, count, choose, Path(scratch))
    for voice in SENTENCES:
        yield from espeak_takes(voice, _ESPEAK_TAKES, choose)


def speech_example(take: Take, choose: np.random.Generator, plain: bool = False) -> Example:
    """A take between two silences, as recorded; `plain` leaves it as it was synthesised."""
    samples, stretch = (take.sound, 1.0) if plain or choose.random() < 0.25 else another_body(take.sound, choose)
    before, after = (int(choose.uniform(0.2, 0.9) * TRACK_RATE) for _ in range(2))
    sound = np.pad(as_sound(samples), (before * HOP, after * HOP))
    phonemes = [
        Phoneme(p.symbol, p.start_sec * stretch + before / TRACK_RATE, p.end_sec * stretch + before / TRACK_RATE)
        for p in take.phonemes
    ]
    count = -(-len(sound) // HOP)
    track = track_from_phonemes(phonemes, np.ones(count, np.float32))
    power = power_rows(sound if plain else recorded(sound, choose), count)
    return Example(take.voice, power if plain else _warped(power, choose.uniform(0.9, 1.12)), track.weights)


def shape_of(weights: Floats) -> Floats:
    """(T, 3) jaw, wide and round that the renderer draws when it is told these visemes (T, 15), at full energy."""
    return mouth_columns(VisemeTrack(weights, np.ones(len(weights), np.float32)))[:, SHAPE].astype(np.float32)


def noise_example(kind: str, seconds: float, choose: np.random.Generator) -> Example:
    """Something that is no speech: the lips stay closed."""
    length = int(seconds * ANALYSIS_RATE)
    sound = not_speech(kind, length, choose) * _coming_and_going(length, choose)
    if choose.random() < 0.6:
        sound = recorded(sound, choose)
    else:
        sound = sound * np.float32(10 ** (choose.uniform(-50, -1) / 20)) + background(length, choose) * np.float32(1e-4)
    count = -(-length // HOP)
    weights = np.zeros((count, len(VISEMES)), np.float32)
    weights[:, VISEMES.index("sil")] = 1.0
    return Example(f"not speech: {kind}", power_rows(sound, count), weights)


def _coming_and_going(length: int, choose: np.random.Generator) -> Sound:
    """(length,) 0 or 1: silence first, as a rule, now and then between: what begins suddenly is no speech yet."""
    there = np.ones(length, np.float32)
    if choose.random() < 0.7:
        there[: int(choose.uniform(0.02, 2.0) * ANALYSIS_RATE)] = 0.0
    if choose.random() < 0.4:
        for _ in range(int(choose.integers(1, 6))):
            start = int(choose.integers(length))
            there[start : start + int(choose.uniform(0.1, 0.8) * ANALYSIS_RATE)] = 0.0
    return there


def noise_examples(seed: int) -> Iterator[Example]:
    choose = np.random.default_rng(seed)
    for kind in NOT_SPEECH:
        left = _SECONDS_OF_NOISE * (2 if kind in ("music", "breath", "hum", "buzz") else 1)
        while left > 0:
            seconds = choose.uniform(4, 9)
            yield noise_example(kind, seconds, choose)
            left -= seconds


def power_rows(sound: Sound, count: int) -> Floats:
    """What `power_spectra` would give for this 16 kHz sound at 48 kHz: `count` rows, its low-pass applied."""
    padded = np.pad(sound, (WINDOW // 2 - HOP // 2, WINDOW))[: (count - 1) * HOP + WINDOW]
    return power_of(padded.astype(np.float32)) * _RESPONSE


def _response() -> NDArray[np.float32]:
    """The power response of the renderer's decimator at the analysis bins."""
    spectrum = np.abs(np.fft.rfft(_LOW_PASS * 32_768.0, 3 * WINDOW))[: WINDOW // 2 + 1]
    return (spectrum**2).astype(np.float32)


_RESPONSE: Final = _response()


def _warped(power: Floats, factor: float) -> Floats:
    """The spectrum's envelope moved along frequency: another length of vocal tract at the same pitch and speed."""
    bins = np.minimum(np.arange(power.shape[1]) * factor, power.shape[1] - 1.001)
    low = bins.astype(np.intp)
    share = (bins - low).astype(np.float32)
    return power[:, low] * (1 - share) + power[:, low + 1] * share


def heard(example: Example) -> Floats:
    """float32 (T, HEARD): the network's input for each column."""
    quiet = np.zeros((AHEAD, example.power.shape[1]), np.float32)
    return Hearing().push(np.concatenate([example.power, quiet])).columns
