"""`parley demo` as a newcomer runs it."""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import httpx

from tests.e2e.conftest import RunningPlatform
from tests.e2e.streams import read_streams


def run_demo(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "local.cli", "demo", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def as_curl_would(line: str) -> httpx.Response:
    """Sends what a pasted curl line sends: -H headers, a -d body by POST, and one address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-H", action="append")
    parser.add_argument("-d")
    parser.add_argument("url")
    said = parser.parse_args(shlex.split(line)[1:])
    headers = dict(header.split(": ", 1) for header in said.H)
    return httpx.request("POST" if said.d else "GET", said.url, headers=headers, content=said.d)


def test_the_demo_writes_a_video_and_lines_that_work_when_pasted(platform: RunningPlatform, tmp_path: Path) -> None:
    video = tmp_path / "demo.mp4"
    said = run_demo("--out", str(video), "--state", str(platform.state.root))
    seen = read_streams(video.read_bytes())
    assert seen.frames > 100 and abs(seen.video_seconds - seen.audio_seconds) < 0.05
    assert str(video) in said and platform.keys.test in said and platform.base_url in said
    lines = [line for line in said.splitlines() if line.startswith("curl ")]
    assert len(lines) == 3
    for line in lines:
        answer = as_curl_would(line)
        assert answer.status_code < 300, line
        assert "tenantId" in answer.text or "avatarId" in answer.text


def test_without_a_terminal_its_own_platform_stops_and_it_says_how_to_start_it_again(tmp_path: Path) -> None:
    said = run_demo("--out", str(tmp_path / "demo.mp4"), "--state", str(tmp_path / "state"), "--port", "0")
    assert (tmp_path / "demo.mp4").stat().st_size > 10_000
    (again,) = [line for line in said.splitlines() if "Start it again" in line]
    assert f"--state {tmp_path / 'state'}" in again and "--port" in again
    assert not (tmp_path / "state" / "platform.json").exists()
