"""Other rooms, microphones, noises and bodies for each batch: no segment is heard twice alike."""

from __future__ import annotations

from typing import Final

import numpy as np
from network import BANDS, FLOOR
from numpy.typing import NDArray

Columns = NDArray[np.float32]
"""(T, BANDS + 1) features as the network has them: bands in decibels, scaled, and the voicing."""

_SCALE_DB, _ZERO_DB = 15.0, -30.0
_ROOM, _NOISE, _COLOUR, _BODY, _GAIN, _HIDDEN = 0.3, 0.35, 0.5, 0.3, 0.4, 0.3
"""How often each is done to a segment."""
_COLUMNS_A_SECOND: Final = 100


def disturbed(columns: Columns, choose: np.random.Generator) -> Columns:
    """One segment as some other recording has it."""
    bands = columns[:, :BANDS]
    if choose.random() < _BODY:
        bands = _warped(bands, choose.uniform(0.93, 1.08))
    if choose.random() < _COLOUR:
        bands = bands + _colour(choose) / np.float32(_SCALE_DB)
    if choose.random() < _GAIN:
        bands = bands + np.float32(choose.uniform(-3, 2) / _SCALE_DB)
    voicing = (columns[:, BANDS] + 1) / 2
    room, noise = choose.random() < _ROOM, choose.random() < _NOISE
    if room or noise:
        power = np.exp((bands * _SCALE_DB + _ZERO_DB) * np.float32(np.log(10) / 10))
        power = _in_a_room(power, choose) if room else power
        if noise:
            hiss = _noise(len(power), choose)
            kept = power[:, :16].sum(1) / (power[:, :16] + hiss[:, :16]).sum(1)
            voicing = np.maximum(voicing * kept, np.minimum(voicing, choose.uniform(0.2, 0.4, len(kept))))
            power = power + hiss
        bands = (10 * np.log10(power + np.float32(FLOOR)) - _ZERO_DB) / np.float32(_SCALE_DB)
    if choose.random() < _HIDDEN:
        bands = bands.copy()
        low = int(choose.integers(0, BANDS - 6))
        bands[:, low : low + int(choose.integers(1, 6))] = -2.0
    return np.concatenate([np.maximum(bands, -2.0), (voicing * 2 - 1)[:, None]], axis=1).astype(np.float32)


def _warped(bands: Columns, factor: float) -> Columns:
    """The envelope moved along the bands, as a longer or shorter throat moves it."""
    at = np.clip((np.arange(BANDS) + 8) * factor - 8, 0, BANDS - 1.001)
    low = at.astype(np.intp)
    share = (at - low).astype(np.float32)
    return bands[:, low] * (1 - share) + bands[:, low + 1] * share


def _colour(choose: np.random.Generator) -> Columns:
    """(BANDS,) decibels: a tilt and a slow wave, as microphones differ."""
    place = np.linspace(-1, 1, BANDS)
    wave = choose.uniform(0, 4) * np.sin(place * choose.uniform(1, 6) + choose.uniform(0, 2 * np.pi))
    return (choose.uniform(-5, 5) * place + wave).astype(np.float32)


def _in_a_room(power: Columns, choose: np.random.Generator) -> Columns:
    """Each column and what is left of those before it."""
    left = np.float32(10 ** (-6 / (choose.uniform(0.15, 0.8) * _COLUMNS_A_SECOND)))
    amount = np.float32(10 ** (choose.uniform(-18, -3) / 10) * (1 - left) / left)
    tail = np.zeros(power.shape[1], np.float32)
    out = np.empty_like(power)
    for index, row in enumerate(power):
        out[index] = row + amount * tail
        tail = left * (tail + row)
    return out


def _noise(length: int, choose: np.random.Generator) -> Columns:
    """(length, BANDS) power: steady or slowly swelling, tilted, uneven as noise is."""
    place = np.linspace(-1, 1, BANDS)
    level = choose.uniform(-45, -12) + choose.uniform(-12, 6) * place
    swell = np.interp(np.arange(length), np.linspace(0, length, 6), choose.uniform(-4, 4, 6))
    uneven = choose.normal(0, 2.0, (length, BANDS))
    return (10 ** ((level + swell[:, None] + uneven) / 10)).astype(np.float32)
