"""Where one sheet of skin ends and the next begins: soft masks along the lip line."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.runtimes.mesh.frame import FaceFrame
from renderer.types import Floats, Reals

EDGE_PX: Final = 1.3
"""Width of the soft edge between the lips at the output's size: one pixel of antialiasing, and a little."""


def lip_masks(frame: FaceFrame, pixels: Reals, upper: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """`pixels` (h, w, 2) -> two float32 (h, w) masks in the portrait: the sheet above the lips and the one below.

    `upper`, `lower` (P, 2), mm: where either lip ends. Closed lips have one line; the masks then sum to 1 everywhere:
    drawn unmoved, they give the portrait back. What lies between parted lips (teeth, darkness) belongs to neither.
    Beyond the corners the change widens, so that no seam can show.
    """
    mm = frame.to_mm(pixels)
    t = np.abs(frame.along_mouth(mm))
    soft = EDGE_PX / frame.px_per_mm + 7.0 * np.clip(t - 0.96, 0, 1.5)
    above = 0.5 - (mm[..., 1] - np.interp(mm[..., 0], upper[:, 0], upper[:, 1])) / soft
    below = 0.5 + (mm[..., 1] - np.interp(mm[..., 0], lower[:, 0], lower[:, 1])) / soft
    return np.clip(above, 0, 1).astype(np.float32), np.clip(below, 0, 1).astype(np.float32)


def mouth_window(frame: FaceFrame, pixels: Reals) -> Floats:
    """Where the mouth can open: 1 between the corners, 0 beyond. In the portrait's own pixels, float32 (h, w)."""
    t = np.abs(frame.along_mouth(frame.to_mm(pixels)))
    return np.clip((1.0 - t) / 0.06, 0, 1).astype(np.float32)
