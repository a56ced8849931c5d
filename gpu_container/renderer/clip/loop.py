"""Chooses where a clip may begin again: the two moments most alike in pose, expression and light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.clip.checks import eye_distance
from renderer.clip.tracking import Tracked
from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.types import Floats, Reals

FADES_SEC: Final = (0.4, 0.64, 0.96)
"""How long the join's cross-dissolve may take: the longer, the less haste where the two moments differ."""
HASTE: Final = 0.7
"""How much a longer dissolve mends, as a power of its length."""
LEAST_SHARE: Final = 0.5
"""Of the clip that the loop must keep."""
LENGTH_WORTH: Final = 0.10
"""What a loop of the whole clip's length is worth more than one of no length, in eye distances of mismatch."""
LIDS_WEIGHT: Final = 4.0
THUMB_WEIGHT: Final = 0.012
"""Eye distances of mismatch per grey level: 8 levels of light everywhere are as bad as 0.1 eye distances."""


@dataclass(frozen=True)
class Step:
    """One picture of the loop: picture `a` of the clip, of which `share` is dissolved into picture `b`."""

    a: int
    b: int
    share: float


@dataclass(frozen=True)
class Loop:
    """`steps`, played forward for ever: the picture after the last is the first. `mismatch` at the join, in eye
    distances (the dissolve hides up to about 0.2)."""

    steps: tuple[Step, ...]
    fade: int
    mismatch: float


def choose_loop(tracked: Tracked) -> Loop:
    """The loop [start, end): its last `fade` pictures are dissolved into the `fade` before `start`, so that place and
    pace go on through the join."""
    frames = len(tracked.points)
    features = _features(tracked)
    squares = np.square(features).sum(axis=1)
    apart = np.maximum(squares[:, np.newaxis] + squares - 2 * features @ features.T, 0)
    fades = [max(4, min(round(seconds * tracked.fps), frames // 4)) for seconds in FADES_SEC]
    best = [_best_of(apart, fade, (fades[0] / fade) ** HASTE) for fade in dict.fromkeys(fades)]
    return min(best, key=lambda found: found[0])[1]


def _best_of(apart: Reals, fade: int, haste: float) -> tuple[float, Loop]:
    """The best loop with a dissolve of `fade` pictures, and its score: less is better. `apart` (T, T), squared."""
    frames = len(apart)
    # Windows that end before i and before j: entry [i, j] is the mean over the fade.
    sums = np.zeros((frames - fade + 1, frames - fade + 1))
    for offset in range(fade):
        sums += apart[offset : frames - fade + 1 + offset, offset : frames - fade + 1 + offset]
    mismatch = np.sqrt(sums / fade)
    starts, ends = np.arange(frames - fade + 1)[:, np.newaxis], np.arange(frames - fade + 1)
    length = ends - starts
    least = max(round(LEAST_SHARE * frames), fade + 1)
    score = np.where(length >= least, haste * mismatch - LENGTH_WORTH * length / frames, np.inf)
    at = int(np.argmin(score))
    start, end = divmod(at, len(score))
    return float(score.flat[at]), _loop(start + fade, end + fade, fade, float(mismatch[start, end]))


def _loop(start: int, end: int, fade: int, mismatch: float) -> Loop:
    steps = [Step(index, index, 0.0) for index in range(start, end - fade)]
    for step in range(fade):
        t = (step + 1) / (fade + 1)
        steps.append(Step(end - fade + step, start - fade + step, t * t * (3 - 2 * t)))
    return Loop(tuple(steps), fade, mismatch)


def _features(tracked: Tracked) -> Reals:
    """(T, K): what must agree at the join, scaled so that a distance reads in eye distances."""
    unit = float(np.median(eye_distance(tracked.points)))
    flat = tracked.points[..., :2].reshape(len(tracked.points), -1) / (unit * np.sqrt(tracked.points.shape[1]))
    lids = LIDS_WEIGHT * lid_gaps(tracked.points) / unit
    thumbs = tracked.thumbs.reshape(len(tracked.thumbs), -1)
    light = THUMB_WEIGHT * thumbs / np.sqrt(thumbs.shape[1])
    return np.concatenate([flat, lids, light], axis=1).astype(np.float64)


def lid_gaps(points: Floats) -> Floats:
    """`points` (T, 468, 3) -> (T, 2): how far the lids stand apart, pixels."""
    pairs = ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID))
    gaps = [np.linalg.norm(points[:, upper[4], :2] - points[:, lower[4], :2], axis=1) for upper, lower in pairs]
    return np.stack(gaps, axis=1).astype(np.float32)


def looped(series: Floats, loop: Loop) -> Floats:
    """`series` (T, ...) of the clip -> (L, ...) of the loop, mixed at the join as its pictures are."""
    shares = np.array([step.share for step in loop.steps], np.float32).reshape(-1, *([1] * (series.ndim - 1)))
    first, second = series[[step.a for step in loop.steps]], series[[step.b for step in loop.steps]]
    return (first * (1 - shares) + second * shares).astype(np.float32)
