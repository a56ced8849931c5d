"""Watches a finished MP4: every picture is looked at by itself, and the sound is placed at its own times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.eyes import see_eyes
from renderer.face.check import check_face
from renderer.face.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Mesh, refit
from renderer.types import RATE, Picture, Samples

Reals = NDArray[np.float64]

LIPS: Final = ((82, 87), (13, 14), (312, 317))
"""Upper and lower inner lip: left of the middle, at it, right of it."""
MOUTH_CORNERS: Final = (61, 291)


@dataclass(frozen=True)
class Watched:
    """What N decoded pictures show. `middle` (N,) seconds at which each is half shown; `points` (N, 468, 3) the mesh;
    `eyes` (N, 2) opening over width, left and right; `iris` (N, 2, 2) place of each iris, see Eye; `change` (N,) mean
    difference to the picture before, luma levels; the decoded sound at RATE; lengths in seconds as the file says."""

    middle: Reals
    points: Reals
    eyes: Reals
    iris: Reals
    change: Reals
    samples: Samples
    video_sec: float
    audio_sec: float

    @property
    def fps(self) -> float:
        return 1.0 / float(self.middle[1] - self.middle[0])

    @property
    def gap(self) -> Reals:
        """(N,) gap between the inner lips in eye distances: unlike the aperture it does not ask how wide lips are."""
        return gap(self.points)

    @property
    def aperture(self) -> Reals:
        """(N,) gap between the inner lips over the mouth's width."""
        return aperture(self.points)

    def until(self, second: float) -> Watched:
        """The pictures shown before `second`."""
        few = self.middle < second
        columns = {name: getattr(self, name)[few] for name in ("middle", "points", "eyes", "iris", "change")}
        return replace(self, **columns)


def gap(points: Reals) -> Reals:
    """Meshes (..., 468, 3) -> (...) mean gap of the inner lips over the distance between the eyes."""
    return _gap_px(points) / eye_distance(points)


def aperture(points: Reals) -> Reals:
    """Meshes (..., 468, 3) -> (...) mean gap of the inner lips over the distance between the mouth's corners."""
    left, right = (points[..., corner, :2] for corner in MOUTH_CORNERS)
    return _gap_px(points) / np.linalg.norm(right - left, axis=-1)


def _gap_px(points: Reals) -> Reals:
    flat = points[..., :2]
    gaps = [np.linalg.norm(flat[..., upper, :] - flat[..., lower, :], axis=-1) for upper, lower in LIPS]
    return np.mean(gaps, axis=0)


def eye_distance(points: Reals) -> Reals:
    """Meshes (..., 468, 3) -> (...) pixels between the middles of the eyes."""
    left, right = (points[..., list(pair), :].mean(axis=-2) for pair in (LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS))
    return np.linalg.norm(right - left, axis=-1)


def look(picture: Picture, start: Mesh) -> Mesh:
    """The mesh of one picture. `start`, the same for all, only says where to look first: pictures know no others."""
    return refit(picture, refit(picture, start))


def watch(path: Path) -> Watched:
    """Decode an MP4 and look at every picture."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.duration and video.time_base and video.average_rate and audio.duration and audio.time_base
        half = 0.5 / float(video.average_rate)
        lengths = float(video.duration * video.time_base), float(audio.duration * audio.time_base)
        rows: list[tuple[float, Reals, Reals, Reals, float]] = []
        start: Mesh | None = None
        before: Picture | None = None
        for frame in container.decode(video):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            start = start or check_face(picture).mesh
            mesh = look(picture, start)
            seen = see_eyes(picture, mesh)
            luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
            change = 0.0 if before is None else float(cv2.absdiff(luma, before).mean())
            before = luma
            eyes, iris = np.array([eye.open for eye in seen]), np.array([eye.iris for eye in seen])
            rows.append((float(frame.time or 0.0) + half, mesh.points.astype(np.float64), eyes, iris, change))
    middle, points, eyes, iris, change = (np.array(column) for column in zip(*rows, strict=True))
    return Watched(middle, points, eyes, iris, change, heard(path), *lengths)


def heard(path: Path) -> Samples:
    """The decoded sound at RATE, int16: index 0 is the file's time 0."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        pieces: list[Samples] = []
        start: float | None = None
        for frame in container.decode(audio=0):
            start = float(frame.time or 0.0) if start is None else start
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    sound = np.concatenate(pieces).astype(np.int16)
    shift = round((start or 0.0) * RATE)
    return sound[-shift:] if shift < 0 else np.pad(sound, (shift, 0))
