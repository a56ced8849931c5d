"""The mouth each viseme asks for, and how strongly it insists: data, tuned against the range of human lips.

With the mesh's scale (jaw 1 opens the lips by 0.45 of the mouth's width, upper and lower by 0.10 each) connected speech
comes out near the human 5th, 50th and 95th percentile of lip aperture: 0.03, 0.16, 0.31.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.types import MOUTH_AXES, VISEMES, Floats

_BLENDED: Final = ("jaw", "wide", "round", "upper", "lower", "tongue")
"""Axes that mix by dominance. `press` is a constraint and has its own rule."""

# viseme: (jaw, wide, round, upper, lower, tongue)
_TARGETS: Final[dict[str, tuple[float, ...]]] = {
    "sil": (0.00, 0.0, 0.0, 0.00, 0.00, 0.0),
    "PP": (0.10, 0.0, 0.05, 0.00, 0.00, 0.0),
    "FF": (0.08, 0.1, 0.0, 0.20, -1.00, 0.0),
    "TH": (0.16, 0.1, 0.0, 0.20, 0.30, 1.0),
    "DD": (0.17, 0.2, 0.0, 0.20, 0.30, 0.7),
    "kk": (0.18, 0.1, 0.0, 0.25, 0.30, 0.0),
    "CH": (0.10, -0.2, 0.55, 0.45, 0.40, 0.2),
    "SS": (0.10, 0.4, 0.0, 0.30, 0.40, 0.2),
    "nn": (0.18, 0.1, 0.0, 0.20, 0.25, 0.8),
    "RR": (0.17, -0.2, 0.42, 0.30, 0.30, 0.3),
    "aa": (0.88, 0.1, 0.0, 0.40, 0.55, 0.0),
    "E": (0.52, 0.4, 0.0, 0.40, 0.50, 0.1),
    "ih": (0.20, 0.6, 0.0, 0.35, 0.40, 0.2),
    "oh": (0.50, -0.2, 0.52, 0.30, 0.35, 0.0),
    "ou": (0.20, -0.35, 0.80, 0.15, 0.15, 0.0),
}

# How much each insists, per axis; 1 is a vowel's ordinary say. Tongue-only sounds (DD, kk, nn, TH) leave the lips to
# their neighbours; sibilants must narrow the jaw; the teeth's touch in f, v must happen; silence yields to speech.
_DOMINANCE: Final[dict[str, tuple[float, ...]]] = {
    "sil": (0.35, 0.35, 0.35, 0.35, 0.35, 0.35),
    "PP": (1.2, 0.2, 0.15, 0.6, 0.6, 0.3),
    "FF": (0.9, 0.4, 0.3, 1.5, 6.0, 0.5),
    "TH": (0.7, 0.12, 0.1, 0.3, 0.4, 3.0),
    "DD": (0.8, 0.1, 0.08, 0.25, 0.25, 2.0),
    "kk": (0.7, 0.08, 0.08, 0.15, 0.15, 1.0),
    "CH": (1.2, 1.0, 1.6, 1.2, 1.2, 1.0),
    "SS": (0.9, 0.8, 0.5, 0.7, 0.7, 1.0),
    "nn": (0.9, 0.1, 0.08, 0.25, 0.25, 2.0),
    "RR": (0.9, 0.5, 0.8, 0.4, 0.4, 1.0),
    "aa": (0.8, 0.8, 0.8, 1.0, 1.0, 0.6),
    "E": (0.6, 1.0, 1.0, 1.0, 1.0, 0.6),
    "ih": (1.2, 1.2, 1.0, 1.0, 1.0, 0.6),
    "oh": (0.85, 1.0, 1.6, 1.0, 1.0, 0.6),
    "ou": (1.3, 1.4, 2.2, 1.0, 1.0, 0.6),
}


def _table(rows: dict[str, tuple[float, ...]]) -> Floats:
    table = np.zeros((len(VISEMES), len(MOUTH_AXES)), np.float32)
    columns = [MOUTH_AXES.index(axis) for axis in _BLENDED]
    for viseme, values in rows.items():
        table[VISEMES.index(viseme), columns] = values
    return table


TARGETS: Final = _table(_TARGETS)
"""float32 (15, 8), rows VISEMES, columns MOUTH_AXES; press is 0 throughout."""
DOMINANCE: Final = _table(_DOMINANCE)
"""float32 (15, 8), the same order."""
