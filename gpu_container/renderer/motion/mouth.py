"""A viseme track becomes the mouth of each picture: the exact moment, a little before the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.motion.coarticulation import AHEAD, BEHIND, mouth_columns
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, MouthTrack, VisemeTrack

LEAD_SEC: Final = 0.040
"""The mouth is shown this much before its sound: people prefer 0 to 100 ms early and dislike any lateness."""
LOOK_AHEAD_SEC: Final = LEAD_SEC + AHEAD / TRACK_RATE
"""A picture depends on no part of the track later than this after its middle: 120 ms."""

_PRESS: Final = MOUTH_AXES.index("press")
_LONGEST_SHUTTER_SEC: Final = 0.050
"""A picture shows the firmest closure of its span, so that none falls between two; of longer pictures, the middle."""


def mouth_track(track: VisemeTrack, fps: int, frames: int) -> MouthTrack:
    """The mouth at the middle of each of `frames` pictures, plus LEAD_SEC; after the track's end is silence.

    A pure function: picture k is the same bytes for any track that agrees up to LOOK_AHEAD_SEC after its middle.
    """
    columns = mouth_columns(_followed_by_silence(track))
    middle = (2 * np.arange(frames) + 1) / (2 * fps) + LEAD_SEC
    axes = _at(columns, middle)
    axes[:, _PRESS] = _shutter(columns[:, _PRESS], middle, min(1.0 / fps, _LONGEST_SHUTTER_SEC))
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


def _shutter(press: NDArray[np.float64], seconds: NDArray[np.float64], open_sec: float) -> NDArray[np.float64]:
    """The firmest closure while each picture is shown."""
    position = seconds * TRACK_RATE - 0.5
    half = open_sec * TRACK_RATE / 2
    first = np.ceil(position - half).astype(np.intp)
    firmest = np.zeros(len(seconds))
    for step in range(int(2 * half) + 1):
        index = first + step
        inside = (index >= 0) & (index < len(press)) & (index <= position + half)
        firmest = np.maximum(firmest, np.where(inside, press[np.clip(index, 0, len(press) - 1)], 0.0))
    return firmest
