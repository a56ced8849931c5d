"""How a rig fills an output picture: the canvas that a runtime draws on."""

from __future__ import annotations

from typing import Final

import numpy as np

from renderer.pixels import resize, shrink_or_grow
from renderer.rig.beyond import Margins, continued
from renderer.rig.rig import Portrait, Rig
from renderer.rig.window import Sitter, Window, sitter_of, window_of

_EDGE: Final = 0.004
"""Of the portrait's width, cut off where it is continued: scans and screenshots have a pixel of frame there."""


class Canvas(Portrait):
    """A portrait at rest, at output size."""


def canvas_of(rig: Rig, width: int, height: int) -> Canvas:
    """`rig` at `width` x `height` pixels: framed about the face, continued where the portrait ends."""
    sitter = sitter_of(rig.points, rig.matte)
    window = window_of(sitter, width / height)
    seen, margins = _placed(sitter, window, width, height)
    inner = width - margins.left - margins.right, height - margins.top
    rows, columns = slice(seen.top, seen.top + seen.height), slice(seen.left, seen.left + seen.width)
    picture = shrink_or_grow(np.ascontiguousarray(rig.picture[rows, columns]), *inner)
    matte = resize(np.ascontiguousarray(rig.matte[rows, columns]), *inner)
    scale = np.array([inner[0] / seen.width, inner[1] / seen.height], np.float32)
    # Pixel centres: a picture resized by s maps x to (x + 0.5) s - 0.5.
    flat = (rig.points[:, :2] - np.array([seen.left, seen.top], np.float32) + np.float32(0.5)) * scale
    flat += np.array([margins.left, margins.top], np.float32) - np.float32(0.5)
    points = np.concatenate([flat, rig.points[:, 2:] * scale[0]], axis=1).astype(np.float32)
    if margins.left or margins.right or margins.top:
        picture, matte = continued(picture, matte, margins)
    return Canvas(picture, points, matte)


def _placed(sitter: Sitter, window: Window, width: int, height: int) -> tuple[Window, Margins]:
    """The part of the window that the portrait has, and the margins round it on the canvas."""
    edge = max(1, round(_EDGE * sitter.width))
    left = window.left if window.left >= 0 else edge
    right = window.left + window.width
    right = right if right <= sitter.width else sitter.width - edge
    top = window.top if window.top >= 0 else edge
    seen = Window(left, top, right - left, window.top + window.height - top)
    across, down = width / window.width, height / window.height
    before = round((left - window.left) * across)
    above = round((top - window.top) * down)
    inner = min(width - before, max(2, round(seen.width * across)))
    if right == window.left + window.width:
        inner = width - before
    face_x, chin_y = (sitter.x - left) * across, (sitter.y + sitter.face / 2 - top) * down
    return seen, Margins(before, above, width - before - inner, face_x, chin_y, sitter.face * down)
