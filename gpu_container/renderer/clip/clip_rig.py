"""A clip rig: a loop of pictures with the mouth at rest, and where that mouth lies in each. Saved once per avatar."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import cv2
import numpy as np

from renderer.clip.chart import Charts
from renderer.media.rig_archive import opened, picture_in
from renderer.types import Floats, Picture

KIND: Final = "clip"
VERSION: Final = 1
MAX_BYTES: Final = 256 * 1024 * 1024
"""Of a saved rig, unpacked: ten seconds have 12 MB by default, grain of 1440 p at 60 a second ten times that."""


@dataclass(frozen=True)
class Join:
    """Where the loop begins in the clip, in pictures; over how many its end is dissolved into what comes before that;
    and how unlike the two are there, in eye distances."""

    start: int
    frames: int
    mismatch: float


@dataclass(frozen=True)
class ClipRig:
    """`shards`: H.264 streams of `shard_frames` pictures each (the last may be shorter), the loop in order, `width` x
    `height` pixels at `fps`. `charts`: one per picture, to the reference. `picture` RGB uint8 (H, W, 3): the reference
    with its landmarks `points` float32 (468, 3). `mattes` uint8 (M, h, w), 255 = person: of every `matte_stride`th
    picture. `faces` float32 (L, 4): each face's box, x0 y0 x1 y1; `awake` float32 (L,): how far the
    eyes are open, 1 = as most of the time."""

    fps: int
    width: int
    height: int
    shards: tuple[bytes, ...]
    shard_frames: int
    charts: Charts
    picture: Picture
    points: Floats
    mattes: Picture
    matte_stride: int
    faces: Floats
    awake: Floats
    join: Join

    @property
    def frames(self) -> int:
        return len(self.charts.centres)


def save_clip(rig: ClipRig) -> bytes:
    """One `.npz`, as a portrait's rig is."""
    buffer = io.BytesIO()
    _, reference = cv2.imencode(".png", np.ascontiguousarray(rig.picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    np.savez(
        buffer,
        kind=np.array(KIND),
        version=np.int32(VERSION),
        numbers=np.array([rig.fps, rig.width, rig.height, rig.shard_frames, rig.matte_stride], np.int32),
        shards=np.frombuffer(b"".join(rig.shards), np.uint8),
        shard_bytes=np.array([len(shard) for shard in rig.shards], np.int64),
        centres=rig.charts.centres,
        terms=rig.charts.terms,
        unit=np.float64(rig.charts.unit),
        picture=reference,
        points=rig.points,
        mattes=_packed(rig.mattes),
        matte_shape=np.array(rig.mattes.shape, np.int32),
        faces=rig.faces,
        awake=rig.awake,
        join=np.array([rig.join.start, rig.join.frames, rig.join.mismatch], np.float64),
    )
    return buffer.getvalue()


def load_clip(data: bytes) -> ClipRig:
    """The rig that `save_clip` wrote. Raises ValueError when the bytes are no clip rig of this version, whole and
    sound."""
    try:
        with opened(data, MAX_BYTES) as stored:
            if str(stored["kind"]) != KIND or int(stored["version"]) != VERSION:
                raise ValueError("another kind or version")
            return _parts(stored)
    except Exception as error:  # numpy, zipfile and zlib each have errors of their own for bytes that make no sense
        raise ValueError("these bytes are no clip rig, or a damaged one: prepare the avatar again") from error


def is_clip(data: bytes) -> bool:
    """Whether the bytes are a clip's rig rather than a portrait's."""
    try:
        with opened(data, MAX_BYTES) as stored:
            return "kind" in stored and str(stored["kind"]) == KIND
    except Exception:  # as above: what makes no sense is no clip
        return False


def _parts(stored: Mapping[str, Any]) -> ClipRig:
    fps, width, height, shard_frames, stride = (int(value) for value in stored["numbers"])
    if not 1 <= fps <= 60 or width % 2 or height % 2 or not min(shard_frames, stride) > 0:
        raise ValueError("the rig's numbers make no sense")
    shards = _shards(stored)
    decoded = picture_in(stored["picture"], cv2.IMREAD_COLOR, width * height)
    if decoded.shape != (height, width, 3):
        raise ValueError("the reference picture is of another size")
    charts = Charts(stored["centres"].astype(np.float32), stored["terms"].astype(np.float32), float(stored["unit"]))
    frames = len(charts.centres)
    first, over, mismatch = (float(value) for value in stored["join"])
    join = Join(int(first), int(over), mismatch)
    points, faces, awake = (stored[name].astype(np.float32) for name in ("points", "faces", "awake"))
    mattes = _unpacked(stored["mattes"], tuple(int(side) for side in stored["matte_shape"]))
    fits = (
        points.shape == (468, 3)
        and faces.shape == (frames, 4)
        and awake.shape == (frames,)
        and charts.terms.shape == (frames, 2, 6)
    )
    enough = frames > 0 and len(shards) * shard_frames >= frames and len(mattes) * stride >= frames
    numbers = (points, faces, awake, charts.centres, charts.terms)
    sound = all(np.isfinite(each).all() for each in numbers) and 0 < charts.unit < math.inf and first >= 0 <= over
    if not (fits and enough and sound):
        raise ValueError("the rig's parts do not fit together")
    picture = np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)
    return ClipRig(
        fps, width, height, shards, shard_frames, charts, picture, points, mattes, stride, faces, awake, join
    )


def _shards(stored: Mapping[str, Any]) -> tuple[bytes, ...]:
    whole = stored["shards"].tobytes()
    sizes = [int(size) for size in stored["shard_bytes"]]
    if min(sizes) < 0 or sum(sizes) != len(whole):
        raise ValueError("the rig's streams are not all there")
    return tuple(whole[end - size : end] for end, size in zip(accumulate(sizes), sizes, strict=True))


def _packed(mattes: Picture) -> Picture:
    """All mattes as one PNG, one above the other: their flat parts then cost next to nothing."""
    _, encoded = cv2.imencode(".png", mattes.reshape(-1, mattes.shape[2]), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return np.asarray(encoded, np.uint8)


def _unpacked(encoded: Picture, shape: tuple[int, ...]) -> Picture:
    return picture_in(encoded, cv2.IMREAD_GRAYSCALE, math.prod(shape)).reshape(shape)
