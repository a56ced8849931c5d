"""An ASGI app on loopback: a real server in a thread of its own, on a port that is its own before anyone is told it."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, Self

import uvicorn

from tests.waiting import HANG_SECONDS


class _HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock a test can put forward: what waits for a time has it at once."""

    ahead_seconds = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_seconds


class LoopbackServer:
    """Answers from the first moment: a request that is quicker than the server's start waits for it.

    `more` goes to uvicorn. At the end `close`, or leave its `with`: what still streams has a second to end.
    """

    def __init__(self, app: Any, **more: Any) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        quiet: dict[str, Any] = {"lifespan": "off", "log_config": None, "log_level": "critical", "access_log": False}
        self._server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=1, **quiet, **more))
        self._loop = _HandLoop()
        self._thread = threading.Thread(target=self._run, name="loopback-server", daemon=True)
        self._thread.start()

    def pass_seconds(self, seconds: float) -> None:
        """For all that waits in the server's event loop; another thread's waits, and the test's, are as before."""

        def forward() -> None:
            self._loop.ahead_seconds += seconds

        self._loop.call_soon_threadsafe(forward)

    def close(self, *, at_once: bool = False) -> None:
        self._server.should_exit, self._server.force_exit = True, at_once
        self._thread.join(HANG_SECONDS)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve([self._listener]))
