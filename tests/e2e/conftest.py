"""The real `parley up`, started once for all end-to-end tests, and what they need to talk to it.

`platform.client()` is an `ApiClient` with a live key; `platform.restart()` and `platform.kill()` may be used by any
test: whoever ends it starts it again.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from local.api_client import ApiClient
from local.presenter import draw_presenter
from local.state import ApiKeys, StateFolder
from renderer.media.wav import write_wav
from renderer.speech import speak
from tests.waiting import HANG_SECONDS, wait_for

_START_SECONDS = 200.0
_STOP_SECONDS = HANG_SECONDS


class RunningPlatform:
    """`parley up` as a process, on one state folder and, once started, one port."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = StateFolder(state)
        self._options = options
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def keys(self) -> ApiKeys:
        keys = self.state.api_keys()
        assert keys is not None
        return keys

    def client(self, key: str | None = None) -> ApiClient:
        return ApiClient(self.base_url, key or self.keys.live)

    def start(self) -> None:
        command = [sys.executable, "-m", "local.cli", "up", "--port", str(self._port), "--state", str(self.state.root)]
        self._process = subprocess.Popen(
            [*command, *self._options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = self._read_until("Ctrl-C")
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert found is not None, said
        self.base_url, self._port = found[0], int(found[1])

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """The exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        status = self._process.wait(_STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status

    def kill(self) -> None:
        """kill -9 of every process at once, the parent first."""
        everyone = [self.pid, *self.children()]
        for pid in everyone:
            with_no_such_process_ignored(lambda pid=pid: os.kill(pid, signal.SIGKILL))
        self.stop(signal.SIGKILL)
        wait_for(lambda: not any(alive(pid) for pid in everyone))

    def restart(self) -> None:
        """Ctrl-C, and a new start on what that left: a folder, and no process."""
        everyone = [self.pid, *self.children()]
        assert len(everyone) >= 5
        assert self.stop(signal.SIGINT) == 0
        assert not any(alive(pid) for pid in everyone)
        self.start()

    def children(self, module: str = "") -> list[int]:
        """Process ids of the children, or of those that run a module."""
        found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in found if parent_of(pid) == self.pid and module in command_of(pid)]

    def _read_until(self, mark: str) -> str:
        assert self._process is not None and self._process.stdout is not None
        guard = threading.Timer(_START_SECONDS, self._process.kill)
        guard.start()
        lines: list[str] = []
        for line in self._process.stdout:
            lines.append(line)
            if mark in line:
                break
        guard.cancel()
        assert lines and mark in lines[-1], "".join(lines)
        return "".join(lines)


def alive(pid: int) -> bool:
    """Whether a process of this id runs; one that ended and was not waited for does not."""
    return state_of(pid)[:1] not in ([], ["Z"])


def state_of(pid: int) -> list[str]:
    """What /proc says after the process's name: its state, its parent, ...; empty for none such."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent_of(pid: int) -> int | None:
    said = state_of(pid)
    return int(said[1]) if said else None


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def with_no_such_process_ignored(action: Callable[[], None]) -> None:
    try:
        action()
    except ProcessLookupError:
        return


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    running = RunningPlatform(tmp_path_factory.mktemp("e2e") / "state")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """Our presenter, as PNG."""
    done, png = cv2.imencode(".png", cv2.cvtColor(draw_presenter(512), cv2.COLOR_RGB2BGR))
    assert done
    return png.tobytes()


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """About three seconds of speech, as WAV."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    write_wav(path, speak("Good morning. Both people bought purple apples.").samples)
    return path.read_bytes()


@pytest.fixture(scope="session")
def avatar(platform: RunningPlatform, portrait: bytes) -> Any:
    """A ready avatar of the presenter, in the live environment."""
    with platform.client() as api:
        return api.create_avatar(api.upload("presenter.png", portrait)["id"])
