"""Where the lids of one eye end, as curves: the upper one along its lashes, as the picture shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.pixels import sample
from renderer.runtimes.mesh.cheapest_path import cheapest_path
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.spline import smoothstep
from renderer.types import Floats, Picture, Reals

OVERLAP_MM: Final = 1.5
"""How far the upper lid's edge falls past the lower lid's: a closed eye shows no white."""
BEYOND: Final = 0.18
"""Share of the eye's width by which the lid reaches past each corner: landmarks stop short of the true ones."""
COLUMNS: Final = 33
SEARCH_MM: Final = np.arange(-5.0, 1.01, 0.2)
"""Where lashes are looked for, about the mesh's own lid."""
INSIDE_MM: Final = (2.4, 5.0)
"""How far that lies inside the eye at most: in the middle, and at the corners, which the mesh sees too early."""
TRUST_MM: Final = 4.0
"""A row this far from the mesh's lid must be darker by the whole of the eye's contrast to be taken for lashes."""
BRIM_STEP_MM: Final = 0.4
BRIM_MM: Final = np.arange(-5, 11) * BRIM_STEP_MM
"""Where the lower lid is looked for, about the mesh's: it lies inside the eye more often than outside."""
BRIM_TRUST_MM: Final = 5.0
BRIM_BEND: Final = 0.05
"""See lip_line: the same prior and stiffness, for a line seen less well."""
LASH_MM: Final = 0.4
"""From the darkest row to the lid's edge: half the lashes' thickness."""


@dataclass(frozen=True)
class LidLines:
    """The eye reaches from `low` to `high` along x; `upper` and `lower` are y at COLUMNS places between. All in mm."""

    low: float
    high: float
    upper: Floats
    lower: Floats

    def edge(self, x: Reals) -> Floats:
        """y of the upper lid's edge."""
        return np.interp(x, self._xs(), self.upper).astype(np.float32)

    def fall(self, x: Reals) -> Floats:
        """How far the edge falls when the eye shuts; 0 beyond the eye."""
        taper = 0.5 * BEYOND * (self.high - self.low)
        inside = smoothstep(self.low, self.low + taper, x) * (1 - smoothstep(self.high - taper, self.high, x))
        opening = np.interp(x, self._xs(), np.maximum(self.lower - self.upper, 0))
        return ((opening + OVERLAP_MM) * inside).astype(np.float32)

    def _xs(self) -> Reals:
        return np.linspace(self.low, self.high, COLUMNS)


def lid_lines(frame: FaceFrame, upper: tuple[int, ...], lower: tuple[int, ...], picture: Picture) -> LidLines:
    """`upper`, `lower`: the mesh's points along each lid, corner to corner; `picture` RGB uint8 (side, side, 3)."""
    x = frame.to_mm(frame.points[list(upper)])[:, 0]
    beyond = BEYOND * float(np.ptp(x))
    low, high = float(x.min()) - beyond, float(x.max()) + beyond
    xs = np.linspace(low, high, COLUMNS)
    above, below = _through(frame, upper, xs), _through(frame, lower, np.clip(xs, low + 2 * beyond, high - 2 * beyond))
    above, below = above + _lashes(frame, picture, xs, above), below + _brim(frame, picture, xs, below)
    return LidLines(low, high, above, below)


def _through(frame: FaceFrame, indices: tuple[int, ...], x: Reals) -> Floats:
    """y of a lid at each x, mm: a quartic through the mesh's points, straight on along its ends beyond them."""
    mm = frame.to_mm(frame.points[list(indices)])
    fit = np.polynomial.Polynomial.fit(mm[:, 0], mm[:, 1], 4)
    inside = np.clip(x, mm[:, 0].min(), mm[:, 0].max())
    return np.asarray(fit(inside) + fit.deriv()(inside) * (x - inside), np.float32)


def _lashes(frame: FaceFrame, picture: Picture, xs: Reals, above: Floats) -> Floats:
    """How far below the mesh's lid (mm, negative: above) the lashes end at each of `xs`.

    The edge is put into the darkest rows near by: what a lid drags along there is dark, lash or shadow, never white.
    """
    ys = above + SEARCH_MM[:, np.newaxis]
    places = frame.origin + frame.to_px(np.stack(np.broadcast_arrays(xs, ys), axis=-1))
    luma = cv2.cvtColor(sample(picture, places), cv2.COLOR_RGB2GRAY).astype(np.float32)
    luma = cv2.GaussianBlur(luma, (3, 3), 0.7)
    contrast = max(float(np.ptp(luma)), 8.0)
    middle, corner = INSIDE_MM
    reach = middle + (corner - middle) * smoothstep(0.45, 0.9, np.abs(np.linspace(-1, 1, len(xs))))
    trust = TRUST_MM * reach / middle
    cost = luma / contrast + np.square(SEARCH_MM[:, np.newaxis] / trust) + 9.0 * (SEARCH_MM[:, np.newaxis] < -reach)
    darkest = np.argmin(cost, axis=0)
    offset = cv2.medianBlur((SEARCH_MM[darkest] + LASH_MM).astype(np.float32)[np.newaxis], 5)
    return cv2.GaussianBlur(offset, (0, 0), 1.5)[0].astype(np.float32)


def _brim(frame: FaceFrame, picture: Picture, xs: Reals, below: Floats) -> Floats:
    """How far below the mesh's lower lid (mm) the eye ends at each of `xs`: where colours change most near by."""
    ys = below + np.append(BRIM_MM - BRIM_STEP_MM, BRIM_MM[-2:] + BRIM_STEP_MM)[:, np.newaxis]
    places = frame.origin + frame.to_px(np.stack(np.broadcast_arrays(xs, ys), axis=-1))
    colours = cv2.GaussianBlur(sample(picture, places), (3, 3), 0.7).astype(np.float32)
    change = np.linalg.norm(colours[2:] - colours[:-2], axis=-1)
    contrast = max(float(change.max()), 8.0)
    cost = np.square(BRIM_MM / BRIM_TRUST_MM)[:, np.newaxis] - change / contrast
    offset = BRIM_MM[cheapest_path(cost, BRIM_BEND)].astype(np.float32)
    return cv2.GaussianBlur(offset[np.newaxis], (0, 0), 1.5)[0].astype(np.float32)
