"""The viseme method itself, from outside: how far it looks ahead and how fast it is."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from renderer.types import RATE, TRACK_RATE, Samples, Speech
from renderer.visemes import track_of

_CUTS_SEC: Final = (1.0, 1.37, 2.11, 2.9)


def look_ahead_ms(samples: Samples) -> float:
    """The earliest change of the track before a change of the sound, worst of four places. int16 (N,) at RATE."""
    samples = samples[: round(3.5 * RATE)]
    usual = track_of(Speech(samples))
    worst = 0.0
    for cut in (round(second * RATE) for second in _CUTS_SEC if second * RATE < len(samples) - RATE // 2):
        for other in (np.zeros_like(samples), samples[::-1]):
            changed = track_of(Speech(np.concatenate([samples[:cut], other[cut:]]).astype(np.int16)))
            columns = np.flatnonzero(
                np.any(changed.weights != usual.weights, axis=1) | (changed.energy != usual.energy)
            )
            if len(columns):
                worst = max(worst, 1000 * (cut / RATE - float(columns[0]) / TRACK_RATE))
    return worst


def times_real_time(samples: Samples) -> float:
    """Seconds of sound read per second of processor time, from sound alone."""
    track_of(Speech(samples[:RATE]))
    before = time.process_time()
    track_of(Speech(samples))
    return len(samples) / RATE / max(time.process_time() - before, 1e-6)
