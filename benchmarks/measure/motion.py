"""Does a face look alive? Head, lids, brows, gaze and the speed of lips on the pictures of a minute."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.watch import Watched, eye_distance

Reals = NDArray[np.float64]

# Points that neither speech nor blinks nor brows move: corners of the eyes, nose, temples, hairline.
_STEADY: Final = (33, 133, 362, 263, 168, 6, 197, 195, 10, 109, 338, 67, 297, 103, 332, 54, 284, 127, 356, 234, 454)
_BROWS: Final = (105, 66, 107, 334, 296, 336)
_EYES: Final = (33, 133, 362, 263)
JITTER_HZ: Final = 8.0
BLINK_SHARE: Final = 0.75
"""Lids below this share of their usual opening are blinking."""
REPEAT_FROM_SEC, REPEAT_TO_SEC = 2.0, 30.0
STILL_LEVELS: Final = 0.02
"""Two pictures that differ by less, luma levels on average, are the same picture coded twice."""


def lips(seen: Watched) -> dict[str, float]:
    """Percentiles of the aperture over the mouth's width, and the share of its energy above JITTER_HZ."""
    lips = seen.aperture
    energy = np.abs(np.fft.rfft(lips - lips.mean())) ** 2
    fast = np.fft.rfftfreq(len(lips), 1 / seen.fps) > JITTER_HZ
    low, middle, high = np.percentile(lips, [5, 50, 95])
    jitter = float(energy[fast].sum() / max(float(energy.sum()), 1e-12))
    return {"lips_p5": float(low), "lips_p50": float(middle), "lips_p95": float(high), "jitter": jitter}


def head(seen: Watched) -> dict[str, float]:
    """Spread of the head's place (eye distances) and turn (degrees), how much its path repeats, the longest stand."""
    poses = _poses(seen.points)
    unit = float(np.median(eye_distance(seen.points)))
    place = seen.points[:, _STEADY, :2].mean(axis=1) / unit
    spread = {"head_x": float(place[:, 0].std()), "head_y": float(place[:, 1].std()), "roll": float(poses[:, 2].std())}
    for index, name in enumerate(("yaw", "pitch")):
        spread[f"{name}_range"] = float(np.ptp(np.percentile(poses[:, index], [2.5, 97.5])))
    path = np.concatenate([place, np.radians(poses)], axis=1)
    return {**spread, "repeats": _repeats(path, seen.fps), "still_sec": _longest(seen.change < STILL_LEVELS) / seen.fps}


def blinks(seen: Watched) -> dict[str, float]:
    """Blinks a minute, their median length at half depth (ms), speed of closing over opening, and the widest eye at a
    blink's deepest, as a share of the open eye."""
    lids = (seen.eyes / np.median(seen.eyes, axis=0)).mean(axis=1)
    found = _dips(lids)
    minutes = len(lids) / seen.fps / 60
    if not found:
        return {"blinks_per_min": 0.0, "blink_ms": 0.0, "blink_closing": 0.0, "blink_depth": 1.0}
    lengths = [_width_at_half(lids, first, last) / seen.fps * 1000 for first, last in found]
    speed = np.diff(lids)
    falls = [-float(speed[max(first - 2, 0) : last + 2].min()) for first, last in found]
    rises = [float(speed[max(first - 2, 0) : last + 3].max()) for first, last in found]
    return {
        "blinks_per_min": len(found) / minutes,
        "blink_ms": float(np.median(lengths)),
        "blink_closing": float(np.median(np.array(falls) / np.maximum(rises, 1e-6))),
        "blink_depth": float(np.median([lids[first : last + 1].min() for first, last in found])),
    }


def upper_face(seen: Watched) -> dict[str, float]:
    """Spread of the brows above the eyes (eye distances) and of the gaze (eye widths), blinks left out.

    What goes with the head's own pose is taken off: a nod moves brows and irises in the picture as well.
    """
    awake = _awake(seen)
    unit = eye_distance(seen.points)
    roll = np.radians(_poses(seen.points)[:, 2])
    up = seen.points[:, _EYES, :2].mean(axis=1) - seen.points[:, _BROWS, :2].mean(axis=1)
    brow = (up[:, 1] * np.cos(roll) - up[:, 0] * np.sin(roll)) / unit
    gaze = seen.iris.mean(axis=1)
    moves = np.stack([brow, gaze[:, 0], gaze[:, 1]], axis=1)[awake]
    place = seen.points[:, _STEADY, :2].mean(axis=1) / unit[:, np.newaxis]
    pose = np.concatenate([np.ones((len(unit), 1)), _poses(seen.points), place], axis=1)[awake]
    own = moves - pose @ np.linalg.lstsq(pose, moves, rcond=None)[0]
    return dict(zip(("brow", "gaze_x", "gaze_y"), own.std(axis=0).tolist(), strict=True))


def _awake(seen: Watched) -> NDArray[np.bool_]:
    lids = (seen.eyes / np.median(seen.eyes, axis=0)).mean(axis=1)
    blinking = np.convolve(lids < BLINK_SHARE, np.ones(7), mode="same") > 0
    return ~blinking if not blinking.all() else np.ones(len(lids), bool)


def _poses(points: Reals) -> Reals:
    """(N, 468, 3) -> (N, 3) yaw, pitch, roll in degrees: how steady points are turned against their mean."""
    steady = points[:, _STEADY] - points[:, _STEADY].mean(axis=1, keepdims=True)
    steady = steady / np.linalg.norm(steady, axis=(1, 2), keepdims=True)
    mean = steady.mean(axis=0)
    left, _, right = np.linalg.svd(np.einsum("nki,kj->nij", steady, mean))
    sign = np.ones((len(steady), 3))
    sign[:, 2] = np.sign(np.linalg.det(left @ right))
    turn = (left * sign[:, np.newaxis]) @ right
    yaw = np.arctan2(turn[:, 0, 2], turn[:, 2, 2])
    pitch = np.arctan2(turn[:, 1, 2], turn[:, 2, 2])
    roll = np.arctan2(turn[:, 1, 0], turn[:, 0, 0])
    return np.degrees(np.stack([yaw, pitch, roll], axis=1))


def _repeats(path: Reals, fps: float) -> float:
    """The highest correlation of the path with itself, REPEAT_FROM_SEC to REPEAT_TO_SEC later; 1 when it stands."""
    best = 0.0
    for lag in range(round(REPEAT_FROM_SEC * fps), min(round(REPEAT_TO_SEC * fps), len(path) // 2), 2):
        early, late = path[:-lag] - path[:-lag].mean(axis=0), path[lag:] - path[lag:].mean(axis=0)
        size = np.linalg.norm(early) * np.linalg.norm(late)
        if size < 1e-9:
            return 1.0
        best = max(best, float((early * late).sum() / size))
    return best


def _longest(flags: NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _dips(lids: Reals) -> list[tuple[int, int]]:
    """(first, last) pictures of each stretch below BLINK_SHARE."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lids < BLINK_SHARE, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _width_at_half(lids: Reals, first: int, last: int) -> float:
    """Pictures, with fractions, for which the lids lie below half way between open and the dip's deepest."""
    half = (1.0 + float(lids[first : last + 1].min())) / 2
    window = slice(max(first - 3, 0), min(last + 4, len(lids)))
    fine = np.linspace(window.start, window.stop - 1, 20 * (window.stop - window.start))
    return float(np.mean(np.interp(fine, np.arange(len(lids)), lids) < half) * (window.stop - 1 - window.start))
