"""One render: a rig and speech become a talking MP4."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from renderer.media.mp4 import Mp4Writer
from renderer.motion.idle import head_track
from renderer.motion.mouth import mouth_track
from renderer.rig import Rig
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import RATE, Picture, Speech
from renderer.visemes import track_of

DRAWING_THREADS: Final = 2
"""Pictures drawn at once: OpenCV and NumPy release the interpreter's lock, and a picture depends on no other."""


class RenderStopped(Exception):
    """`should_stop` said so: nothing was written."""


@dataclass(frozen=True)
class RenderOptions:
    """`size` pixels, even, both sides; `fps` pictures a second; `background` RGB or None for the portrait's own;
    `seed` chooses the head's sway and the blinks."""

    size: int = 512
    fps: int = 25
    background: tuple[int, int, int] | None = None
    seed: int = 0


@dataclass(frozen=True)
class RenderResult:
    """What was written. `duration_seconds` = frames / fps, which is at most one frame longer than the speech."""

    frames: int
    fps: int
    width: int
    height: int
    duration_seconds: float


def frame_count(samples: int, fps: int) -> int:
    """Pictures needed so that every one of `samples` (at RATE) has its picture; at least one."""
    return max(1, math.ceil(samples * fps / RATE))


def pictures(rig: Rig, speech: Speech, options: RenderOptions) -> Iterator[Picture]:
    """Every picture of the render, RGB uint8 (size, size, 3). Picture k shows samples [k, k + 1) * RATE / fps."""
    frames = frame_count(len(speech.samples), options.fps)
    track = track_of(speech)
    mouth = mouth_track(track, options.fps, frames).axes
    head = head_track(frames, options.fps, options.seed, track.energy).axes
    runtime = MeshRuntime(rig, options.size, options.background)
    with ThreadPoolExecutor(DRAWING_THREADS, "draw") as pool:
        ahead: deque[Future[Picture]] = deque()
        try:
            for index in range(frames):
                ahead.append(pool.submit(runtime.draw, mouth[index], head[index]))
                if len(ahead) > 2 * DRAWING_THREADS:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def render_mp4(
    rig: Rig,
    speech: Speech,
    out: Path,
    options: RenderOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RenderResult:
    """Write `out`. `on_progress(done, frames)` after each picture; `should_stop` is asked before each.

    Raises RenderStopped, and leaves no file then nor at any other error.
    """
    options = options or RenderOptions()
    frames = frame_count(len(speech.samples), options.fps)
    with Mp4Writer(out, options.size, options.size, options.fps) as writer:
        writer.write_audio(speech.samples)
        for done, picture in enumerate(pictures(rig, speech, options), 1):
            if should_stop is not None and should_stop():
                raise RenderStopped
            writer.write_frame(picture)
            if on_progress is not None:
                on_progress(done, frames)
    return RenderResult(frames, options.fps, options.size, options.size, frames / options.fps)
