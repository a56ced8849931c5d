"""Timed phonemes become a viseme track: the exact way, when the text is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.types import TRACK_RATE, VISEMES, Floats, Phoneme, VisemeTrack
from renderer.visemes.read_symbol import Shape, shapes_of

_SIL: Final = VISEMES.index("sil")
_SILENCE: Final = Shape(np.eye(len(VISEMES), dtype=np.float32)[_SIL], 1.0)
_PP: Final = VISEMES.index("PP")
# The lips of a stop part at its burst, and the rest of it, the breath, already has the shape of what follows. A nasal
# hums with shut lips to its end.
_SHUT_SHARE: Final = 0.65
_HUMMED: Final = frozenset("mᵐ")


def track_from_phonemes(phonemes: Sequence[Phoneme], energy: Floats, first: int = 0) -> VisemeTrack:
    """One column per entry of `energy` (T,), the first of them column `first` of the sound. A column that two sounds
    share holds both, by their time in it; time that no phoneme covers is silence. Sounds with no shape of their own
    (h, glottal stop) take their neighbour's.
    """
    weights = np.zeros((len(energy), len(VISEMES)), np.float32)
    for index, phoneme in enumerate(phonemes):
        start = phoneme.start_sec * TRACK_RATE
        length = phoneme.end_sec * TRACK_RATE - start
        for shape in _shapes_at(phonemes, index):
            _add(weights, first, shape.weights, start, start + length * shape.share)
            start += length * shape.share
    covered = weights.sum(axis=1)
    weights[:, _SIL] += np.maximum(0.0, 1.0 - covered)
    return VisemeTrack(weights / weights.sum(axis=1, keepdims=True), energy)


def _shapes_at(phonemes: Sequence[Phoneme], index: int) -> tuple[Shape, ...]:
    symbol = phonemes[index].symbol
    if symbol == "":
        return (_SILENCE,)
    own = shapes_of(symbol)
    following = shapes_of(phonemes[index + 1].symbol) if index + 1 < len(phonemes) else ()
    if not own:
        before = shapes_of(phonemes[index - 1].symbol) if index > 0 else ()
        neighbour = following[:1] or before[-1:] or shapes_of("ə")
        return (Shape(neighbour[0].weights, 1.0),)
    if following and len(own) == 1 and own[0].weights[_PP] == 1.0 and not set(symbol) & _HUMMED:
        return (Shape(own[0].weights, _SHUT_SHARE), Shape(following[0].weights, 1.0 - _SHUT_SHARE))
    return own


def _add(weights: Floats, base: int, shape: Floats, start: float, end: float) -> None:
    """Adds `shape` to the columns of [start, end), in columns, each by the part of it that is covered. Row 0 of
    `weights` is column `base`."""
    first, last = max(base, int(start)), min(base + len(weights), int(np.ceil(end)))
    if last <= first:
        return
    columns = np.arange(first, last)
    covered = np.minimum(columns + 1, end) - np.maximum(columns, start)
    weights[first - base : last - base] += np.clip(covered, 0.0, 1.0)[:, None].astype(np.float32) * shape
