"""A viseme track becomes the mouth of each picture: the exact moment, a little before the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.motion.coarticulation import AHEAD, BEHIND, mouth_columns
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, MouthTrack, VisemeTrack

LEAD_SEC: Final = 0.040
"""The mouth is shown this much before its sound: people prefer 0 to 100 ms early and dislike any lateness."""
LOOK_AHEAD_SEC: Final = LEAD_SEC + AHEAD / TRACK_RATE + 0.03
"""A picture depends on no part of the track later than this after its middle: 150 ms, of which the last 30 only where
a short closure falls between two pictures."""

_PRESS: Final = MOUTH_AXES.index("press")
_SHUT: Final = 0.95
_SHORT_COLUMNS: Final = 5
"""A closure of 50 ms or more contains a middle of every rate from 24 pictures a second up."""


def mouth_track(track: VisemeTrack, fps: int, frames: int) -> MouthTrack:
    """The mouth at the middle of each of `frames` pictures, plus LEAD_SEC; after the track's end is silence.

    A pure function: picture k is the same bytes for any track that agrees up to LOOK_AHEAD_SEC after its middle.
    """
    columns = mouth_columns(_followed_by_silence(track))
    middle = (2 * np.arange(frames) + 1) / (2 * fps) + LEAD_SEC
    axes = _at(columns, middle)
    axes[:, _PRESS] = _shutter(columns[:, _PRESS], middle)
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


def _shutter(press: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The closure at each picture's middle. One so short that it would pass between two middles is shown by the nearer:
    every p, b and m is seen shut, and the vowels between them open."""
    middles = seconds * TRACK_RATE - 0.5
    shown = _at(press[:, None], seconds)[:, 0]
    shut = np.concatenate([[False], press >= _SHUT, [False]])
    firsts = np.flatnonzero(shut[1:-1] & ~shut[:-2])
    lasts = np.flatnonzero(shut[1:-1] & ~shut[2:])
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if last - first >= _SHORT_COLUMNS or np.any((middles >= first) & (middles <= last)):
            continue
        nearest = int(np.argmin(np.abs(middles - (first + last) / 2)))
        shown[nearest] = max(shown[nearest], press[first : last + 1].max())
    return shown
