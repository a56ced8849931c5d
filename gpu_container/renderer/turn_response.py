"""A turn as an HTTP answer: made in a thread of its own, sent by the event loop, ended when nobody listens."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from parley.wire.mux import CONTENT_TYPE, Record, encode, error
from renderer.turn_control import TurnControl

log = logging.getLogger("renderer.turn_response")

BURSTS_WAITING = 8
"""Pictures that may wait for the network: with more the maker waits too."""
STALLED_SEC = 20.0
"""A client that takes nothing for so long is gone."""


class TurnResponse(Response):
    """`bursts` is run in a thread; `done` is called there at its end."""

    media_type = CONTENT_TYPE

    def __init__(
        self, bursts: Iterator[list[Record]], control: TurnControl, done: Callable[[], None], name: str
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._bursts, self._control, self._done, self._name = bursts, control, done, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        room = threading.Semaphore(BURSTS_WAITING)

        def give(data: bytes | None) -> None:
            loop.call_soon_threadsafe(waiting.put_nowait, data)

        threading.Thread(target=self._make, args=(give, room), name=self._name, daemon=True).start()
        leaving = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while (data := await waiting.get()) is not None:
                await send({"type": "http.response.body", "body": data, "more_body": True})
                room.release()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            # Whatever ended this, the thread must not go on for nobody; after its own end this does nothing.
            self._control.abandon()
            leaving.cancel()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self._control.abandon()

    def _make(self, give: Callable[[bytes | None], None], room: threading.Semaphore) -> None:
        try:
            for burst in self._bursts:
                data = b"".join(encode(self._as_told(record)) for record in burst)
                if not self._has_room(room):
                    return
                give(data)
        except Exception:
            log.exception("a turn broke off", extra={"turn": self._name})
        finally:
            self._done()
            try:
                give(None)
            except RuntimeError:
                # The event loop has ended before us.
                log.info("a turn outlived its server", extra={"turn": self._name})

    def _as_told(self, record: Record) -> Record:
        """A turn that the worker's own end cut short was interrupted by nobody: another worker may do better."""
        if self._control.stopped and record.type == "end" and record.header.get("reason") == "interrupted":
            return error("worker_stopping", "The worker is being replaced. Begin the turn again.", True)
        return record

    def _has_room(self, room: threading.Semaphore) -> bool:
        """Waits for the network; False when nobody takes anything any more."""
        waited = 0.0
        while not room.acquire(timeout=0.05):
            waited += 0.05
            if self._control.abandoned or waited > STALLED_SEC:
                return False
        return True
