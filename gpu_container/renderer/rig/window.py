"""Which part of a portrait an output picture shows: a rectangle about the face, by aspect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from renderer.face.mesh import FACE_OVAL
from renderer.types import Floats, Picture

_ASPECTS: Final = (9 / 16, 1.0, 16 / 9)
_FACE_SHARE: Final = (0.30, 0.40, 0.40)
"""The face oval's part of the height where the portrait leaves the choice, per aspect (width / height)."""
_MOST_FACE_SHARE: Final = (0.62, 0.56, 0.46)
"""How close a picture may come to the face rather than show what lies beyond the portrait's sides."""
_FACE_CENTRE: Final = (0.40, 0.47, 0.46)
"""Where the face's centre sits, from the top."""
_HEADROOM: Final = 0.04
"""Free above the hair, part of the height, where the portrait has it."""
_LOWEST_FACE: Final = 0.52
"""The face's centre lies no lower. Down to there a tall picture may continue the background above the portrait."""
_PERSON: Final = 128


@dataclass(frozen=True)
class Window:
    """A rectangle in a rig's pixels; it may reach beyond the picture's left, right and upper edges."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Sitter:
    """Where the person is in a picture of `width` x `height`: the face's centre and height, and the hair's top."""

    width: int
    height: int
    x: float
    y: float
    face: float
    hair_top: float


def sitter_of(points: Floats, matte: Picture) -> Sitter:
    """`points` (468, 3) and `matte` uint8 (H, W), 255 = person, of one picture."""
    oval = points[list(FACE_OVAL), :2]
    low, high = oval.min(axis=0), oval.max(axis=0)
    height, width = matte.shape
    left, right = (int(np.clip(edge, 0, width - 1)) for edge in (low[0], high[0]))
    rows = np.flatnonzero((matte[:, left : right + 1] > _PERSON).mean(axis=1) > 0.02)
    hair_top = float(rows[0]) if len(rows) else 0.0
    x, y = ((low + high) / 2).tolist()
    return Sitter(width, height, x, y, float(high[1] - low[1]), min(hair_top, float(low[1])))


def window_of(sitter: Sitter, aspect: float) -> Window:
    """What a picture of `aspect` (width / height) shows of the portrait.

    Never below the portrait's lower edge, where a body would end in the air; above it only where background is.
    """
    height = _height(sitter, aspect)
    width = max(1, round(height * aspect))
    whole = max(1, round(height))
    left = round(sitter.x - width / 2)
    if width <= sitter.width:
        left = min(max(left, 0), sitter.width - width)
    top = sitter.y - _at(_FACE_CENTRE, aspect) * whole
    top = min(top, sitter.hair_top - _HEADROOM * whole, sitter.height - whole)
    return Window(left, max(round(top), min(0, sitter.height - whole)), width, whole)


def _height(sitter: Sitter, aspect: float) -> float:
    """As high as the portrait allows, up to a sensible face; nearer where its sides would not suffice."""
    nearest = sitter.face / _at(_MOST_FACE_SHARE, aspect)
    # Below the portrait nothing is made up: a window too high for its body would have the face at its lower edge.
    highest = max(nearest, (sitter.height - sitter.y) / (1 - _LOWEST_FACE))
    wanted = min(sitter.face / _at(_FACE_SHARE, aspect), highest)
    height = min(wanted, float(sitter.height))
    if height * aspect > sitter.width:
        nearest = max(nearest, sitter.y + 0.7 * sitter.face - sitter.hair_top)
        return min(height, max(sitter.width / aspect, nearest))
    if aspect < 1 and sitter.hair_top > 1:
        return max(height, min(wanted, sitter.width / aspect))
    return height


def _at(per_aspect: tuple[float, ...], aspect: float) -> float:
    return float(np.interp(aspect, _ASPECTS, per_aspect))
