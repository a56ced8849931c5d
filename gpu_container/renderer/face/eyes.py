"""Looks at each eye from near by, with a network for it: widens the mesh's lids to where it sees them, finds irises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.mesh import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID, Mesh
from renderer.face.models import model
from renderer.types import Floats, Picture, Reals

CROP: Final = 64
WIDTHS: Final = 2.3
"""The crop's side in eye widths: what the network was trained on."""
MIN_EYE_PX: Final = 4.0
"""An eye narrower than this has no lids to be seen."""
MOST: Final = 0.16
"""A lid is moved by at most this share of the eye's width; the mesh is rarely further off than half of it."""
UNSURE: Final = 0.35
"""Share of the half width at each corner over which the network's say fades: the mesh sees corners better."""

# The first 16 of the network's 71 contour points, as it orders them: the lower lid, then the upper one's inside.
_LEFT: Final = (*LEFT_LOWER_LID, *LEFT_UPPER_LID[1:-1])
_RIGHT: Final = (*RIGHT_LOWER_LID[::-1], *RIGHT_UPPER_LID[-2:0:-1])
_LOWER: Final = list(range(9))
_UPPER: Final = [0, *range(9, 16), 8]


@dataclass(frozen=True)
class Iris:
    """Where an iris lies, picture pixels: `centre` float32 (2,), `radius`."""

    centre: Floats
    radius: float


def find_irises(picture: Picture, points: Floats) -> tuple[Iris, Iris]:
    """RGB uint8 (H, W, 3) and the mesh's points (468, 2 or 3) on it -> the irises of the eyes on its left and right."""
    return _iris(picture, points, _LEFT), _iris(picture, points, _RIGHT)


def _iris(picture: Picture, points: Floats, indices: tuple[int, ...]) -> Iris:
    to_picture = _crop(points[indices[0], :2], points[indices[8], :2], mirrored=indices is _RIGHT)
    seen = _outputs(picture, to_picture)[1].reshape(5, 3)[:, :2]
    places = (seen @ to_picture[:, :2].T + to_picture[:, 2]).astype(np.float32)
    return Iris(places[0], float(np.linalg.norm(places[1:] - places[0], axis=1).mean()))


def refine_eyes(picture: Picture, mesh: Mesh) -> Mesh:
    """RGB uint8 (H, W, 3) and its mesh -> the mesh, its lids moved apart where the eyes are seen to be larger.

    Never together: a lid drawn a little too wide closes the eye all the same, one too narrow leaves white showing.
    """
    points = mesh.points.copy()
    for indices in (_LEFT, _RIGHT):
        # The network knows left eyes only: the right one is shown to it mirrored, which its points' order undoes.
        outer, inner = points[indices[0], :2], points[indices[8], :2]
        if float(np.linalg.norm(inner - outer)) < MIN_EYE_PX:
            continue
        to_picture = _crop(outer, inner, mirrored=indices is _RIGHT)
        seen = _look(picture, to_picture)
        points[list(indices), :2] = _settled(points[list(indices), :2], seen, to_picture)
    return Mesh(points, mesh.presence)


def _crop(outer: Floats, inner: Floats, mirrored: bool) -> Floats:
    """Crop pixels -> picture pixels, (2, 3): turned so that the eye lies level, `outer` corner on the left."""
    along = inner - outer
    across = along * (WIDTHS / CROP)
    down = np.array([-across[1], across[0]]) * (-1 if mirrored else 1)
    turn = np.stack([across, down], axis=1)
    shift = (outer + inner) / 2 - turn @ np.array([CROP / 2, CROP / 2])
    return np.concatenate([turn, shift[:, np.newaxis]], axis=1).astype(np.float32)


def _look(picture: Picture, to_picture: Floats) -> Reals:
    """The 16 contour points (16, 2) in crop pixels."""
    return _outputs(picture, to_picture)[0].reshape(71, 3)[:16, :2]


def _outputs(picture: Picture, to_picture: Floats) -> list[Reals]:
    """What the network says of one crop: 71 points of the contour, 5 of the iris; x, y and depth, crop pixels."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(picture, to_picture, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return list(model("iris_landmark")(crop.astype(np.float32) / 255.0))


def _settled(points: Floats, seen: Reals, to_picture: Floats) -> Floats:
    """`points` (16, 2) moved across the eye towards the `seen` lids, in picture pixels."""
    turn, shift = to_picture[:, :2], to_picture[:, 2]
    mine = (points - shift) @ np.linalg.inv(turn).T
    width = CROP / WIDTHS
    t = np.abs(mine[:, 0] - CROP / 2) / (width / 2)
    sure = np.clip((1 - t) / UNSURE, 0, 1)
    for lid, outward in ((_LOWER, 1.0), (_UPPER, -1.0)):
        order = np.argsort(seen[lid, 0])
        theirs = np.interp(mine[lid, 0], seen[lid, 0][order], seen[lid, 1][order])
        apart = np.clip((theirs - mine[lid, 1]) * outward, 0, MOST * width)
        mine[lid, 1] += outward * apart * sure[lid]
    return (mine @ turn.T + shift).astype(np.float32)
