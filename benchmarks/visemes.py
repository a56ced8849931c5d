"""What reading visemes from sound costs: resampling, spectra, network and all, on one core, by the processor's time.

    .venv/bin/python benchmarks/visemes.py [--seconds 60]

Whole, and in the pieces of a stream. Ends with 1 when the whole is read slower than 100 times real time, or the look-
ahead exceeds 120 ms.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

if __name__ == "__main__":
    _root = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(_root), str(_root / "gpu_container"), str(_root / "layers/core/python")]

from renderer.speech import speak
from renderer.types import RATE, Samples
from renderer.visemes import NetworkVisemes, VisemeStream
from renderer.visemes.by_sound import AHEAD_SEC
from renderer.visemes.network import BLOCK, MODEL

SLOWEST: Final = 100.0
FURTHEST_SEC: Final = 0.120
TEXT: Final = "Peter bought a big brown map from Bob. My mother may pay for a small apple pie by the farm gate. "


def whole(samples: Samples) -> None:
    NetworkVisemes().track(samples)


def in_pieces(samples: Samples, seconds: float) -> None:
    size = round(seconds * RATE)
    stream = VisemeStream()
    for start in range(0, len(samples), size):
        stream.push(samples[start : start + size])
    stream.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    length = round(parser.parse_args().seconds * RATE)
    samples = np.resize(speak(TEXT).samples, length)
    before = time.process_time()
    VisemeStream()
    started = time.process_time() - before
    times = {"whole": _times(partial(whole, samples), length)}
    for milliseconds in (20, 40, 200):
        times[f"{milliseconds} ms pieces"] = _times(partial(in_pieces, samples, milliseconds / 1000), length)
    print(f"network       {MODEL.stat().st_size / 1e6:.2f} MB, ready in {1000 * started:.0f} ms with its engine")
    print(f"look-ahead    {1000 * AHEAD_SEC:.1f} ms; columns come {BLOCK} at a time, {10 * BLOCK} ms")
    for name, factor in times.items():
        print(f"{name:<14}{factor:.0f} times real time")
    return int(times["whole"] < SLOWEST or AHEAD_SEC > FURTHEST_SEC)


def _times(read: Callable[[], None], length: int) -> float:
    best = 1e9
    for _ in range(3):
        before = time.process_time()
        read()
        best = min(best, time.process_time() - before)
    return length / RATE / best


if __name__ == "__main__":
    sys.exit(main())
