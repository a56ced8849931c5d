"""A filter of few taps that thins a sound out: the same bytes however the sound is cut."""

from __future__ import annotations

import numpy as np

from renderer.types import Floats


def thinned(sound: Floats, taps: Floats, step: int, count: int) -> Floats:
    """float32 (N,) -> (count,): output i sums sound[i * step + k] * taps[k] over k, in that order. N is at least
    (count - 1) * step + len(taps)."""
    # Each of the `step` interleaved sounds is laid out for itself: strides cost more than the arithmetic.
    phases = [np.ascontiguousarray(sound[phase::step]) for phase in range(step)]
    total, product = np.zeros(count, np.float32), np.empty(count, np.float32)
    # Tap by tap, not as a matrix product: that would sum in an order that depends on the length.
    for tap, amount in enumerate(taps):
        at, phase = divmod(tap, step)
        np.multiply(phases[phase][at : at + count], amount, out=product)
        total += product
    return total
