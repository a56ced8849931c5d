"""Relays a stream that is pushed to: what the client says to its worker, what the worker makes to the client."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
from fastapi import WebSocket, WebSocketDisconnect
from starlette.types import Message

from functions.turn.opening import OpenTurn
from functions.turn.relay import RelayTimes, TurnResponse
from functions.turn.worker_link import WorkerDeclined, WorkerLink, WorkerLost
from parley.operations.start_turn import turn_token
from parley.store.stores import Stores
from parley.wire import mux
from parley.wire.pushed_sound import Part, PartKind, encode_part
from parley.wire.streams import MOST_MESSAGE_BYTES, MOST_TEXT_LETTERS, UNSPOKEN_SECONDS, OpenStream

_CONTROLS: dict[str, PartKind] = {"flush": "flush", "interrupt": "drop", "close": "close"}
_WAITING_PARTS = 64


class Progress:
    """How much of what was pushed is not over yet. `rate`: of what is pushed; `sent_rate`: of what is spoken."""

    def __init__(self, rate: int, sent_rate: int) -> None:
        self._rate, self._sent_rate = rate, sent_rate
        self.pushed = self._over = self._spoken = 0
        self.speaking = False
        self._moved = anyio.Event()

    @property
    def unspoken_sec(self) -> float:
        return (self.pushed - self._over) / self._rate - self._spoken / self._sent_rate

    def take(self, record: mux.Record) -> None:
        """A record went to the client."""
        if record.type == "audio":
            self._spoken += len(record.payload) // 2
        elif record.type == "utterance":
            self.speaking = True
        elif record.type == "pause":
            over = record.header.get("pushed")
            self.speaking, self._spoken = False, 0
            self._over = over if isinstance(over, int) else self.pushed
        else:
            return
        self._moved.set()
        self._moved = anyio.Event()

    async def room(self) -> None:
        """Returns once no more than UNSPOKEN_SECONDS wait."""
        while self.unspoken_sec > UNSPOKEN_SECONDS:
            await self._moved.wait()


class StreamRelay:
    """One accepted socket and its opened turn. It settles whichever way it ends."""

    def __init__(
        self, socket: WebSocket, stores: Stores, link: WorkerLink, opened: OpenTurn, body: OpenStream, times: RelayTimes
    ) -> None:
        self._socket, self._stores, self._link, self._opened, self._body = socket, stores, link, opened, body
        self._response = TurnResponse(stores, link, opened, mux.CONTENT_TYPE, times)
        self._progress = Progress(body.sample_rate, opened.turn.sample_rate)
        self._gone = anyio.Event()
        self._records = mux.Decoder()
        self._why: mux.Record | None = None
        """What is told in place of the worker's own end."""
        self._give, self._take = anyio.create_memory_object_stream[Part](_WAITING_PARTS)

    async def run(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            group.start_soon(self._push)
            await self._response(self._socket.scope, self._until_gone, self._send)
            group.cancel_scope.cancel()
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._socket.close(1000)

    # --- from the client to the worker ---

    async def _listen(self) -> None:
        try:
            while True:
                await self._progress.room()
                part = await self._next_part()
                if part is None:
                    continue
                self._progress.pushed += len(part.pcm) // 2
                await self._give.send(part)
                if part.kind == "close":
                    break
            while (await self._socket.receive())["type"] != "websocket.disconnect":
                continue
        except WebSocketDisconnect:
            pass
        self._gone.set()

    async def _next_part(self) -> Part | None:
        """What the client says next; None for what is nothing. Raises WebSocketDisconnect."""
        while True:
            with anyio.move_on_after(self._body.idle_seconds) as patience:
                message = await self._socket.receive()
                return await self._part(message)
            if patience.cancelled_caught and not self._progress.speaking:
                self._why = mux.end("idle", 0, 0, 0)
                return Part("close")

    async def _part(self, message: Message) -> Part | None:
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        pcm: bytes | None = message.get("bytes")
        if pcm is not None:
            if len(pcm) <= MOST_MESSAGE_BYTES and len(pcm) % 2 == 0:
                return Part("sound", pcm) if pcm else None
            words = f"A message of sound has whole 16-bit samples and at most {MOST_MESSAGE_BYTES} bytes."
            return await self._fail("invalid_sound", words)
        kind = _control(message.get("text") or "")
        if kind is None:
            names = ", ".join(_CONTROLS)
            return await self._fail("invalid_message", f'A text message is JSON: {{"type": one of {names}}}.')
        return Part(kind)

    async def _push(self) -> None:
        """The body of one request to the worker, for as long as the stream lasts."""
        turn, worker = self._opened.turn, self._opened.worker
        try:
            token = turn_token(self._stores, turn.id, worker.id)
            await self._link.push_sound(worker, turn.id, token, self._parts())
        except (WorkerLost, WorkerDeclined):
            # If the turn is not over for another reason, its own stream ends with the worker.
            await self._fail("worker_lost", "The worker was lost. What was delivered is charged: try again.", True)

    async def _parts(self) -> AsyncIterator[bytes]:
        async for part in self._take:
            yield encode_part(part)
            if part.kind == "close":
                return

    async def _fail(self, code: str, words: str, retryable: bool = False) -> None:
        """The turn ends as one that is interrupted does, and the client is told why."""
        if self._why is not None:
            return
        self._why = mux.error(code, words, retryable)
        worker, turn_id = self._opened.worker, self._opened.turn.id
        with suppress(WorkerLost):
            await self._link.interrupt(worker, turn_id, turn_token(self._stores, turn_id, worker.id))

    # --- from the worker to the client ---

    async def _until_gone(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        """What TurnResponse answers, as messages of the socket. Raises OSError when nobody takes them."""
        data: bytes = message.get("body", b"")
        if not data:
            return
        records = [self._as_told(record) for record in self._records.push(data)]
        try:
            await self._socket.send_bytes(b"".join(map(mux.encode, records)))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError from error
        for record in records:
            self._progress.take(record)

    def _as_told(self, record: mux.Record) -> mux.Record:
        """The last record says what only we know: why it is the last."""
        if record.type not in mux.CLOSING or self._why is None:
            return record
        if self._why.type == "error":
            return self._why
        return mux.Record({**record.header, "reason": "idle"}) if record.type == "end" else record


def _control(text: str) -> PartKind | None:
    """What a text message asks for; None for one that asks for nothing there is."""
    if len(text) > MOST_TEXT_LETTERS:
        return None
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kind: Any = said.get("type") if isinstance(said, dict) else None
    return _CONTROLS.get(kind) if isinstance(kind, str) else None
