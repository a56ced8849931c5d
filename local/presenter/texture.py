"""Deterministic noise: soft mottling, pores and grain."""

from __future__ import annotations

import cv2
import numpy as np

from local.presenter.geometry import Floats, Frame


def cloud(frame: Frame, rng: np.random.Generator, size: float) -> Floats:
    """Smooth noise with mean 0 and deviation 1 whose features are about `size` face units wide."""
    rows = max(2, int(frame.height / frame.unit / size) + 2)
    columns = max(2, int(frame.width / frame.unit / size) + 2)
    seedling = rng.standard_normal((rows, columns)).astype(np.float32)
    grown = cv2.resize(seedling, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    return (grown / max(float(grown.std()), 1e-6)).astype(np.float32)


def mottling(frame: Frame, rng: np.random.Generator) -> Floats:
    """Uneven pigment over several scales, deviation about 1."""
    return (0.6 * cloud(frame, rng, 0.30) + 0.5 * cloud(frame, rng, 0.09) + 0.4 * cloud(frame, rng, 0.03)).astype(
        np.float32
    )


def pores(frame: Frame, rng: np.random.Generator) -> Floats:
    """Fine relief of skin, deviation 1, features about 0.012 units (0.7 mm)."""
    return (0.75 * cloud(frame, rng, 0.013) + 0.6 * cloud(frame, rng, 0.026)).astype(np.float32)
