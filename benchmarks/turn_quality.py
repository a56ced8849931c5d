"""What a turn's H.264 costs in bytes and keeps in quality, beside JPEG 75 of the same pictures.

    .venv/bin/python benchmarks/turn_quality.py [--seconds 10]

The drawn presenter speaks at 512x512, 25 pictures a second. Each picture is decoded again and compared with what was
drawn: PSNR and SSIM of the luma, and the share of pictures in which H.264 is at least as close as JPEG.
"""

# ruff: noqa: T201, E402
import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "core" / "python"), str(ROOT / "gpu_container")]

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from local.presenter import draw_presenter
from parley.wire.mux import VideoFormat
from parley.wire.turn_job import Codec
from renderer.rig import build_rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.speech import speak
from renderer.turn import TurnOptions, TurnStream
from renderer.turn_control import TurnControl
from renderer.turn_pieces import given_pieces
from renderer.types import RATE

SIZE, FPS, MOST_BYTES = 512, 25, 100_000
TEXT = (
    "Good morning, and welcome back. I have looked into your question, and there are three things to say about it. " * 3
)
Luma = NDArray[np.uint8]


class Unhurried(TurnControl):
    """Time passes only while the turn waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        super().wait(0)
        self.now += max(seconds, 0.0)


def payloads(portrait: MeshRuntime, codec: Codec, seconds: int) -> list[bytes]:
    control = Unhurried()
    sound = speak(TEXT).samples[: seconds * RATE]
    options = TurnOptions("quality", VideoFormat(codec, SIZE, SIZE, FPS))
    face = lambda: lambda _k, mouth, head: portrait.draw(mouth, head)  # noqa: E731
    stream = TurnStream(options, face, given_pieces([sound]), control, lambda: control.now)
    return [record.payload for record in stream.records() if record.type == "video"]


def h264(pictures: Sequence[bytes]) -> list[Luma]:
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for each in pictures for frame in decoder.decode(av.Packet(each))] + decoder.decode(None)
    return [frame.reformat(format="yuv420p").to_ndarray()[:SIZE] for frame in frames]


def jpeg(pictures: Sequence[bytes]) -> list[Luma]:
    """As a browser shows them, and back: JPEG has another range."""
    shown = (cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in pictures)
    return [
        np.asarray(cv2.cvtColor(each, cv2.COLOR_BGR2YUV_I420), np.uint8)[:SIZE] for each in shown if each is not None
    ]


def psnr(one: Luma, other: Luma) -> float:
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 10 * np.log10(255**2 / max(error, 1e-9))


def ssim(one: Luma, other: Luma) -> float:
    """Wang et al. 2004: Gaussian windows of 11 pixels."""
    a, b = one.astype(np.float64), other.astype(np.float64)

    def mean(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        return cv2.GaussianBlur(picture, (11, 11), 1.5)

    near, far = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return float(np.mean((2 * ma * mb + near) * (2 * both + far) / ((ma * ma + mb * mb + near) * (va + vb + far))))


def main() -> int:
    asked = argparse.ArgumentParser(description="H.264 beside JPEG 75.")
    asked.add_argument("--seconds", type=int, default=10)
    seconds = asked.parse_args().seconds
    portrait = MeshRuntime(canvas_of(build_rig(draw_presenter(768)), SIZE, SIZE))
    drawn = [np.frombuffer(each, np.uint8).reshape(-1, SIZE)[:SIZE] for each in payloads(portrait, "i420", seconds)]
    found: dict[str, tuple[float, float, float]] = {}
    decoders: dict[Codec, Callable[[Sequence[bytes]], list[Luma]]] = {"h264": h264, "jpeg": jpeg}
    for codec, decode in decoders.items():
        sent = payloads(portrait, codec, seconds)
        seen = decode(sent)
        assert len(seen) == len(drawn), (codec, len(seen), len(drawn))
        rate = sum(map(len, sent)) / len(sent) * FPS
        quality = [(psnr(one, other), ssim(one, other)) for one, other in zip(drawn, seen, strict=True)]
        found[codec] = (rate, float(np.mean([p for p, _ in quality])), float(np.mean([s for _, s in quality])))
        worst = min(p for p, _ in quality), min(s for _, s in quality)
        print(f"{codec}: {rate:,.0f} bytes/s, PSNR {found[codec][1]:.1f} dB (worst picture {worst[0]:.1f}), "
              f"SSIM {found[codec][2]:.4f} (worst {worst[1]:.4f})")  # fmt: skip
    return 0 if found["h264"][0] <= MOST_BYTES and found["h264"][2] >= found["jpeg"][2] else 1


if __name__ == "__main__":
    sys.exit(main())
