"""Neighbouring sounds share the mouth: targets blend by dominance in time; lip closures hold against all of them."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from renderer.motion.lip_shapes import DOMINANCE, TARGETS
from renderer.types import MOUTH_AXES, VISEMES, Floats, VisemeTrack

_Columns: TypeAlias = NDArray[np.float64]

_SIL: Final = VISEMES.index("sil")
_PP: Final = VISEMES.index("PP")
_JAW: Final = MOUTH_AXES.index("jaw")
_PRESS: Final = MOUTH_AXES.index("press")
_SHAPE: Final = tuple(MOUTH_AXES.index(axis) for axis in ("jaw", "wide", "round"))

AHEAD: Final = 8
"""Columns (10 ms) of the future that a column depends on."""
BEHIND: Final = 20
"""Columns of the past that it depends on: 200 ms after speech nothing of it is left, so rest is exact zeros."""

# Half-widths of each axis's blend in columns, (future, past). Lips round early: the seen part of anticipation. What the
# past keeps beyond its half-width is a faint tail, which alone is heard from when silence follows: the slow close.
_REACH: Final[dict[str, tuple[int, int]]] = {
    "jaw": (7, 5),
    "wide": (8, 7),
    "round": (8, 7),
    "upper": (6, 5),
    "lower": (6, 5),
    "tongue": (5, 4),
}
_TAIL: Final = 0.06

# A closure is full where PP has this much of a column, and nothing below the lesser (a [β] only nears it).
_PP_NONE, _PP_FULL = 0.15, 0.85
# Closing takes 40 ms, opening 60: one to two frames. Any quicker, and the lips flicker (energy above 8 Hz); any slower,
# and they follow the phones less.
_CLOSE_COLUMNS: Final = 4
_OPEN_COLUMNS: Final = 6

_STEADIED_COLUMNS: Final = 4
"""To either side, over which a shape read from sound is averaged."""
_QUIET_JAW: Final = 0.7
"""What of the jaw's target is left at the lowest energy: articulation leads, loudness only colours."""


def mouth_columns(track: VisemeTrack) -> _Columns:
    """float64 (T, 8), columns MOUTH_AXES: the mouth at each column of the track, without any lead.

    Column t depends on columns t - BEHIND to t + AHEAD alone, with the same arithmetic wherever it lies: a longer
    track repeats a shorter one bit for bit. Outside the track is silence.
    """
    weights = _padded(track)
    columns = np.zeros((len(track.weights), len(MOUTH_AXES)))
    for axis, (future, past) in _REACH.items():
        index = MOUTH_AXES.index(axis)
        say = _dot(weights, DOMINANCE[:, index])
        wish = _dot(weights, DOMINANCE[:, index] * TARGETS[:, index])
        kernel = _kernel(future, past)
        columns[:, index] = _blend(wish, kernel) / _blend(say, kernel)
    columns[:, _JAW] *= _energy_scale(track)
    if track.shape is not None:
        columns[:, _SHAPE] = _steadied(track.shape) * _spoken(weights)[:, None]
    columns[:, _PRESS] = _press(_closed(weights[:, _PP]))
    return columns


def _steadied(shape: Floats) -> _Columns:
    """(T, 3): what is read from sound trembles from column to column, which pictures would show."""
    total = np.zeros(shape.shape)
    if not len(shape):
        return total
    offset = np.arange(-_STEADIED_COLUMNS, _STEADIED_COLUMNS + 1)
    kernel = 0.5 + 0.5 * np.cos(np.pi * offset / (_STEADIED_COLUMNS + 1))
    around = np.pad(shape.astype(np.float64), ((_STEADIED_COLUMNS, _STEADIED_COLUMNS), (0, 0)), "edge")
    for shift, amount in enumerate((kernel / kernel.sum()).tolist()):
        total += around[shift : shift + len(shape)] * amount
    return total


def _padded(track: VisemeTrack) -> _Columns:
    weights = np.zeros((len(track.weights) + BEHIND + AHEAD, len(VISEMES)))
    weights[:, _SIL] = 1.0
    weights[BEHIND : BEHIND + len(track.weights)] = track.weights
    return weights


def _spoken(weights: _Columns) -> _Columns:
    """(T,) 0..1: 1 in speech and half a blend beyond its ends, then falling to exact 0 in silence."""
    kernel = _kernel(*_REACH["jaw"])
    return np.clip(2.0 * _blend(1.0 - weights[:, _SIL], kernel) / float(kernel.sum()), 0.0, 1.0)


def _dot(weights: _Columns, row: NDArray[np.float32]) -> _Columns:
    # Not a matrix product: BLAS sums in an order that depends on how many rows there are.
    total = np.zeros(len(weights))
    for viseme, amount in enumerate(row.tolist()):
        total += weights[:, viseme] * amount
    return total


def _kernel(future: int, past: int) -> _Columns:
    """Weights of columns t - BEHIND .. t + AHEAD: a raised cosine, and the faint tail of the past."""
    offset = np.arange(-BEHIND, AHEAD + 1)
    reach = np.where(offset < 0, past, future) + 1.0
    bump = np.where(np.abs(offset) < reach, 0.5 + 0.5 * np.cos(np.pi * offset / reach), 0.0)
    tail = np.where(offset < 0, _TAIL * (1.0 + offset / (BEHIND + 1.0)), 0.0)
    return np.maximum(bump, tail)


def _blend(values: _Columns, kernel: _Columns) -> _Columns:
    length = len(values) - BEHIND - AHEAD
    total = np.zeros(length)
    for shift, amount in enumerate(kernel.tolist()):
        if amount:
            total += values[shift : shift + length] * amount
    return total


def _energy_scale(track: VisemeTrack) -> _Columns:
    energy = np.zeros(len(track.energy) + BEHIND + AHEAD)
    energy[BEHIND : BEHIND + len(track.energy)] = track.energy
    kernel = _kernel(*_REACH["jaw"])
    return _QUIET_JAW + (1.0 - _QUIET_JAW) * _blend(energy, kernel) / float(kernel.sum())


def closure_columns(track: VisemeTrack) -> _Columns:
    """float64 (T,) 0..1: how far each column, alone, asks the lips to be shut."""
    return _closed(track.weights[:, _PP].astype(np.float64))


def _closed(share: _Columns) -> _Columns:
    return np.clip((share - _PP_NONE) / (_PP_FULL - _PP_NONE), 0.0, 1.0)


def _press(closed: _Columns) -> _Columns:
    """Lip closure 0..1: each closure column holds, with a ramp before it and after it; the highest of them counts."""
    length = len(closed) - BEHIND - AHEAD
    press = np.zeros(length)
    for offset in range(-_OPEN_COLUMNS, _CLOSE_COLUMNS + 1):
        away = offset / (_CLOSE_COLUMNS + 1) if offset > 0 else -offset / (_OPEN_COLUMNS + 1)
        ramp = 0.5 + 0.5 * float(np.cos(np.pi * away))
        press = np.maximum(press, closed[BEHIND + offset : BEHIND + offset + length] * ramp)
    return press
