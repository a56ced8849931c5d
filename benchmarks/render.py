"""How fast is `parley render`, against the physical limit of one warp and the same x264 on the same machine?

    python benchmarks/render.py [--portrait FILE] [--runs 3] [--size 512] [--fps 25]

Each run is a fresh process, and the two kinds alternate, so that a busy machine slows both alike.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PATHS: Final = [str(ROOT), str(ROOT / "gpu_container"), str(ROOT / "layers/core/python")]
SECONDS: Final = 10
TEXT: Final = (
    "The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore, and Peter Piper picked a peck"
    " of pickled peppers. Around the rugged rocks the ragged rascal ran."
)


@dataclass(frozen=True)
class Run:
    """One fresh process: wall and processor seconds, peak resident memory, the last line it printed."""

    wall_sec: float
    cpu_sec: float
    peak_mb: float
    last_line: str


def fresh_process(*command: str) -> Run:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)}
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(wall, usage.ru_utime + usage.ru_stime, kilobytes / 1024, printed.strip().splitlines()[-1])


def make_inputs(folder: Path, portrait: Path | None) -> tuple[Path, Path]:
    """Exactly SECONDS of speech, and the portrait: the one given, or our own presenter."""
    sys.path[:0] = PATHS
    import cv2
    import numpy as np

    from local.presenter import draw_presenter
    from renderer.media.wav import write_wav
    from renderer.speech import speak
    from renderer.types import RATE

    samples = speak(TEXT).samples[: SECONDS * RATE]
    write_wav(folder / "speech.wav", np.pad(samples, (0, SECONDS * RATE - len(samples))))
    if portrait is None:
        portrait = folder / "presenter.png"
        cv2.imwrite(str(portrait), draw_presenter()[..., ::-1])
    return portrait, folder / "speech.wav"


def bare_loop(portrait: Path, size: int, fps: int) -> None:
    """The physical limit, in this process: one precomputed remap, RGB to I420, the writer's own x264. No sound."""
    sys.path[:0] = PATHS
    import av
    import cv2
    import numpy as np

    from renderer.media.mp4 import video_stream

    cv2.setNumThreads(1)
    rgb = cv2.resize(cv2.cvtColor(cv2.imread(str(portrait)), cv2.COLOR_BGR2RGB), (size, size))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    maps = [np.stack([x + np.float32(np.sin(k / 9)), y + np.float32(np.sin(k / 7))], -1) for k in range(32)]
    frames = SECONDS * fps
    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, av.open(f"{folder}/limit.mp4", "w") as container:
        stream = video_stream(container, size, size, fps)
        for k in range(frames):
            warped = cv2.remap(rgb, maps[k % 32], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            frame = av.VideoFrame.from_numpy_buffer(cv2.cvtColor(warped, cv2.COLOR_RGB2YUV_I420), format="yuv420p")
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    print(f"{time.perf_counter() - start:.4f} {time.process_time() - cpu:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--bare-loop", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare_loop:
        bare_loop(given.portrait, given.size, given.fps)
        return
    with tempfile.TemporaryDirectory() as name:
        portrait, speech = make_inputs(Path(name), given.portrait)
        shape = ("--size", str(given.size), "--fps", str(given.fps))
        command = ("-m", "local.cli", "render", str(portrait), str(speech), "-o", f"{name}/out.mp4", *shape)
        limit = (__file__, "--bare-loop", "--portrait", str(portrait), *shape)
        pairs = [(fresh_process(*command), fresh_process(*limit)) for _ in range(given.runs)]
    report(pairs, given.size, given.fps)


def report(pairs: list[tuple[Run, Run]], size: int, fps: int) -> None:
    print(
        f"{SECONDS} s of speech, {size}x{size} at {fps} fps, {os.cpu_count()} cores, {len(pairs)} runs (median, worst)"
    )
    walls = [render.wall_sec for render, _ in pairs]
    limits, limit_cpus = zip(*(map(float, bare.last_line.split()) for _, bare in pairs), strict=True)
    ratios = [wall / bare for wall, bare in zip(walls, limits, strict=True)]
    times = [SECONDS / wall for wall in walls]
    peaks = [render.peak_mb for render, _ in pairs]
    cpu = statistics.median(render.cpu_sec for render, _ in pairs)
    print(f"parley render   {statistics.median(walls):6.2f} s, {max(walls):.2f} s  whole process; {cpu:.2f} s of CPU")
    print(f"  times real time {statistics.median(times):4.1f}, {min(times):.1f}   peak memory {max(peaks):.0f} MB")
    print(f"bare warp+x264  {statistics.median(limits):6.2f} s, {max(limits):.2f} s  loop alone, one thread")
    print(f"render / limit  {statistics.median(ratios):6.2f}, {max(ratios):.2f}  by the clock;", end=" ")
    print(f"{cpu / statistics.median(limit_cpus):.2f} by processor time, which other work on the machine disturbs less")


if __name__ == "__main__":
    main()
