"""A viseme track becomes the mouth of each picture: the exact moment, a little before the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.motion.coarticulation import AHEAD, BEHIND, closure_columns, mouth_columns
from renderer.motion.expression import NEUTRAL, Expression, Manner, manner_of
from renderer.motion.voice import LEVEL_ATTACK_SEC, LEVEL_RELEASE_SEC, follow
from renderer.types import MOUTH_AXES, TRACK_RATE, VISEMES, Floats, MouthTrack, Reals, VisemeTrack

LEAD_SEC: Final = 0.030
"""The mouth is shown this much before its sound: people prefer 0 to 100 ms early and dislike any lateness. Measured on
finished videos, the lips then lead the sound by 27 to 33 ms at every rate."""
LOOK_AHEAD_SEC: Final = LEAD_SEC + AHEAD / TRACK_RATE
"""A picture depends on no part of the track later than this after its middle: 110 ms."""

WIDER: Final = (1.7, 0.8)
"""By how much small openings of the jaw are multiplied, and the widest: the aperture seen in speech then lies about the
human 0.03, 0.16 and 0.31 of the mouth's width (5th, 50th and 95th percentile)."""

_PRESS: Final = MOUTH_AXES.index("press")
_JAW: Final = MOUTH_AXES.index("jaw")
_ROUND: Final = MOUTH_AXES.index("round")
_CORNER: Final = MOUTH_AXES.index("corner")
_RESTING_FEELING: Final = 0.8
"""Of the corners' place that a feeling holds in silence; the voice brings out the rest."""
_ROUNDED_GIVE: Final = 0.6
"""What of it fully rounded lips give up: nobody says "oo" through a smile."""
_RAISED: Final = 0.28
"""Of the jaw's opening that closed lips take back: they are not stretched over a dropped chin."""
_SHUT: Final = 0.95
_SHORT_COLUMNS: Final = 5
"""A closure of more than 50 ms contains a middle of every rate from 24 pictures a second up."""
_NEAR_COLUMNS: Final = 4.5
"""How far a picture may be from the middle of a short closure it shows: its end then lies within AHEAD."""


def mouth_track(track: VisemeTrack, fps: int, frames: int, expression: Expression | None = None) -> MouthTrack:
    """The mouth at the middle of each of `frames` pictures, plus LEAD_SEC; after the track's end is silence.

    An `expression` opens the jaw more or less and holds the corners; closures and touches are the same in all of them.
    A pure function: picture k is the same bytes for any track that agrees up to LOOK_AHEAD_SEC after its middle.
    """
    until_rest = followed_by_silence(track)
    middle = (2 * np.arange(frames) + 1) / (2 * fps) + LEAD_SEC
    manner = NEUTRAL if expression is None else manner_of(expression)
    axes = mouth_axes(mouth_columns(until_rest), closure_columns(until_rest), middle)
    if manner != NEUTRAL:
        feel(axes, manner, worn(level_of(until_rest.energy), middle))
    return MouthTrack(axes.astype(np.float32), fps)


def mouth_axes(
    columns: NDArray[np.float64], closed: NDArray[np.float64], seconds: NDArray[np.float64], base: int = 0
) -> NDArray[np.float64]:
    """(N, 8) at `seconds`, without feeling. `columns` and `closed`, of mouth_columns and closure_columns, begin with
    column `base`."""
    axes = at(columns, seconds, base)
    show_short_closures(axes[:, _PRESS], closed, seconds, base)
    axes[:, _JAW] *= widened(axes[:, _JAW]) * (1.0 - _RAISED * axes[:, _PRESS] ** 2)
    return axes


def widened(jaw: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each opening is multiplied by, see WIDER."""
    small, large = WIDER
    return small + (large - small) * jaw


def worn(level: Reals, seconds: NDArray[np.float64], base: int = 0) -> NDArray[np.float64]:
    """How much of a feeling the mouth shows at each of `seconds`: from what was heard before it alone. `level`: see
    `level_of`; its first entry is for the start of column `base`."""
    heard = np.interp(seconds * TRACK_RATE, np.arange(base, base + len(level)), level)
    return _RESTING_FEELING + (1 - _RESTING_FEELING) * heard


def level_of(energy: Floats, before: float = 0.0) -> Reals:
    """(T + 1,): the voice's level at the start of each column, and at the end; `before`: at the first."""
    return follow(energy, LEVEL_ATTACK_SEC, LEVEL_RELEASE_SEC, before)


def feel(axes: NDArray[np.float64], manner: Manner, worn: NDArray[np.float64]) -> None:
    axes[:, _JAW] = np.minimum(axes[:, _JAW] * manner.opening, 1.0)
    axes[:, _CORNER] = manner.corner * worn * (1 - _ROUNDED_GIVE * axes[:, _ROUND])


def followed_by_silence(track: VisemeTrack) -> VisemeTrack:
    """The track, and after it as much silence as the mouth takes to come to rest."""
    rest = np.zeros((BEHIND + 1, len(VISEMES)), np.float32)
    rest[:, VISEMES.index("sil")] = 1.0
    return VisemeTrack(
        np.concatenate([track.weights, rest]),
        np.concatenate([track.energy, np.zeros(BEHIND + 1, np.float32)]),
        None
        if track.shape is None
        else np.pad(track.shape, ((0, BEHIND + 1), (0, 0)), "edge" if len(track.shape) else "constant"),
    )


def at(columns: NDArray[np.float64], seconds: NDArray[np.float64], base: int = 0) -> NDArray[np.float64]:
    """Columns, from column `base` on, between their centres, by straight lines; after the last, the last."""
    position = np.clip(seconds * TRACK_RATE - 0.5, 0.0, base + len(columns) - 1.0)
    before = position.astype(np.intp)
    share = (position - before)[:, None]
    before -= base
    after = np.minimum(before + 1, len(columns) - 1)
    return columns[before] * (1.0 - share) + columns[after] * share


def show_short_closures(
    press: NDArray[np.float64], closed: NDArray[np.float64], seconds: NDArray[np.float64], base: int = 0
) -> None:
    """A closure so short that it would pass between two middles is shown by the nearer, in place: every p, b and m is
    seen shut, and the vowels beside it open. `closed` begins with column `base`; `press` is for `seconds`."""
    middles = seconds * TRACK_RATE - 0.5
    shut = np.concatenate([[False], closed >= _SHUT, [False]])
    firsts = base + np.flatnonzero(shut[1:-1] & ~shut[:-2])
    lasts = base + np.flatnonzero(shut[1:-1] & ~shut[2:])
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if last - first >= _SHORT_COLUMNS or not len(middles):
            continue
        nearest = min(int(np.searchsorted(middles, (first + last) / 2)), len(middles) - 1)
        if nearest > 0 and (first + last) / 2 - middles[nearest - 1] < middles[nearest] - (first + last) / 2:
            nearest -= 1
        if abs(middles[nearest] - (first + last) / 2) <= _NEAR_COLUMNS:
            press[nearest] = 1.0
