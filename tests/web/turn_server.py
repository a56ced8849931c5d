"""A real HTTP server on loopback: the platform's own pages, and turns that go well, break, hang or are interrupted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from local.pages import build_pages
from local.state import StateFolder
from parley.wire import mux
from tests.loopback_server import LoopbackServer
from tests.web.turns import FPS, Burst

Way = Literal["whole", "paced", "cut", "hung"]
_STAGE = "<!doctype html><title>A stage</title><canvas id=face width=64 height=64></canvas>"
_AHEAD_BURSTS = 2 * FPS
"""A worker sends at most two seconds ahead of real time."""


class Cut(Exception):
    """The connection breaks here."""


class TurnServer:
    """`turns[name]` = (what is sent, how); POST /turns/{id}/interrupt ends what is being sent."""

    def __init__(self, state: Path) -> None:
        self.turns: dict[str, tuple[list[Burst], Way]] = {}
        self.interrupted = threading.Event()
        routes = [
            Route("/stage", lambda _: HTMLResponse(_STAGE)),
            Route("/turns/{name}", self._turn),
            Route("/turns/{name}/interrupt", self._interrupt, methods=["POST"]),
            Mount("/", build_pages(StateFolder(state), "http://127.0.0.1")),
        ]
        self._server = LoopbackServer(Starlette(routes=routes))
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    async def _turn(self, request: Request) -> Response:
        self.interrupted.clear()
        if request.path_params["name"] not in self.turns:
            body = {"error": "There is no such turn.", "code": "not_found", "retryable": False}
            return JSONResponse(body, 404)
        bursts, way = self.turns[request.path_params["name"]]
        return StreamingResponse(self._sent(bursts, way), media_type=mux.CONTENT_TYPE)

    async def _interrupt(self, _: Request) -> Response:
        self.interrupted.set()
        return JSONResponse({"status": "interrupting"}, 202)

    async def _sent(self, bursts: list[Burst], way: Way) -> AsyncIterator[bytes]:
        middle = len(bursts) // 2
        for number, burst in enumerate(bursts):
            if way == "cut" and number == middle:
                raise Cut
            if way == "hung" and number == middle:
                await asyncio.Event().wait()
            if way == "paced" and number > _AHEAD_BURSTS:
                await asyncio.sleep(1 / FPS)
            if self.interrupted.is_set():
                yield mux.encode(mux.end("interrupted", number * 960, number, 0))
                return
            yield b"".join(map(mux.encode, burst))
