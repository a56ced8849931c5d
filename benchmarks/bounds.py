"""Bounds in time that the product states and no test measures: what else a machine does must never fail a test.

    .venv/bin/python benchmarks/bounds.py

Wall times are of a quiet machine; processor times of any. Exits with 1 where a bound is passed.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "core" / "python"), str(ROOT / "gpu_container")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from local.presenter import draw_presenter  # noqa: E402
from parley.wire.turn_job import ChatMessage  # noqa: E402
from renderer.chat import ChatSettings, chat_of  # noqa: E402
from renderer.face.check import check_face  # noqa: E402
from renderer.motion.mouth import mouth_track  # noqa: E402
from renderer.rig import build_rig, save_rig  # noqa: E402
from renderer.types import VisemeTrack  # noqa: E402
from tests.e2e.conftest import RunningPlatform  # noqa: E402
from tests.renderer.chat.chat_server import Answering, Asked, serving  # noqa: E402
from tests.renderer.turns.turn_server import records_of, running_server  # noqa: E402
from tests.waiting import wait_for  # noqa: E402

ROUNDS = 5
TEXT = "This is the first of many sentences. " * 60


def interrupts() -> Iterator[float]:
    """From an interrupt's request to the end of the stream."""
    with running_server({"rigs/a": save_rig(build_rig(draw_presenter(512)))}) as server:
        for number in range(ROUNDS):
            stream = records_of(server.turn(f"turn{number}", text=TEXT, width=512, height=512))
            while next(stream).header.get("frame") != 10:
                continue
            began = time.monotonic()
            server.post(f"/turns/turn{number}/interrupt", {}, server.token(f"turn{number}"))
            assert list(stream)[-1].header["reason"] == "interrupted"
            yield time.monotonic() - began


def closed_replies() -> Iterator[float]:
    """From the close of a language model's reply to the end of the wait for its next word."""

    async def silent(_: Asked, out: Answering) -> None:
        await out.begin()
        await out.gone.wait()

    for _ in range(ROUNDS):
        with serving(silent) as (url, *_):
            reply = chat_of(ChatSettings(url=url, model="m")).reply(None, (ChatMessage(role="user", content="Hi"),))
            waiting = threading.Thread(target=lambda reply=reply: list(reply))
            waiting.start()
            began = time.monotonic()
            reply.close()
            waiting.join()
            yield time.monotonic() - began


def starts() -> Iterator[float]:
    """From `parley up` to its words that it answers, on a new folder."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        platform = RunningPlatform(Path(folder) / "state")
        began = time.monotonic()
        platform.start()
        yield time.monotonic() - began
        platform.stop()


def returns() -> Iterator[float]:
    """From the death of the platform's worker to the next one's start."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        platform = RunningPlatform(Path(folder) / "state")
        platform.start()
        for _ in range(ROUNDS):
            (worker,) = platform.children("worker_process")
            began = time.monotonic()
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda worker=worker: [pid for pid in platform.children("worker_process") if pid != worker])
            yield time.monotonic() - began
        platform.stop()


def half_an_hour() -> Iterator[float]:
    """The mouth of 45,000 pictures; processor time."""
    weights = np.random.default_rng(1).dirichlet(np.ones(15), 1800).astype(np.float32)
    track = VisemeTrack(np.repeat(weights, 100, axis=0), np.ones(180_000, np.float32))
    began = time.process_time()
    mouth_track(track, 25, 45_000)
    yield time.process_time() - began


def huge_portraits() -> Iterator[float]:
    """The verdict on a portrait of 16 megapixels; processor time."""
    huge = cv2.resize(draw_presenter(768), (4000, 4000), interpolation=cv2.INTER_CUBIC)
    began = time.process_time()
    check_face(huge)
    yield time.process_time() - began


BOUNDS: list[tuple[str, Callable[[], Iterator[float]], float]] = [
    ("an interrupted turn has ended", interrupts, 0.1),
    ("a closed reply waits no more", closed_replies, 0.1),
    ("`parley up` is ready", starts, 5.0),
    ("a killed worker is back", returns, 2.0),
    ("half an hour of speech has its mouths", half_an_hour, 3.0),
    ("a portrait of 16 megapixels is judged", huge_portraits, 6.0),
]


def main() -> int:
    good = True
    for name, measure, most in BOUNDS:
        worst = max(measure())
        good &= worst <= most
        sys.stdout.write(f"{name} after {worst:.3f} s at most (bound {most:g} s)\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
