"""Judges whether a picture is a portrait we can animate, and says what to change when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from renderer.face.detect import Face, find_faces, is_upside_down
from renderer.face.mesh import FACE_OVAL, LEFT_EYE_CORNERS, NOSE_BRIDGE, NOSE_TIP, RIGHT_EYE_CORNERS, Mesh, fit_mesh
from renderer.types import Floats, Picture

MIN_FACE_PX: Final = 72
"""Face oval's height, pixels. Below it the lips are fewer than 20 pixels wide and nothing drawn there can be read."""
MIN_FACE_SHARE: Final = 0.12
"""Face oval's height over the picture's: smaller is a group or a street scene, not a portrait."""
RIVAL_SHARE: Final = 0.45
"""A second face this large beside the first makes it unclear who speaks; smaller ones are background."""
MAX_YAW_DEG: Final = 38.0
"""As `head_angles` measures it: heads turned by 30 degrees come out at 28 to 37."""
MAX_PITCH_DEG: Final = 30.0
MAX_ROLL_DEG: Final = 35.0
MAX_OUTSIDE: Final = 0.04
"""Share of the oval's points that may lie beyond the picture's edge."""
MIN_PRESENCE: Final = 0.6
MIN_LUMA: Final = 34.0
"""90th percentile of the face's luma, 0..255. Dark skin in fair light lies above 60."""
MIN_SHARPNESS: Final = 0.018
"""See `sharpness`: portraits measured 0.08 to 0.12; a Gaussian blur of 2 % of the face's height brings them below."""


class FaceRejected(ValueError):
    """The picture cannot become an avatar. `code` is for machines; the message says what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Verdict:
    """What was measured on an accepted face. Angles in degrees; `sharpness`, `luma` as defined in this module."""

    face: Face
    mesh: Mesh
    yaw: float
    pitch: float
    roll: float
    luma: float
    sharpness: float


def check_face(picture: Picture) -> Verdict:
    """RGB uint8 (H, W, 3) -> the verdict on its one face. Raises FaceRejected with advice."""
    face = _only_face(picture)
    mesh = fit_mesh(picture, face)
    if mesh.presence < MIN_PRESENCE:
        raise _nobody(picture)
    oval = mesh.points[list(FACE_OVAL), :2]
    _check_size(picture, oval)
    _check_whole(picture, oval)
    if is_upside_down(picture):
        raise _upside_down()
    yaw, pitch, roll = head_angles(mesh)
    _check_frontal(yaw, pitch, roll)
    luma, crispness = brightness(picture, oval), sharpness(picture, oval)
    if luma < MIN_LUMA:
        raise FaceRejected("face_too_dark", "The face is too dark: use a picture with light on the face.")
    if crispness < MIN_SHARPNESS:
        raise FaceRejected("face_blurred", "The face is blurred: use a sharp picture, in focus, without motion blur.")
    return Verdict(face, mesh, yaw, pitch, roll, luma, crispness)


def head_angles(mesh: Mesh) -> tuple[float, float, float]:
    """Yaw, pitch, roll in degrees from the mesh's own depth: the planes through eyes, temples, forehead and chin."""
    points = mesh.points
    across = points[454] - points[234]
    down = points[152] - points[10]
    yaw = float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))
    pitch = float(np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1]))))
    eyes = points[list(RIGHT_EYE_CORNERS), :2].mean(axis=0) - points[list(LEFT_EYE_CORNERS), :2].mean(axis=0)
    roll = float(np.degrees(np.arctan2(eyes[1], eyes[0])))
    # The network's depth flattens out beyond about 30 degrees; where nose and bridge fall between the temples does not.
    by_nose, by_bridge = (_turn(points, middle) for middle in (NOSE_TIP, NOSE_BRIDGE))
    return max((yaw, by_nose, by_bridge), key=abs), pitch, roll


def _turn(points: Floats, middle: int) -> float:
    """Degrees by which a head, seen as an upright cylinder, is turned when a point on its front lies at `middle`."""
    left = float(np.linalg.norm(points[middle, :2] - points[234, :2]))
    right = float(np.linalg.norm(points[middle, :2] - points[454, :2]))
    balance = (left - right) / max(left + right, 1e-6)
    return float(np.degrees(np.arcsin(np.clip(balance, -1, 1))))


def brightness(picture: Picture, oval: Floats) -> float:
    """90th percentile of luma (0..255) inside the face's oval."""
    crop, mask = _face_crop(picture, oval, 128)
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(np.percentile(luma[mask > 0], 90))


def sharpness(picture: Picture, oval: Floats) -> float:
    """How much the face loses by a slight blur: 99th percentile of |face - blurred|, over its own contrast, 0..1.

    Measured at a fixed face height of 256 px, so that it means the same for every size of portrait.
    """
    crop, mask = _face_crop(picture, oval, 256)
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = mask > 0
    contrast = float(np.percentile(luma[inside], 98) - np.percentile(luma[inside], 2))
    detail = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), 2.0))
    return float(np.percentile(detail[inside], 99)) / max(contrast, 8.0)


def _only_face(picture: Picture) -> Face:
    faces = find_faces(picture)
    if not faces:
        raise _nobody(picture)
    rivals = [face for face in faces[1:] if face.size > RIVAL_SHARE * faces[0].size]
    if rivals:
        raise FaceRejected(
            "several_faces", f"{len(rivals) + 1} faces were found: crop the picture so that only one person is in it."
        )
    return faces[0]


def _nobody(picture: Picture) -> FaceRejected:
    turned = np.ascontiguousarray(picture[::-1, ::-1])
    if any(fit_mesh(turned, face).presence >= MIN_PRESENCE for face in find_faces(turned)):
        return _upside_down()
    if np.percentile(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 99) < MIN_LUMA:
        return FaceRejected("face_too_dark", "The picture is too dark: use one with light on the face.")
    return FaceRejected(
        "no_face", "No face was found: use a sharp, well lit picture in which one person's face is clearly visible."
    )


def _upside_down() -> FaceRejected:
    return FaceRejected("face_not_frontal", "The face is upside down: turn the picture the right way up.")


def _check_frontal(yaw: float, pitch: float, roll: float) -> None:
    if abs(roll) > MAX_ROLL_DEG:
        raise FaceRejected(
            "face_not_frontal",
            f"The head is tilted (by about {abs(roll):.0f} degrees): turn the picture until the eyes are level.",
        )
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        raise FaceRejected(
            "face_not_frontal",
            f"The face is turned away (by about {max(abs(yaw), abs(pitch)):.0f} degrees): "
            "use a picture in which the person looks towards the camera.",
        )


def _check_size(picture: Picture, oval: Floats) -> None:
    height = float(np.ptp(oval[:, 1]))
    if height < MIN_FACE_PX or height < MIN_FACE_SHARE * min(picture.shape[:2]):
        raise FaceRejected(
            "face_too_small",
            f"The face is too small ({height:.0f} pixels high): crop closer, or use a larger picture, "
            f"so that the face is at least {MIN_FACE_PX} pixels and {MIN_FACE_SHARE:.0%} of the picture high.",
        )


def _check_whole(picture: Picture, oval: Floats) -> None:
    height, width = picture.shape[:2]
    inside = (oval[:, 0] >= 0) & (oval[:, 0] < width) & (oval[:, 1] >= 0) & (oval[:, 1] < height)
    if 1 - np.count_nonzero(inside) / len(oval) > MAX_OUTSIDE:
        raise FaceRejected(
            "face_cropped",
            "Part of the face lies outside the picture: use one that shows it whole, chin to hair.",
        )


def _face_crop(picture: Picture, oval: Floats, height: int) -> tuple[Picture, Picture]:
    """The oval's bounding box scaled to `height` pixels, and the oval as a mask in it."""
    low = np.maximum(np.floor(oval.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(oval.max(axis=0)) + 1, (picture.shape[1], picture.shape[0])).astype(int)
    crop = picture[low[1] : high[1], low[0] : high[0]]
    scale = height / crop.shape[0]
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(crop, (max(1, round(crop.shape[1] * scale)), height), interpolation=kind)
    mask = np.zeros(sized.shape[:2], np.uint8)
    shape = ((oval - low) * scale).astype(np.int32)
    cv2.fillPoly(mask, [shape.reshape(-1, 1, 2)], (255,))
    return sized.astype(np.uint8, copy=False), mask
