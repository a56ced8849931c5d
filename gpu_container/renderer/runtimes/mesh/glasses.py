"""Whether a face wears glasses: rims must not bend with the brows nor be drawn over a shut eye."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, RIGHT_LOWER_LID
from renderer.pixels import sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.types import Floats, Picture

STEP_MM: Final = 0.4
BESIDE_MM: Final = 2.8
"""A rim is thinner than this: skin lies on either side of it."""
BRIDGE_MM: Final = np.arange(-2.4, 2.5, 0.8, dtype=np.float32)
BRIDGE_BELOW_MM: Final = (1.0, 20.0)
"""Where the bridge crosses the nose: below the brows' inner ends."""
RIM_BELOW_MM: Final = (5.0, 26.0)
"""Where the lower rim lies: below the lower lid."""
RIM_MM: Final = np.arange(-6.0, 6.1, 2.0, dtype=np.float32)
CONTRAST: Final = 0.14
"""Of the face's own brightness: wrinkles and shadows stay below, thin metal reaches it."""


def with_glasses(frame: FaceFrame, picture: Picture) -> FaceFrame:
    """`frame`, told whether `picture` RGB uint8 (H, W, 3) shows glasses."""
    return replace(frame, glasses=wears_glasses(frame, picture))


def wears_glasses(frame: FaceFrame, picture: Picture) -> bool:
    """`picture` RGB uint8 (H, W, 3): True when a line crosses the bridge of the nose and one runs below each eye."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inner = frame.to_mm(frame.points[[55, 285]])
    lids = frame.to_mm(frame.points[[LEFT_LOWER_LID[4], RIGHT_LOWER_LID[4]]])
    bridge = _line(frame, luma, inner.mean(axis=0), BRIDGE_MM, BRIDGE_BELOW_MM)
    return min(bridge, *(_line(frame, luma, lid, RIM_MM, RIM_BELOW_MM) for lid in lids)) > CONTRAST


def _line(frame: FaceFrame, luma: Floats, start: Floats, across: Floats, below: tuple[float, float]) -> float:
    """How clear a line lies across columns at `across` mm beside `start`, `below` it: the median column's contrast."""
    ys = np.arange(below[0] - BESIDE_MM, below[1] + BESIDE_MM, STEP_MM)
    places = start + np.stack(np.meshgrid(across, ys), axis=-1).astype(np.float32)
    seen = sample(luma, frame.origin + frame.to_px(places))
    beside = round(BESIDE_MM / STEP_MM)
    here, above, under = seen[beside:-beside], seen[: -2 * beside], seen[2 * beside :]
    dark, bright = np.minimum(above, under) - here, here - np.maximum(above, under)
    clearest = np.maximum(dark, bright).max(axis=0)
    return float(np.median(clearest)) / max(float(np.percentile(seen, 80)), 30.0)
