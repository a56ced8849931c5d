"""How fast is a render, on one core, against the physical limit of one warp and the same x264 on the same core?

    python benchmarks/render.py [--portrait FILE] [--runs 3] [--sizes 512 1024] [--fps 25]

Everything runs in fresh processes bound to one core. Speed is pictures per second of processor time, which other work
on the machine disturbs less than the clock; each bare loop runs in the same process, right after the render it is held
against. What a render costs is all of `render_video`: visemes, motion, the runtime's start, drawing, x264, AAC and MP4.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PATHS: Final = [str(ROOT), str(ROOT / "gpu_container"), str(ROOT / "layers/core/python")]
SECONDS: Final = 10
TEXT: Final = (
    "The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore, and Peter Piper picked a peck"
    " of pickled peppers. Around the rugged rocks the ragged rascal ran."
)
ONE: Final = "benchmarks/measure/one_render.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--fps", type=int, default=25)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        portrait, speech = make_inputs(Path(name), given.portrait)
        print(
            f"{SECONDS} s of speech at {given.fps} fps, one core of {os.cpu_count()}, {given.runs} runs: median, worst"
        )
        for size in given.sizes:
            order = [ONE, str(portrait), str(speech), str(size), str(given.fps)]
            report(size, [finished(started(order, core=0)) for _ in range(given.runs)])
        pair([ONE, str(portrait), str(speech), str(given.sizes[0]), str(given.fps)], given.runs)


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


def started(order: list[str], core: int) -> subprocess.Popen[str]:
    """A fresh process bound to one core, where the system can bind one."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(PATHS), "PARLEY_BENCH_CORE": str(core)}
    return subprocess.Popen([sys.executable, *order], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def finished(process: subprocess.Popen[str]) -> dict[str, float]:
    printed, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args} failed with status {process.returncode}")
    return json.loads(printed.strip().splitlines()[-1])


def report(size: int, runs: list[dict[str, float]]) -> None:
    def middle(name: str) -> float:
        return statistics.median(run[name] for run in runs)

    worst = min(run["fps"] for run in runs)
    share = [run["fps"] / run["bare_fps"] for run in runs]
    print(f"\n{size} x {size}")
    print(f"  render          {middle('fps'):6.0f} pictures/s, {worst:.0f}   ({middle('wall_fps'):.0f} by the clock)")
    print(
        f"  bare warp+x264  {middle('bare_fps'):6.0f} pictures/s        render / bare {statistics.median(share):.2f},",
        end=" ",
    )
    print(f"{min(share):.2f}")
    stages = ("visemes", "motion", "start", "warp", "lips and eyes", "encode")
    print("  ms a picture    " + "   ".join(f"{stage} {middle(stage):.2f}" for stage in stages))
    print(f"  portrait        {middle('portrait_sec'):6.2f} s to prepare     peak memory {middle('peak_mb'):.0f} MB")


def pair(order: list[str], runs: int) -> None:
    """Two renders at once, each on a core of its own, against one alone."""
    if (os.cpu_count() or 1) < 2:
        return
    gains: list[tuple[float, float]] = []
    for _ in range(runs):
        alone = finished(started([*order, "--render-only"], core=0))
        both = [finished(each) for each in [started([*order, "--render-only"], core) for core in (0, 1)]]
        clock, cpu = (sum(run[kind] for run in both) / alone[kind] for kind in ("wall_fps", "fps"))
        gains.append((clock, cpu))
    clock, cpu = (statistics.median(gain[index] for gain in gains) for index in (0, 1))
    print(
        f"\ntwo renders on two cores: {clock:.2f} times the throughput of one by the clock, {cpu:.2f} by processor time"
    )


if __name__ == "__main__":
    main()
