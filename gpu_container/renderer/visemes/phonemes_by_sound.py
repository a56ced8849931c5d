"""Phonemes for a clause that came without: what the network hears, each sound by one that looks like it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from renderer.types import RATE, TRACK_RATE, VISEMES, Phoneme, Samples
from renderer.visemes.by_sound import NetworkVisemes

_LOOKS_LIKE: Final = dict(
    zip(VISEMES, ("", "m", "f", "θ", "t", "k", "ʃ", "s", "n", "ɹ", "a", "ɛ", "ɪ", "o", "u"), strict=True)
)
_LEAST_COLUMNS: Final = 3
"""What is shorter belongs to the sound before it, unless the lips are shut."""


def phonemes_by_sound(samples: Samples) -> tuple[Phoneme, ...]:
    """int16 (N,) at RATE -> phonemes that cover it without gap."""
    heard = np.argmax(NetworkVisemes().track(samples).weights, axis=1)
    edges = [0, *(np.flatnonzero(np.diff(heard)) + 1).tolist(), len(heard)]
    end_sec = len(samples) / RATE
    runs: list[tuple[str, int]] = []
    for start, end in pairwise(edges):
        symbol = _LOOKS_LIKE[VISEMES[int(heard[start])]] if end > start else ""
        if runs and (symbol == runs[-1][0] or (end - start < _LEAST_COLUMNS and symbol != "m")):
            continue
        runs.append((symbol, start))
    starts = [min(start / TRACK_RATE, end_sec) for _, start in runs]
    return tuple(
        Phoneme(symbol, start, end)
        for (symbol, _), start, end in zip(runs, starts, [*starts[1:], end_sec], strict=True)
        if end > start
    )
