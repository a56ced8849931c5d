"""What a head does by itself: it sways, nods with the voice, breathes and blinks. Seeded; a function of time alone."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from renderer.types import HEAD_AXES, TRACK_RATE, Floats, HeadTrack, Reals

# Peak amplitudes while speaking; a silent head moves at REST_SHARE of them. A still portrait shows its tricks when it
# moves as far as a filmed head (0.07 to 0.09 eye distances, 2.8 degrees of roll, standard deviation): about half.
AMPLITUDE: Final = {"x": 0.050, "y": 0.034, "roll": 0.020, "yaw": 0.055, "pitch": 0.035}
REST_SHARE: Final = 0.45
PERIODS_SEC: Final = (7.4, 5.3, 2.3)
"""Chosen so that within 35 seconds the sway never comes back to more than 0.80 of itself (autocorrelation); each axis
stretches them by its own factor."""
NOD_RAD: Final = 0.028
NOD_LAG_SEC: Final = 0.12
"""Heads follow stress by 80 to 160 ms."""
BREATH_SEC: Final = 4.1
BLINK_MEDIAN_SEC: Final = 3.3
BLINK_SPREAD: Final = 0.38
"""Sigma of the log-normal gap between blinks: 2 to 6 seconds, about 17 a minute."""
CLOSING_SEC: Final = 0.075
SHUT_SEC: Final = 0.045
OPENING_SEC: Final = 0.150
"""Lids fall faster than they rise; shut for one picture at 24 a second, so that every blink is seen whole."""


def head_track(frames: int, fps: int, seed: int, energy: Floats) -> HeadTrack:
    """`energy` float32 (T,) 0..1 at TRACK_RATE -> poses for `frames` pictures at `fps`. Same seed, same motion."""
    times = (np.arange(frames, dtype=np.float64) + 0.5) / fps
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 2 * np.pi, (len(AMPLITUDE), len(PERIODS_SEC)))
    stretch = rng.uniform(0.85, 1.2, len(AMPLITUDE))
    voice = _follow(energy, attack_sec=0.35, release_sec=1.2)
    level = REST_SHARE + (1 - REST_SHARE) * _at(voice, times)
    axes = np.zeros((frames, len(HEAD_AXES)), np.float32)
    for column, (amplitude, phase, factor) in enumerate(zip(AMPLITUDE.values(), phases, stretch, strict=True)):
        axes[:, column] = amplitude * level * _sway(times, phase, factor)
    nod = _at(_follow(energy, 0.06, 0.25), times - NOD_LAG_SEC) - _at(voice, times - NOD_LAG_SEC)
    axes[:, 4] += NOD_RAD * nod
    axes[:, 5] = 0.5 - 0.5 * np.cos(2 * np.pi * times / BREATH_SEC + rng.uniform(0, 1.5))
    axes[:, 6] = _blinks(times, np.random.default_rng([seed, 1]))
    return HeadTrack(axes, fps)


def _sway(times: Reals, phases: Reals, factor: float) -> Reals:
    """A sum of sines, about -1 to 1, that is zero at no particular time and repeats at none."""
    weights = (0.55, 0.30, 0.15)
    waves = [
        weight * np.sin(2 * np.pi * times / (period * factor) + phase)
        for weight, period, phase in zip(weights, PERIODS_SEC, phases, strict=True)
    ]
    return np.sum(waves, axis=0)


def _follow(energy: Floats, attack_sec: float, release_sec: float) -> Reals:
    """An envelope follower: rises with `attack_sec`, falls with `release_sec`. Causal, so chunking changes nothing."""
    up, down = (1 - np.exp(-1 / (TRACK_RATE * seconds)) for seconds in (attack_sec, release_sec))
    followed = np.zeros(len(energy) + 1)
    level = 0.0
    for index, value in enumerate(energy.tolist()):
        level += (value - level) * (up if value > level else down)
        followed[index + 1] = level
    return followed


def _at(track: Reals, times: Reals) -> Reals:
    """A track at TRACK_RATE, read at `times` seconds; its ends hold."""
    return np.interp(times * TRACK_RATE, np.arange(len(track)), track)


def _blinks(times: Reals, rng: np.random.Generator) -> Reals:
    """0 (open) to 1 (shut) at each time. Drawn one after another, so a longer video begins with the same blinks."""
    closed: Reals = np.zeros(len(times))
    end = float(times[-1]) if len(times) else 0.0
    start = 0.4 + 0.6 * rng.lognormal(math.log(BLINK_MEDIAN_SEC), BLINK_SPREAD)
    while start < end:
        closed = np.maximum(closed, _blink(times - start))
        start += max(1.2, rng.lognormal(math.log(BLINK_MEDIAN_SEC), BLINK_SPREAD))
    return closed


def _blink(since: Reals) -> Reals:
    """One blink's lid position, `since` seconds from its beginning."""
    shut = CLOSING_SEC + SHUT_SEC
    closing = np.clip(since / CLOSING_SEC, 0, 1)
    opening = np.clip((since - shut) / OPENING_SEC, 0, 1)
    position = np.square(np.sin(closing * np.pi / 2)) * np.square(np.cos(opening * np.pi / 2))
    return np.where((since > 0) & (since < shut + OPENING_SEC), position, 0.0)
