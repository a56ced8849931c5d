"""A minute of a turn in Chromium: picture against sound, asked of the page's pixels and samples, not of the player.

Figure: within 20 ms at every second, no picture shown late by more than one. Needs Chromium and Playwright.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.web.browsers import FLAGS, chromium  # noqa: E402
from tests.web.turn_server import TurnServer  # noqa: E402
from tests.web.turns import FPS, RATE_OUT, measured  # noqa: E402

BAR_PX = 42
"""Twelve of them are 504 pixels: decoding costs what a turn of 512 x 512 costs."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    program = chromium()
    if program is None:
        sys.stdout.write("no Chromium on this machine: `apt-get install chromium` brings it; not measured\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        server = TurnServer(Path(folder))
        server.turns["minute"] = (measured(seconds, "h264", BAR_PX), "paced")
        _report(_played(program, server.url), seconds)
        server.close()
    return 0


def _played(program: str, url: str) -> Any:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        page = browser.new_page()
        page.goto(url + "/stage")
        page.evaluate((ROOT / "tests/web/stage.js").read_text("utf-8"), {})
        played = page.evaluate("() => stage.play('minute', stage.offsets)")
        browser.close()
        return played


def _report(played: Any, seconds: int) -> None:
    ended, figures = played["ended"], played["statistics"]
    assert ended["reason"] == "completed" and ended["samples"] == seconds * RATE_OUT, ended
    offsets = [1000 * abs(offset) for offset in played["seen"]]
    each = len(offsets) // seconds
    by_second = [statistics.median(offsets[at * each : (at + 1) * each]) for at in range(seconds)]
    late = sum(offset > 1000 / FPS for offset in offsets)
    out = sys.stdout.write
    out(f"looked at {len(offsets)} refreshes of the screen in {seconds} s\n")
    out(f"picture outside its sound: worst second {max(by_second):.1f} ms (its median), 95% of refreshes within ")
    out(f"{sorted(offsets)[int(0.95 * len(offsets))]:.1f} ms, worst refresh {max(offsets):.1f} ms\n")
    out(f"refreshes that showed a picture more than one late: {late}\n")
    out(f"shown {figures['shownFrames']}, dropped {figures['droppedFrames']} of {seconds * FPS}; ")
    out(f"stalls {figures['stalls']}; first picture with its sound after {figures['timeToFirstFrameMs']:.0f} ms\n")


if __name__ == "__main__":
    raise SystemExit(main())
