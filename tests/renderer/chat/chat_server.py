"""A language model on loopback: an ASGI app that each test writes, behind uvicorn in a thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.loopback_server import LoopbackServer
from tests.waiting import HANG_SECONDS

PATIENT = dict.fromkeys(("first_seconds", "pause_seconds", "total_seconds"), HANG_SECONDS)
"""A model is not given up because the machine is busy: a test of slow ones says which limit is short."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = Callable[["Asked", "Answering"], Awaitable[None]]


class Asked:
    """The request, whole."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answering:
    """The way back; `gone` is set when the client has left."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.gone = asyncio.Event()
        self.ended = False

    async def begin(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        named = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        pairs = [(name.encode(), value.encode()) for name, value in named.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        # An endless answer must let the loop see that the client left.
        await asyncio.sleep(0)

    async def end(self) -> None:
        self.ended = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def whole(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        await self.begin(status, kind, **headers)
        await self.write(body)
        await self.end()


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[Asked], threading.Event]]:
    """(base URL, what was asked so far, set once a client went away before its answer ended)."""
    asked: list[Asked] = []
    left = threading.Event()

    async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        asked.append(Asked(scope["path"], headers, body))
        answering = Answering(send)

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue
            answering.gone.set()

        watching = asyncio.create_task(watch())
        work = asyncio.create_task(answer(asked[-1], answering))
        await asyncio.wait([watching, work], return_when=asyncio.FIRST_COMPLETED)
        if answering.gone.is_set() and not answering.ended:
            left.set()
        watching.cancel()
        work.cancel()
        await asyncio.gather(watching, work, return_exceptions=True)

    server = LoopbackServer(app)
    try:
        yield f"{server.url}/v1", asked, left
    finally:
        server.close(at_once=True)
