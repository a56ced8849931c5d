"""A real worker server on a loopback port, and a client that reads its streams record by record."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from parley.wire.mux import Decoder, Record
from parley.wire.turn_token import sign
from renderer.given_sound import SoundFiles
from renderer.prepared_faces import PreparedFaces
from renderer.turn_app import TurnApp
from renderer.turn_slots import TurnSlots
from renderer.turn_speaker import GetChat, chat_from_env
from tests.loopback_server import LoopbackServer
from tests.waiting import HANG_SECONDS

KEY = b"a key that only tests know, long enough"
WORKER = "worker-under-test"


@dataclass
class RunningServer:
    port: int
    slots: TurnSlots
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def token(self, turn: str, *, worker: str = WORKER, key: bytes = KEY, age: int = 0) -> str:
        return sign(turn, worker, key, int(time.time()) - age)

    def post(self, path: str, body: Mapping[str, Any] | bytes, token: str | None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        headers = {} if token is None else {"Authorization": f"Turn {token}"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, data, headers)
        return connection.getresponse()

    def turn(self, turn: str, **fields: Any) -> http.client.HTTPResponse:
        return self.post("/turn", job(turn, **fields), self.token(turn))

    def health(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read())


def job(turn: str, **fields: Any) -> dict[str, Any]:
    """A small turn, with the fields changed that are named."""
    usual = {
        "turnId": turn, "workerId": WORKER, "rigKey": "rigs/a", "mode": "speak_text", "text": "Hello.",
        "voice": "en-us", "width": 128, "height": 128, "maxSamples": 24_000 * 60,
    }  # fmt: skip
    return {**usual, **fields}


def records_of(answer: http.client.HTTPResponse) -> Iterator[Record]:
    """The records as they arrive. MuxError where the stream is not what it must be, cut off too."""
    decoder = Decoder()
    while data := answer.read1(65536):
        yield from decoder.push(data)
    decoder.end()


@contextmanager
def running_server(
    objects: dict[str, bytes], slots: int = 2, chat: GetChat = chat_from_env
) -> Generator[RunningServer]:
    def read(key: str) -> bytes:
        if key not in objects:
            raise FileNotFoundError(key)
        return objects[key]

    def opened(key: str) -> BinaryIO:
        return io.BytesIO(read(key))

    room = TurnSlots(slots)
    app = TurnApp(WORKER, lambda: (KEY,), room, PreparedFaces(read), SoundFiles(opened, opened), chat)
    with LoopbackServer(app.asgi()) as server:
        try:
            yield RunningServer(server.port, room, objects)
        finally:
            room.stop_all()
