"""What a clip's avatar costs: processor seconds to prepare ten seconds of video, and pictures a second to render it.

    python benchmarks/clip.py [--clip FILE] [--sides 512 720] [--size 512]

Without --clip the drawn presenter is filmed: she talks, nods and blinks for ten seconds. Processor time, not the clock:
preparing uses two cores for most of its work, so that on an idle machine of two the clock shows about six tenths of it.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "gpu_container"), str(ROOT / "layers/core/python")]

if TYPE_CHECKING:
    from renderer.clip import ClipRig

SECONDS: Final = 10
TEXT: Final = "The quick brown fox jumps over the lazy dog, and Peter Piper picked a peck of pickled peppers. " * 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 720], help="of the filmed clip, pixels")
    parser.add_argument("--size", type=int, default=512, help="of the rendered video, pixels")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for clip in [given.clip] if given.clip else [filmed(folder, side) for side in given.sides]:
            measure(clip, folder / "out.mp4", given.size)


def filmed(folder: Path, side: int) -> Path:
    """Ten seconds of the presenter, `side` x `side`."""
    from local.presenter import draw_presenter
    from renderer.media.mp4 import Mp4Writer
    from renderer.render import RenderOptions, pictures
    from renderer.rig import build_rig
    from renderer.speech import speak

    path = folder / f"{side}.mp4"
    speech = speak(TEXT)
    with Mp4Writer(path, side, side, 25) as writer:
        writer.write_audio(speech.samples[: SECONDS * 48_000])
        shown = pictures(build_rig(draw_presenter(768)), speech, RenderOptions(side, 25, seed=3))
        for picture in islice(shown, SECONDS * 25):
            writer.write_frame(picture)
    return path


def measure(clip: Path, out: Path, size: int) -> None:
    from renderer.clip import build_clip, save_clip
    from renderer.render import RenderOptions, render_video
    from renderer.speech import speak

    began, clock = time.process_time(), time.perf_counter()
    rig: ClipRig = build_clip(clip)
    prepared, waited = time.process_time() - began, time.perf_counter() - clock
    began = time.process_time()
    frames = render_video(rig, speak(TEXT), out, RenderOptions(size, 25)).frames
    spent = time.process_time() - began
    print(f"{rig.width} x {rig.height}, a loop of {rig.frames / rig.fps:.1f} s, {len(save_clip(rig)) / 1e6:.1f} MB")
    print(f"  prepared in {prepared:.1f} s of processor time ({waited:.1f} s by the clock)")
    print(
        f"  rendered at {size}: {frames / spent:.0f} pictures a second of processor time, {frames / 25:.0f} s of video"
    )


if __name__ == "__main__":
    main()
