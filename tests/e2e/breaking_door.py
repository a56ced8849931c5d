"""A door in front of a real platform that breaks chosen answers, as a deployment put together wrongly would."""

import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from parley.wire.mux import Decoder, Record, encode

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
KEPT = frozenset({"content-type", "location", "retry-after", "x-turn-id", "x-request-id", "idempotency-replayed"})
MP4_CUT_BYTES = 4000


class BreakingDoor:
    """Passes everything on, but for `faults`: voices, advice, video, turn, wall, wallet."""

    def __init__(self, base_url: str, live_key: str, faults: set[str]) -> None:
        self.base_url, self.live_key, self.faults = base_url, live_key, faults
        self.url = ""
        self._balances_read = 0
        self._http = httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False)

    async def answer(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        if "wall" in self.faults and headers.get("authorization", "").startswith("Bearer tic_test_"):
            headers["authorization"] = f"Bearer {self.live_key}"
        # Addresses within bodies are this door's outside, and the platform's inside.
        body = (await request.body()).replace(self.url.encode(), self.base_url.encode())
        where = f"{request.url.path}?{request.url.query}"
        inner = self._http.build_request(request.method, where, headers=headers, content=body)
        answer = await self._http.send(inner, stream=True)
        kept = {name: value for name, value in answer.headers.items() if name in KEPT}
        if kept.get("content-type", "").startswith("application/x-avatar-mux"):
            return StreamingResponse(self._turn(answer), answer.status_code, kept)
        data = await answer.aread()
        if kept.get("content-type") == "application/json":
            data = self._json(request.url.path, json.loads(data or b"{}"))
        elif kept.get("content-type") == "video/mp4" and "video" in self.faults:
            data = data[:-MP4_CUT_BYTES]
        return Response(data, answer.status_code, kept)

    def _json(self, path: str, body: Any) -> bytes:
        if path == "/api/v1/voices" and "voices" in self.faults:
            del body["data"][-1]["gender"]
        if body.get("code") == "no_face" and "advice" in self.faults:
            body["error"] = "No."
        if path == "/api/v1/credits/balance" and "wallet" in self.faults and "lifetimeUsedCreditMicros" in body:
            self._balances_read += 1
            body["lifetimeUsedCreditMicros"] += min(1, self._balances_read - 1)
        return json.dumps(body).replace(self.base_url, self.url).encode()

    async def _turn(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The stream, of whose first sound one sample is lost."""
        decoder, lost = Decoder(), "turn" not in self.faults
        async for piece in answer.aiter_raw():
            for record in decoder.push(piece):
                sent = record
                if record.type == "audio" and not lost:
                    sent, lost = Record(record.header, record.payload[:-2]), True
                yield encode(sent)


@contextmanager
def breaking_door(base_url: str, live_key: str, *faults: str) -> Iterator[str]:
    """The door's address."""
    door = BreakingDoor(base_url, live_key, set(faults))
    app = Starlette(routes=[Route("/{path:path}", door.answer, methods=METHODS)])
    listener = socket.create_server(("127.0.0.1", 0))
    door.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield door.url
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
