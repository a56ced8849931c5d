"""10 s of speech through the whole platform: from POST to the downloaded MP4, in seconds (figure: under 4)."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from local.api_client import ApiClient
from local.platform import Platform, PlatformOptions
from local.presenter import draw_presenter
from renderer.media.wav import write_wav
from renderer.speech import speak
from renderer.types import RATE

SECONDS = 10
TEXT = "Anyone can run this platform, and everything it needs comes with it. " * 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        wav = Path(folder) / "speech.wav"
        write_wav(wav, _ten_seconds())
        with Platform(PlatformOptions(port=0, state=Path(folder) / "state")) as platform:
            sys.stdout.write(f"platform ready after {platform.started_in_seconds:.2f} s\n")
            with ApiClient(platform.base_url, platform.keys.live) as api:
                _measure(api, wav.read_bytes(), rounds)
    return 0


def _ten_seconds() -> np.ndarray:
    samples = speak(TEXT).samples
    assert len(samples) >= SECONDS * RATE
    return samples[: SECONDS * RATE]


def _measure(api: ApiClient, speech: bytes, rounds: int) -> None:
    done, png = cv2.imencode(".png", cv2.cvtColor(draw_presenter(512), cv2.COLOR_RGB2BGR))
    assert done
    avatar = api.create_avatar(api.upload("presenter.png", png.tobytes())["id"])
    sound = api.upload("speech.wav", speech)
    order = {"avatarId": avatar["id"], "audioUrl": sound["publicUrl"]}
    took: list[float] = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        made = api.ask("POST", "/api/v1/lipsync", json=order)
        video = api.download(made["url"])
        taken = time.perf_counter() - began
        assert made["frames"] == SECONDS * made["fps"]
        first = " (first, not counted)" if number == 0 else ""
        sys.stdout.write(f"{taken:6.2f} s, {len(video) / 1024:.0f} KiB{first}\n")
        if number:
            took.append(taken)
    median = statistics.median(took)
    sys.stdout.write(
        f"median {median:.2f} s for {SECONDS} s of 512x512 video, {SECONDS / median:.1f} times real time\n"
    )


if __name__ == "__main__":
    sys.exit(main())
