"""A viseme track becomes the mouth of each picture: the exact moment, a little before the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.motion.coarticulation import AHEAD, BEHIND, closure_columns, mouth_columns
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, MouthTrack, VisemeTrack

LEAD_SEC: Final = 0.030
"""The mouth is shown this much before its sound: people prefer 0 to 100 ms early and dislike any lateness. Measured on
finished videos, the lips then lead the sound by 27 to 33 ms at every rate."""
LOOK_AHEAD_SEC: Final = LEAD_SEC + AHEAD / TRACK_RATE
"""A picture depends on no part of the track later than this after its middle: 110 ms."""

_PRESS: Final = MOUTH_AXES.index("press")
_SHUT: Final = 0.95
_SHORT_COLUMNS: Final = 5
"""A closure of more than 50 ms contains a middle of every rate from 24 pictures a second up."""
_NEAR_COLUMNS: Final = 4.5
"""How far a picture may be from the middle of a short closure it shows: its end then lies within AHEAD."""


def mouth_track(track: VisemeTrack, fps: int, frames: int) -> MouthTrack:
    """The mouth at the middle of each of `frames` pictures, plus LEAD_SEC; after the track's end is silence.

    A pure function: picture k is the same bytes for any track that agrees up to LOOK_AHEAD_SEC after its middle.
    """
    until_rest = _followed_by_silence(track)
    middle = (2 * np.arange(frames) + 1) / (2 * fps) + LEAD_SEC
    axes = _at(mouth_columns(until_rest), middle)
    _show_short_closures(axes[:, _PRESS], closure_columns(until_rest), middle)
    return MouthTrack(axes.astype(np.float32), fps)


def _followed_by_silence(track: VisemeTrack) -> VisemeTrack:
    """The track, and after it as much silence as the mouth takes to come to rest."""
    rest = np.zeros((BEHIND + 1, len(VISEMES)), np.float32)
    rest[:, VISEMES.index("sil")] = 1.0
    return VisemeTrack(
        np.concatenate([track.weights, rest]), np.concatenate([track.energy, np.zeros(BEHIND + 1, np.float32)])
    )


def _at(columns: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns between their centres, by straight lines; after the last, the last."""
    position = np.clip(seconds * TRACK_RATE - 0.5, 0.0, len(columns) - 1.0)
    before = position.astype(np.intp)
    after = np.minimum(before + 1, len(columns) - 1)
    share = (position - before)[:, None]
    return columns[before] * (1.0 - share) + columns[after] * share


def _show_short_closures(press: NDArray[np.float64], closed: NDArray[np.float64], seconds: NDArray[np.float64]) -> None:
    """A closure so short that it would pass between two middles is shown by the nearer, in place: every p, b and m is
    seen shut, and the vowels beside it open."""
    middles = seconds * TRACK_RATE - 0.5
    shut = np.concatenate([[False], closed >= _SHUT, [False]])
    firsts = np.flatnonzero(shut[1:-1] & ~shut[:-2])
    lasts = np.flatnonzero(shut[1:-1] & ~shut[2:])
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if last - first >= _SHORT_COLUMNS or not len(middles):
            continue
        nearest = min(int(np.searchsorted(middles, (first + last) / 2)), len(middles) - 1)
        if nearest > 0 and (first + last) / 2 - middles[nearest - 1] < middles[nearest] - (first + last) / 2:
            nearest -= 1
        if abs(middles[nearest] - (first + last) / 2) <= _NEAR_COLUMNS:
            press[nearest] = 1.0
