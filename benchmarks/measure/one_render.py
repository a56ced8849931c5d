"""One render in this process, bound to one core: its speed, its stages, and the bare loop's; printed as JSON."""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np

from renderer.media.mp4 import Mp4Writer, video_stream
from renderer.media.pictures import decode_picture
from renderer.media.sounds import decode_speech
from renderer.motion.head import head_track
from renderer.motion.mouth import mouth_track
from renderer.planes import blank
from renderer.render import RenderOptions, frame_count, render_video
from renderer.rig import Rig, build_rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.layer import Pose
from renderer.runtimes.mesh.places import magnified_pair
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.runtimes.mesh.warp import Grid
from renderer.types import Floats, Picture, Speech
from renderer.visemes import track_of

WARM = 8
"""Pictures drawn before any are timed."""
MAPS = 32
"""A second and a half of motion, 256 MB of it at 1024 pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portrait", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("size", type=int)
    parser.add_argument("fps", type=int)
    parser.add_argument("--render-only", action="store_true")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(os.environ.get("PARLEY_BENCH_CORE", "0"))})
    speech = decode_speech(given.speech)
    picture = decode_picture(given.portrait.read_bytes())
    rig = build_rig(picture)  # once unmeasured: it loads the models
    figures: dict[str, float] = {}
    figures |= _render(rig, speech, given.size, given.fps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures["peak_mb"] = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    if not given.render_only:
        figures["bare_fps"] = _bare(rig, speech, given.size, given.fps)
        figures |= _portrait(picture, given.size)
        figures |= _stages(rig, speech, given.size, given.fps)
    print(json.dumps(figures))


def _render(rig: Rig, speech: Speech, size: int, fps: int) -> dict[str, float]:
    options = RenderOptions(size=size, fps=fps)
    with tempfile.TemporaryDirectory() as folder:
        render_video(rig, Speech(speech.samples[:4800]), Path(folder) / "warm.mp4", options)
        cpu, wall = time.process_time(), time.perf_counter()
        frames = render_video(rig, speech, Path(folder) / "out.mp4", options).frames
        return {
            "fps": frames / (time.process_time() - cpu),
            "wall_fps": frames / (time.perf_counter() - wall),
        }


def _bare(rig: Rig, speech: Speech, size: int, fps: int) -> float:
    """The physical limit: one precomputed remap of RGB, its conversion to I420, the writer's own x264. No sound.

    The maps are those of MAPS pictures of the render, to and fro: what an encoder costs depends on what moves.
    """
    canvas = canvas_of(rig, size, size)
    rgb, frames = np.ascontiguousarray(canvas.picture), frame_count(len(speech.samples), fps)
    mouth, head = _motion(speech, frames, fps)
    skin = MeshRuntime(canvas).map
    whole = Grid(0, 0, size // 2, size // 2, 2)
    poses = zip(mouth[fps : fps + MAPS], head[fps : fps + MAPS], strict=True)
    maps = [np.stack(magnified_pair(skin.at(Pose(*pose)).skin, skin.cell, whole), axis=-1) for pose in poses]
    maps += maps[-2:0:-1]
    cpu = time.process_time()
    with tempfile.TemporaryDirectory() as folder, av.open(f"{folder}/limit.mp4", "w") as container:
        stream = video_stream(container, size, size, fps)
        for k in range(frames):
            warped = cv2.remap(rgb, maps[k % len(maps)], np.empty(0), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            i420 = cv2.cvtColor(warped, cv2.COLOR_RGB2YUV_I420).astype(np.uint8, copy=False)
            frame = av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return frames / (time.process_time() - cpu)


def _motion(speech: Speech, frames: int, fps: int) -> tuple[Floats, Floats]:
    track = track_of(speech)
    return mouth_track(track, fps, frames).axes, head_track(frames, fps, 0, track.energy).axes


def _portrait(picture: Picture, size: int) -> dict[str, float]:
    cpu = time.process_time()
    rig = build_rig(picture)
    MeshRuntime(canvas_of(rig, size, size))
    return {"portrait_sec": time.process_time() - cpu}


def _stages(rig: Rig, speech: Speech, size: int, fps: int) -> dict[str, float]:
    """Milliseconds of processor time a picture, stage by stage, each alone."""
    frames = frame_count(len(speech.samples), fps)
    clock = _Clock(frames)
    track = track_of(speech)
    clock.stop("visemes")
    mouth, head = mouth_track(track, fps, frames).axes, head_track(frames, fps, 0, track.energy).axes
    clock.stop("motion")
    runtime = MeshRuntime(canvas_of(rig, size, size))
    clock.stop("start")
    poses = list(zip(mouth, head, strict=True))
    for pose in poses[:WARM]:
        runtime.draw(*pose)
    clock.stop("")
    out, source = blank(size, size), runtime.source
    for pose in poses:
        runtime.skin(out, source, runtime.map.at(Pose(*pose)).skin)
    clock.stop("warp")
    for pose in poses:
        runtime.draw(*pose)
    clock.stop("draw")
    drawn = [runtime.draw(*pose).i420 for pose in poses[: 4 * fps]]
    clock.stop("")
    _encode((drawn[k % len(drawn)] for k in range(frames)), speech, size, fps)
    clock.stop("encode")
    clock.ms["lips and eyes"] = clock.ms.pop("draw") - clock.ms["warp"]
    return clock.ms


class _Clock:
    def __init__(self, frames: int) -> None:
        self._frames, self._last = frames, time.process_time()
        self.ms: dict[str, float] = {}

    def stop(self, stage: str) -> None:
        now = time.process_time()
        if stage:
            self.ms[stage] = (now - self._last) * 1000 / self._frames
        self._last = now


def _encode(pictures: Iterable[Picture], speech: Speech, size: int, fps: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Mp4Writer(Path(folder) / "out.mp4", size, size, fps) as writer:
        writer.write_audio(speech.samples)
        for picture in pictures:
            writer.write_frame(picture)


if __name__ == "__main__":
    main()
