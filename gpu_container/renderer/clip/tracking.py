"""Follows the one face of a clip from picture to picture, and refuses a clip in which there is none, or another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.clip.errors import ClipRejected
from renderer.clip.tone import skin_colours
from renderer.face.check import MIN_PRESENCE, RIVAL_SHARE, sharpness
from renderer.face.detect import Face, find_faces
from renderer.face.mesh import FACE_OVAL, Mesh, fit_mesh, refit
from renderer.media.clips import ClipPicture
from renderer.planes import planes_over
from renderer.types import Floats, Picture

LOOK_EVERY: Final = 3
"""Pictures from one look at the whole picture to the next: a second person is seen within 0.12 s. Between, the mesh
follows the face that it knows, at a third of the cost."""
CRISP_EVERY: Final = 2
THUMB: Final = 32
"""Side of the grey thumbnails that tell one shot from another, pixels."""
MAX_STRAY: Final = 0.6
"""How far the mesh's middle may lie from the detected face's, in face sizes, before it counts as lost."""


@dataclass(frozen=True)
class Tracked:
    """Per picture: `points` float32 (T, 468, 3) in its pixels, `thumbs` float32 (T, THUMB, THUMB) grey 0..255,
    `crispness` float32 (T,), face.check.sharpness, and `colours` float32 (T, K, 3), tone.skin_colours. `width`,
    `height` pixels of every picture; `fps` of the grid."""

    points: Floats
    thumbs: Floats
    crispness: Floats
    colours: Floats
    width: int
    height: int
    fps: int


def rgb_of(i420: Picture) -> Picture:
    """I420 uint8 (H * 3/2, W) -> RGB uint8 (H, W, 3)."""
    return planes_over(i420).rgb()


def track_face(pictures: Iterable[ClipPicture], fps: int) -> Tracked:
    """The face in every picture. Raises ClipRejected: clip_face_missing, clip_several_faces; MediaRejected as
    `pictures` does."""
    points: list[Floats] = []
    thumbs: list[Floats] = []
    crispness: list[float] = []
    colours: list[Floats] = []
    mesh: Mesh | None = None
    size, crisp = (0, 0), 0.0
    for index, picture in enumerate(pictures):
        rgb = rgb_of(picture.i420)
        if size not in ((0, 0), rgb.shape[:2]):
            raise ClipRejected("clip_cut", f"The picture changes its size at {picture.seconds:.1f} s: send one shot.")
        size = rgb.shape[:2]
        mesh = _follow(rgb, mesh, picture.seconds, look=index % LOOK_EVERY == 0)
        points.append(mesh.points)
        colours.append(skin_colours(rgb, mesh.points))
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        thumbs.append(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA).astype(np.float32))
        if index % CRISP_EVERY == 0:
            crisp = sharpness(rgb, mesh.points[list(FACE_OVAL), :2])
        crispness.append(crisp)
    crisp_all = np.array(crispness, np.float32)
    return Tracked(np.stack(points), np.stack(thumbs), crisp_all, np.stack(colours), size[1], size[0], fps)


def _follow(rgb: Picture, before: Mesh | None, seconds: float, look: bool) -> Mesh:
    mesh = None if before is None else refit(rgb, before)
    if mesh is not None and mesh.presence >= MIN_PRESENCE and _sane(mesh, rgb) and not look:
        return mesh
    face = _only_face(rgb, seconds)
    if face is None or mesh is None or mesh.presence < MIN_PRESENCE or _strayed(mesh, face) or not _sane(mesh, rgb):
        mesh = None if face is None else fit_mesh(rgb, face)
    if mesh is None or mesh.presence < MIN_PRESENCE or not _sane(mesh, rgb):
        raise ClipRejected(
            "clip_face_missing",
            f"No face can be seen at {seconds:.1f} s: send a clip in which the face is lit and in view throughout.",
        )
    return mesh


def _only_face(rgb: Picture, seconds: float) -> Face | None:
    faces = find_faces(rgb)
    rivals = [face for face in faces[1:] if face.size > RIVAL_SHARE * faces[0].size]
    # A detector also sees faces in fabrics and shadows: only what carries a mesh is somebody.
    if any(fit_mesh(rgb, face).presence >= MIN_PRESENCE for face in rivals):
        raise ClipRejected(
            "clip_several_faces",
            f"A second person can be seen at {seconds:.1f} s: send a clip with one person, or crop it.",
        )
    return faces[0] if faces else None


def _strayed(mesh: Mesh, face: Face) -> bool:
    middle = np.array([(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2])
    return float(np.linalg.norm(mesh.points[:, :2].mean(axis=0) - middle)) > MAX_STRAY * face.size


def _sane(mesh: Mesh, rgb: Picture) -> bool:
    """Whether the mesh has the extent of a face within the picture: a lost one shrinks or flies off."""
    low, high = mesh.points[:, :2].min(axis=0), mesh.points[:, :2].max(axis=0)
    extent = float((high - low).min())
    middle = (low + high) / 2
    inside = 0 <= middle[0] < rgb.shape[1] and 0 <= middle[1] < rgb.shape[0]
    return inside and 16 <= extent <= 2 * max(rgb.shape[:2])
