"""Reads the portrait's own light, so that what is drawn into the mouth is lit like the face around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from renderer.pixels import sample
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.types import Floats, Picture, Reals

CHEEKS: Final = ((50, 101, 118, 117, 123), (280, 330, 347, 346, 352))
LOWER_LIP_RED: Final = (181, 84, 17, 314, 405, 403, 316, 15, 86, 179)
ENAMEL: Final = np.array([1.0, 0.945, 0.845], np.float32)
"""Enamel's tint, about shade A2 of a dentist's guide: never white."""


LUMA: Final = np.array([0.299, 0.587, 0.114])
TINT_SHARE: Final = 0.6
"""How much of the tint that eyes have the teeth take: the rest is the eye's own blood."""
PALEST: Final = np.array([0.85, 0.84, 0.70])
"""The whites of reddened or badly seen eyes tint the teeth no further than this."""
COLOURFUL: Final = 0.25
"""(max - min) / max of skin in a picture with all its colour: human skin of any tone has this much or more."""
BLACK_PERCENTILE: Final = 0.5
BLACK: Final = 30.0
"""Luma up to which the darkest places of a picture, or its pupils, are black."""
FLATTEST: Final = 0.5
"""However pale a picture's black is, the dark of the mouth stays below this share of the skin's brightness."""
ACROSS_MM: Final = np.linspace(-22, 22, 23)
BESIDE_MM: Final = ((5.0, 8.0), (17.0, 22.0))
"""Rows that tell how light falls across the mouth: lower lip and chin, which no nose and no moustache shades."""
SIDE_LIGHT: Final = (0.2, 1.7)


@dataclass(frozen=True)
class Light:
    """RGB float32 (3,), 0..255: `teeth`, `flesh` (tongue, gums), `cavity` (the dark at the back). `colour`: how much
    colour the picture has, 0..1; `black`: luma by which its darkest places are pale; `across`: coefficients, constant
    first, of how much brighter than its middle the mouth is at x mm, as light from the side makes it."""

    teeth: Floats
    flesh: Floats
    cavity: Floats
    colour: float
    black: float
    across: Floats

    def at(self, x: Reals) -> Reals:
        """Brightness at `x` mm along the mouth, 1 in the middle."""
        return np.clip(np.polynomial.polynomial.polyval(np.clip(x, -24, 24), self.across), *SIDE_LIGHT)


def read_light(picture: Picture, frame: FaceFrame) -> Light:
    """RGB uint8 (side, side, 3) and where the face is -> the colours inside its mouth."""
    skin = skin_tone(picture, frame)
    lip = np.median(_inside(picture, frame, LOWER_LIP_RED), axis=0)
    sclera, pupil, tint = _eyes(picture, frame)
    skin_luma = float(skin @ LUMA)
    # Teeth sit behind the lips, in half shadow: darker than the white of the eye, and than fair skin beside them.
    luma = float(np.clip(0.92 * min(max(sclera, 0.9 * skin_luma), max(skin_luma, 0.8 * sclera)), 40, 200))
    # Fair skin tells more of the light's colour; dark skin has more of its own.
    trust = 0.12 * min(1.0, skin_luma / 190)
    enamel = ENAMEL * tint * (1 - trust + trust * skin / max(float(skin.max()), 1.0))
    teeth = enamel * (luma / float(enamel @ LUMA))
    flesh = 0.55 * lip + 0.45 * np.array([0.86, 0.42, 0.40]) * skin_luma
    cavity = np.array([0.23, 0.078, 0.068]) * max(skin_luma, 40)
    colour = colourfulness(skin)
    darkest = min(pupil, float(np.percentile(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), BLACK_PERCENTILE)))
    black = float(np.clip(darkest - BLACK, 0, FLATTEST * skin_luma))
    shown = [faded(part, colour) for part in (np.clip(teeth, 0, 215), flesh * 0.82, cavity)]
    return Light(shown[0], shown[1], shown[2], colour, black, _across(picture, frame))


def colourfulness(skin: Reals) -> float:
    """How much colour the picture has, 0..1, by its skin's RGB (3,)."""
    return min(1.0, float(np.ptp(skin)) / max(float(skin.max()), 1.0) / COLOURFUL)


def faded(colour: Reals, share: float) -> Floats:
    """`share` of its colour, all of its brightness."""
    luma = float(colour @ LUMA)
    return np.asarray(luma + (colour - luma) * share, np.float32)


def _across(picture: Picture, frame: FaceFrame) -> Floats:
    rows: list[Reals] = []
    for low, high in BESIDE_MM:
        x, y = np.meshgrid(ACROSS_MM, np.linspace(low, high, 5))
        places = frame.origin + frame.to_px(np.stack([x, y], axis=-1))
        luma = np.median(sample(picture, places).astype(np.float32) @ LUMA.astype(np.float32), axis=0)
        rows.append(luma / max(float(luma.mean()), 1.0))
    fit = np.asarray(np.polynomial.polynomial.polyfit(ACROSS_MM, np.mean(rows, axis=0), 2), np.float64)
    # The mouth bulges: its middle is a little brighter in any light, which the drawn teeth have already.
    fit = fit / max(float(fit[0]), 0.2) * np.array([1.0, 1.0, 0.6])
    return np.asarray(fit, np.float32)


def skin_tone(picture: Picture, frame: FaceFrame) -> Reals:
    """The cheeks' median colour, RGB (3,)."""
    return np.median(np.concatenate([_inside(picture, frame, ring) for ring in CHEEKS]), axis=0)


def _inside(picture: Picture, frame: FaceFrame, ring: tuple[int, ...]) -> Picture:
    """The pixels (N, 3) inside the convex hull of some landmarks; at least one."""
    hull = cv2.convexHull(np.rint(frame.points[list(ring)]).astype(np.int32))
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, hull, (255,))
    found = picture[mask > 0]
    if len(found):
        return found
    x, y = np.clip(np.rint(frame.points[ring[0]]).astype(int), 0, (frame.width - 1, frame.height - 1))
    return picture[y, x][np.newaxis]


def _eyes(picture: Picture, frame: FaceFrame) -> tuple[float, float, Reals]:
    """Luma of their white without its highlights, and of their pupils; the white's tint, RGB (3,), most = 1."""
    rings = (LEFT_UPPER_LID + LEFT_LOWER_LID, RIGHT_UPPER_LID + RIGHT_LOWER_LID)
    eyes = np.concatenate([_inside(picture, frame, ring) for ring in rings]).astype(np.float32)
    luma = eyes @ LUMA.astype(np.float32)
    white = np.median(eyes[luma >= np.percentile(luma, 65)], axis=0)
    tint = 1 - TINT_SHARE * (1 - np.clip(white / max(float(white.max()), 1.0), PALEST, 1))
    return float(np.percentile(luma, 85)), float(np.percentile(luma, 2)), tint
