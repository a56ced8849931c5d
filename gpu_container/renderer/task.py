"""`python -m renderer.task`: what a task of the renderer service runs: the worker for renders and the one for turns.

One container, because a GPU belongs to one container. Either process that ends takes the other with it, so that ECS
starts the task anew; SIGTERM goes to both, and each hands back what it cannot finish.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from renderer.telemetry import log_as_json

log = logging.getLogger("renderer.task")

MODULES: Final = ("renderer.worker", "renderer.server")
STOP_SEC: Final = 110.0
"""Below ECS's stop timeout of 120 s, after which nothing is handed back."""


class Task:
    """The processes, as one."""

    def __init__(self, modules: Sequence[str] = MODULES, stop_seconds: float = STOP_SEC) -> None:
        self._modules, self._stop_seconds = modules, stop_seconds
        self._told = threading.Event()
        self._ended = threading.Event()

    def run(self) -> int:
        """Until SIGTERM or SIGINT (0), or until one of them ends by itself (1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        processes = {module: subprocess.Popen([sys.executable, "-m", module]) for module in self._modules}
        for module, process in processes.items():
            threading.Thread(target=self._watch, args=(module, process), name=module, daemon=True).start()
        self._ended.wait()
        for process in processes.values():
            process.terminate()
        by = time.monotonic() + self._stop_seconds
        late = [module for module, process in processes.items() if not _has_ended(process, by)]
        if late:
            log.error("did not end in time", extra={"programs": late})
        return 0 if self._told.is_set() and not late else 1

    def _stop(self, *_signal: object) -> None:
        self._told.set()
        self._ended.set()

    def _watch(self, module: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        if not self._ended.is_set():
            log.error("a process of the task ended by itself", extra={"program": module, "code": code})
        self._ended.set()


def _has_ended(process: subprocess.Popen[bytes], by: float) -> bool:
    """Once it has; False for one that had to be killed."""
    try:
        process.wait(max(0.0, by - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def main() -> None:
    log_as_json()
    os.environ.setdefault("WORKER_GRACE_SECONDS", "80")
    os.environ.setdefault("TURN_GRACE_SECONDS", "80")
    sys.exit(Task().run())


if __name__ == "__main__":
    main()
