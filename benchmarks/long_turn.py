"""One turn of half an hour, whole: what each minute costs, what is kept in memory, and whether sound and picture drift.

    .venv/bin/python benchmarks/long_turn.py [--minutes 30] [--undrawn]

The speech of a text is given again and again as sound; the drawn presenter speaks it at 512x512, 25 pictures a second
in H.264; the client's clock is played by the benchmark, which waits for nobody. `--undrawn` leaves out drawing and
encoding, so that what is left is all that could grow with a turn's length.
"""

# ruff: noqa: T201, E402
import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "core" / "python"), str(ROOT / "gpu_container")]

import numpy as np

from parley.wire.mux import Record, VideoFormat
from renderer.runtimes.drawn import Drawn
from renderer.speech import speak
from renderer.turn import DrawPicture, TurnOptions, TurnStream
from renderer.turn_control import TurnControl
from renderer.turn_pieces import given_pieces
from renderer.types import RATE, Samples

FPS, OUT_RATE, SIZE = 25, 24_000, 512
TEXT = "Good morning, and welcome back. I have looked into your question, and there are three things to say about it. "
MOST_GROWTH_MB = 8.0


class Hasty(TurnControl):
    """Time passes only while the turn waits: a long turn in a short time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        super().wait(0)
        self.now += max(seconds, 0.0)


def given(minutes: int) -> Iterator[Samples]:
    """Second by second; the last is cut to the length."""
    spoken, left = speak(TEXT).samples, minutes * 60 * RATE
    while left > 0:
        for at in range(0, len(spoken), RATE):
            piece = spoken[at : min(at + RATE, at + left)]
            left -= len(piece)
            if len(piece):
                yield piece


def face(undrawn: bool) -> Callable[[], DrawPicture]:
    if undrawn:
        nothing = Drawn(np.zeros((24, 16), np.uint8))
        return lambda: lambda _k, _mouth, _head: nothing
    from local.presenter import draw_presenter
    from renderer.rig import build_rig
    from renderer.rig.framing import canvas_of
    from renderer.runtimes.mesh.runtime import MeshRuntime

    portrait = MeshRuntime(canvas_of(build_rig(draw_presenter(768)), SIZE, SIZE))
    return lambda: lambda _k, mouth, head: portrait.draw(mouth, head)


def resident_mb() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> int:
    asked = argparse.ArgumentParser(description="A turn of half an hour.")
    asked.add_argument("--minutes", type=int, default=30)
    asked.add_argument("--undrawn", action="store_true")
    wanted = asked.parse_args()
    side = 16 if wanted.undrawn else SIZE
    options = TurnOptions("long", VideoFormat("i420" if wanted.undrawn else "h264", side, side, FPS))
    control = Hasty()
    stream = TurnStream(
        options, face(wanted.undrawn), given_pieces(given(wanted.minutes)), control, lambda: control.now
    )
    spent, held, worst, last = _heard(stream)
    assert last.type == "end", last.header
    samples, frames = int(str(last.header["samples"])), int(str(last.header["frames"]))
    drift = samples - wanted.minutes * 60 * OUT_RATE
    growth = held[-1] - held[min(1, len(held) - 1)]
    missing = frames - wanted.minutes * 60 * FPS
    print(f"{wanted.minutes} minutes: {samples} samples ({drift:+d}), {frames} pictures ({missing:+d})")
    print(f"picture against sound, by their records: at most {worst} samples apart")
    print(f"processor seconds of each minute: {', '.join(f'{s:.2f}' for s in spent)}")
    print(f"resident MB after each minute: {', '.join(f'{mb:.0f}' for mb in held)} ({growth:+.1f} from the second on)")
    return 0 if drift == 0 and missing == 0 and worst == 0 and growth <= MOST_GROWTH_MB else 1


def _heard(stream: TurnStream) -> tuple[list[float], list[float], int, Record]:
    """Processor seconds and resident MB of each minute; how far a picture ever was from its sound; the last record."""
    spent, held, worst, sound, began = list[float](), list[float](), 0, 0, time.process_time()
    last = None
    for last in stream.records():
        if last.type == "audio":
            worst = max(worst, abs(int(str(last.header["pts"])) - sound))
            sound += int(str(last.header["samples"]))
        elif last.type == "video":
            frame = int(str(last.header["frame"]))
            worst = max(worst, abs(int(str(last.header["pts"])) - frame * OUT_RATE // FPS))
            if frame % (60 * FPS) == 60 * FPS - 1:
                spent.append(time.process_time() - began)
                held.append(resident_mb())
                print(f"minute {len(spent)}: {spent[-1]:.2f} s, {held[-1]:.1f} MB", file=sys.stderr, flush=True)
                began = time.process_time()
    assert last is not None
    return spent, held, worst, last


if __name__ == "__main__":
    sys.exit(main())
