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
    weights, energy = _padded(track)
    columns = np.zeros((len(track.weights), len(MOUTH_AXES)))
    # All in one go: for a few columns of a live mouth the calls cost more than the arithmetic.
    rows = [*_dot(weights, _VOTES), 1.0 - weights[:, _SIL], energy]
    *blended, spoken, loud = _blend(np.stack(rows), _KERNELS)
    columns[:, _BLENDED] = (np.stack(blended[: len(_BLENDED)]) / np.stack(blended[len(_BLENDED) :])).T
    columns[:, _JAW] *= _QUIET_JAW + (1.0 - _QUIET_JAW) * loud / _JAW_SUM
    if track.shape is not None:
        # 1 in speech and half a blend beyond its ends, then falling to exact 0 in silence.
        spoken = np.clip(2.0 * spoken / _JAW_SUM, 0.0, 1.0)
        columns[:, _SHAPE] = _steadied(track.shape) * spoken[:, None]
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


def _padded(track: VisemeTrack) -> tuple[_Columns, _Columns]:
    """Its weights and its energy, with silence before and after."""
    weights = np.zeros((len(track.weights) + BEHIND + AHEAD, len(VISEMES)))
    weights[:, _SIL] = 1.0
    weights[BEHIND : BEHIND + len(track.weights)] = track.weights
    return weights, np.pad(track.energy.astype(np.float64), (BEHIND, AHEAD))


def _dot(weights: _Columns, rows: _Columns) -> _Columns:
    """(T, V) and (N, V) -> (N, T)."""
    # Not a matrix product: BLAS sums in an order that depends on how many rows there are.
    total = np.zeros((len(rows), len(weights)))
    for share, amounts in zip(weights.T, rows.T, strict=True):
        total += share * amounts[:, np.newaxis]
    return total


def _kernel(future: int, past: int) -> _Columns:
    """Weights of columns t - BEHIND .. t + AHEAD: a raised cosine, and the faint tail of the past."""
    offset = np.arange(-BEHIND, AHEAD + 1)
    reach = np.where(offset < 0, past, future) + 1.0
    bump = np.where(np.abs(offset) < reach, 0.5 + 0.5 * np.cos(np.pi * offset / reach), 0.0)
    tail = np.where(offset < 0, _TAIL * (1.0 + offset / (BEHIND + 1.0)), 0.0)
    return np.maximum(bump, tail)


def _blend(values: _Columns, kernels: _Columns) -> _Columns:
    """(N, T) and (N, BEHIND + 1 + AHEAD) -> (N, T without the ends)."""
    length = values.shape[1] - BEHIND - AHEAD
    total = np.zeros((len(values), length))
    for shift, amounts in enumerate(kernels.T):
        total += values[:, shift : shift + length] * amounts[:, np.newaxis]
    return total


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


_BLENDED: Final = [MOUTH_AXES.index(axis) for axis in _REACH]
_VOTES: Final = np.concatenate(
    [DOMINANCE[:, _BLENDED] * TARGETS[:, _BLENDED], DOMINANCE[:, _BLENDED]], axis=1
).T.astype(np.float64)
"""(12, 15): what each viseme wishes of each blended axis, and then how much it has to say there."""
_JAW_KERNEL: Final = _kernel(*_REACH["jaw"])
_JAW_SUM: Final = float(_JAW_KERNEL.sum())
_KERNELS: Final = np.stack([_kernel(*reach) for reach in _REACH.values()] * 2 + [_JAW_KERNEL] * 2)
