"""Makes a clip's rig: one pass over its pictures to see, one to take its speech out of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from renderer.clip.chart import Charts, Reference, fit_charts
from renderer.clip.checks import check_clip
from renderer.clip.clip_rig import ClipRig, Join
from renderer.clip.dissolve import dissolved
from renderer.clip.loop import Loop, choose_loop, lid_gaps, looped
from renderer.clip.neutral import Neutraliser
from renderer.clip.reference import choose_reference
from renderer.clip.resting import resting_points
from renderer.clip.smoothing import smoothed
from renderer.clip.tone import tones
from renderer.clip.tracking import rgb_of, track_face
from renderer.face.matte import person_matte
from renderer.face.mesh import FACE_OVAL
from renderer.media.clips import MAX_SECONDS, MIN_SECONDS, ClipPicture, clip_pictures
from renderer.media.shards import ShardWriter
from renderer.planes import planes_of, planes_over
from renderer.types import Floats, Picture

STEADY_SIGMA: Final = 1.6
"""Pictures, for the head's pose and the charts: at 25 a second motion up to 4 Hz passes, the mesh's trembling goes."""
SPEECH_SIGMA: Final = 0.8
"""Pictures, for the mouth that is taken out: lips are quick."""
MATTE_SIDE: Final = 512
BAKERS: Final = 2
"""Pictures made ready at once, while others are decoded and encoded: OpenCV and the codecs release the lock."""


@dataclass(frozen=True)
class ClipSettings:
    """`fps` of the loop; `max_side` pixels; `max_seconds` of the clip that are used; every `matte_stride`th picture
    gets a matte; `shard_frames` pictures to a stream."""

    fps: int = 25
    max_side: int = 1280
    max_seconds: float = MAX_SECONDS
    matte_stride: int = 5
    shard_frames: int = 125

    @property
    def seconds_used(self) -> float:
        return min(max(self.max_seconds, MIN_SECONDS), MAX_SECONDS)

    def pictures(self, source: Path) -> Iterator[ClipPicture]:
        return clip_pictures(source, self.fps, self.max_side, self.seconds_used)


@dataclass(frozen=True)
class _Faces:
    """The loop's landmarks (L, 468, 3), as seen and with the mouth at rest, the step whose picture is the
    reference, and the light of each against it (tone.tones)."""

    seen: Floats
    at_rest: Floats
    chosen: int
    reference: Reference
    charts: Charts
    light: Floats


def build_clip(source: Path, settings: ClipSettings | None = None) -> ClipRig:
    """A clip's file -> its rig. Raises MediaRejected for a file that cannot be read, ClipRejected for one whose person
    cannot be animated."""
    settings = settings or ClipSettings()
    tracked = track_face(settings.pictures(source), settings.fps)
    check_clip(tracked)
    loop = choose_loop(tracked)
    faces = _faces(looped(tracked.points, loop), looped(tracked.crispness, loop), looped(tracked.colours, loop), loop)
    return _bake(source, settings, loop, faces)


def _faces(points: Floats, crispness: Floats, colours: Floats, loop: Loop) -> _Faces:
    steady = smoothed(points, STEADY_SIGMA, cyclic=True)
    whole = len(loop.steps) - loop.fade
    chosen = choose_reference(steady[:whole], crispness[:whole])
    reference = Reference(steady[chosen])
    at_rest = resting_points(steady, reference)
    seen, light = smoothed(points, SPEECH_SIGMA, cyclic=True), tones(colours, chosen, reference)
    return _Faces(seen, at_rest, chosen, reference, fit_charts(at_rest, reference), light)


def _bake(source: Path, settings: ClipSettings, loop: Loop, faces: _Faces) -> ClipRig:
    reference, openings = _kept(source, settings, loop, faces.chosen)
    height, width = reference.shape[:2]
    oven = _Oven(settings, loop, faces, Neutraliser(reference, faces.reference, faces.charts, faces.light), openings)
    writer = ShardWriter(width, height, settings.fps, settings.shard_frames)
    mattes: list[Picture] = []
    for i420, matte in _in_order(oven, settings.pictures(source)):
        writer.write(i420)
        if matte is not None:
            mattes.append(matte)
    return ClipRig(
        fps=settings.fps,
        width=width,
        height=height,
        shards=writer.finish(),
        shard_frames=settings.shard_frames,
        charts=faces.charts,
        picture=reference,
        points=faces.reference.points,
        mattes=np.stack(mattes),
        matte_stride=settings.matte_stride,
        faces=_boxes(faces.at_rest),
        awake=_awake(faces.seen),
        join=Join(loop.steps[0].a, loop.fade, loop.mismatch),
    )


@dataclass(frozen=True)
class _Oven:
    """Makes pictures of the clip into pictures of the loop, several at once: none depends on another."""

    settings: ClipSettings
    loop: Loop
    faces: _Faces
    neutraliser: Neutraliser
    openings: dict[int, Picture]

    def bake(self, clip_i420: Picture, index: int) -> tuple[Picture, Picture | None]:
        """The loop's picture `index`, I420, and its matte where it is one of those that get one."""
        step = self.loop.steps[index]
        i420, rgb = clip_i420.copy(), rgb_of(clip_i420)
        if step.share > 0:
            rgb = dissolved(rgb, self.openings[step.b], step.share)
            i420 = planes_of(rgb).i420
        box = self.neutraliser.apply(rgb, index, self.faces.seen[index], self.faces.at_rest[index])
        _put(i420, rgb, box)
        return i420, _matte(rgb) if index % self.settings.matte_stride == 0 else None


def _in_order(oven: _Oven, pictures: Iterator[ClipPicture]) -> Iterator[tuple[Picture, Picture | None]]:
    wanted = {step.a: index for index, step in enumerate(oven.loop.steps)}
    with ThreadPoolExecutor(BAKERS, "bake") as pool:
        waiting: deque[Future[tuple[Picture, Picture | None]]] = deque()
        for number, picture in enumerate(pictures):
            if (index := wanted.get(number)) is not None:
                waiting.append(pool.submit(oven.bake, picture.i420, index))
            if len(waiting) > 2 * BAKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _kept(source: Path, settings: ClipSettings, loop: Loop, chosen: int) -> tuple[Picture, dict[int, Picture]]:
    """The reference's picture, and those that the loop's end is dissolved into, by number."""
    needed = {step.b for step in loop.steps if step.share > 0}
    reference = loop.steps[chosen].a
    kept: dict[int, Picture] = {}
    for number, picture in enumerate(settings.pictures(source)):
        if number in needed or number == reference:
            kept[number] = rgb_of(picture.i420)
        if number >= max(reference, *needed):
            break
    return kept[reference], kept


def _put(i420: Picture, rgb: Picture, box: tuple[slice, slice]) -> None:
    """The window `box` of `rgb`, on even pixels, into the planes of `i420`."""
    rows, columns = box
    out, part = planes_over(i420), planes_of(np.ascontiguousarray(rgb[box]))
    out.y[box] = part.y
    half = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
    out.u[half], out.v[half] = part.u, part.v


def _matte(rgb: Picture) -> Picture:
    scale = min(1.0, MATTE_SIDE / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    return person_matte(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8))


def _boxes(points: Floats) -> Floats:
    """(L, 468, 3) -> (L, 4): x0 y0 x1 y1 of the face's outline, pixels."""
    oval = points[:, list(FACE_OVAL), :2]
    return np.concatenate([oval.min(axis=1), oval.max(axis=1)], axis=1).astype(np.float32)


def _awake(points: Floats) -> Floats:
    """(L, 468, 3) -> (L,): how far both eyes are open, 1 = as most of the time."""
    gaps = lid_gaps(points).mean(axis=1)
    return (gaps / max(float(np.median(gaps)), 1e-3)).astype(np.float32)
