"""Relays a turn as it comes: bytes through, samples counted, and settled whatever way it ends."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import inf

import anyio
from anyio.to_thread import run_sync
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.turn.credit import Credit
from functions.turn.figures import TurnFigures
from functions.turn.opening import OpenTurn, forget
from functions.turn.passage import Passing
from functions.turn.worker_link import WorkerLink, WorkerLost
from parley.domain.errors import Conflict, ParleyError
from parley.domain.turns import LONGEST_MICROS, MICROS_PER_SECOND, EndedStatus, Turn, billed_for
from parley.operations.settle_turn import settle_turn
from parley.operations.start_turn import turn_token
from parley.operations.wake_fleet import wake_fleet
from parley.store.stores import Stores
from parley.wire import mux

logger = Logger(service="parley-turn")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTimes:
    """Seconds. `stalled`: a client that takes nothing for so long is gone; `overtime`: beyond what is paid for;
    `closing`: kept to end and settle in, before Lambda ends the invocation."""

    sign_of_life: float = 2.0
    stalled: float = 20.0
    overtime: float = 180.0
    last_words: float = 2.0
    closing: float = 10.0


class _Gone(Exception):
    """Nobody listens any more."""


class TurnResponse(Response):
    """The stream of an opened turn. It settles when it ends, and when it is cut off at either side."""

    def __init__(
        self,
        stores: Stores,
        link: WorkerLink,
        opened: OpenTurn,
        content_type: str,
        times: RelayTimes | None = None,
        *,
        ends_by: float | None = None,
    ) -> None:
        """`ends_by`: when this process will be stopped, on anyio's clock."""
        super().__init__(media_type=content_type, headers={"X-Turn-Id": opened.turn.id, "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stores, self._link, self._opened = stores, link, opened
        self._credit = Credit(stores, opened.caller, opened.turn)
        self._times = times or RelayTimes()
        self._until = inf if ends_by is None else ends_by - self._times.closing
        self._delivered = 0
        self._settled: Turn | None = None
        self._closing = False
        self._ended_elsewhere = False
        self._figures = TurnFigures()

    @property
    def _turn(self) -> Turn:
        return self._credit.turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._figures.began = scope.get("state", {}).get("began", self._figures.began)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._until_gone, receive, group.cancel_scope)
                group.start_soon(self._give_signs, group.cancel_scope)
                with suppress(_Gone):
                    await self._relay(send)
                group.cancel_scope.cancel()
            if self._ended_elsewhere:
                with suppress(_Gone):
                    await self._end(send, mux.error("turn_lost", "The turn was ended on our side.", True))
        finally:
            with anyio.CancelScope(shield=True):
                await self._tidy_up()

    async def _until_gone(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _give_signs(self, scope: anyio.CancelScope) -> None:
        """Keeps lease and slot, and writes down how far it came, should this process die."""
        while True:
            await anyio.sleep(self._times.sign_of_life)
            if self._closing:
                return
            try:
                await run_sync(self._stores.turns.keep_alive, self._turn, self._delivered, self._stores.clock.now())
                await self._credit.keep_ahead(self._delivered)
            except Conflict:
                if not self._closing:
                    self._ended_elsewhere = True
                    scope.cancel()
                return
            except (ParleyError, BotoCoreError, ClientError):
                logger.exception("a sign of life could not be written", turnId=self._turn.id)

    async def _relay(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with anyio.CancelScope(deadline=self._until) as allowed:
            await self._relay_all(send)
        if allowed.cancelled_caught:
            words = "The turn reached the longest time that a stream may last. Ask for less at once."
            await self._close(send, mux.error("turn_too_long", words, False), "failed", "turn_too_long")

    async def _relay_all(self, send: Send) -> None:
        most = LONGEST_MICROS / MICROS_PER_SECOND + self._times.overtime
        try:
            with anyio.fail_after(most):
                if await self._pass(send, self._opened.first):
                    return
                async for piece in self._opened.stream.pieces:
                    if await self._pass(send, self._opened.passage.push(piece)):
                        return
            why = "its stream ended without end or error"
        except (WorkerLost, mux.MuxError, TimeoutError) as failure:
            why = str(failure) or "it took far longer than its speech lasts"
        logger.warning("a worker broke off", workerId=self._opened.worker.id, turnId=self._turn.id, why=why)
        words = "The worker was lost before the turn was over. What was delivered is charged: try again."
        await self._close(send, mux.error("worker_lost", words, True), "failed", "worker_lost")

    async def _pass(self, send: Send, passing: Iterable[Passing]) -> bool:
        """Sends them on, all at once; True once the stream is closed."""
        through, samples, pictured = bytearray(), 0, False
        closing: mux.Record | None = None
        try:
            for each in passing:
                if each.record.type in mux.CLOSING:
                    closing = each.record
                    break
                await self._credit.cover(self._delivered + samples + each.samples)
                through += each.raw
                pictured |= each.record.type == "video"
                samples += each.samples
        except ParleyError as refusal:
            closing = mux.error(refusal.code, f"{refusal.message} What was delivered is charged.", refusal.retryable)
        finally:
            # What came before a record that is broken, or that cannot be paid, is good.
            await self._deliver(send, bytes(through), samples)
        if pictured:
            self._figures.picture_went_out()
        if closing is not None:
            await self._close_as_told(send, closing)
        return closing is not None

    async def _deliver(self, send: Send, data: bytes, samples: int) -> None:
        """Raises _Gone when the client does not take it."""
        if not data:
            return
        try:
            with anyio.fail_after(self._times.stalled):
                await send({"type": "http.response.body", "body": data, "more_body": True})
        except (OSError, TimeoutError) as failure:
            raise _Gone from failure
        self._delivered += samples

    async def _close_as_told(self, send: Send, record: mux.Record) -> None:
        """As its last record says: an `end` says what was charged, which only we know."""
        if record.type == "error":
            await self._close(send, record, "failed", str(record.header.get("code", "error"))[:80])
            return
        status: EndedStatus = "interrupted" if record.header.get("reason") == "interrupted" else "completed"
        await self._close(send, record, status, None)

    async def _close(self, send: Send, record: mux.Record, status: EndedStatus, code: str | None) -> None:
        with anyio.CancelScope(shield=True):
            # Settled first: who reads `end` finds the wallet as it says.
            await self._settle(status, code)
            if record.type == "end":
                settled = self._settled
                billed = settled.billed_credit_micros if settled else billed_for(self._turn, self._delivered)
                record = mux.Record({**record.header, "billed_credit_micros": billed}, record.payload)
            await self._end(send, record)

    async def _end(self, send: Send, record: mux.Record) -> None:
        with suppress(OSError), anyio.move_on_after(self._times.last_words):
            await send({"type": "http.response.body", "body": mux.encode(record), "more_body": False})

    async def _settle(self, status: EndedStatus, code: str | None) -> None:
        if self._closing:
            return
        self._closing = True
        try:
            self._settled = await run_sync(self._settle_now, status, code)
        except (ParleyError, BotoCoreError, ClientError):
            # The sweeper settles it when its lease is over, to what was last recorded.
            logger.exception("a turn could not be settled", turnId=self._turn.id)

    def _settle_now(self, status: EndedStatus, code: str | None) -> Turn:
        settled = settle_turn(self._stores, self._turn, self._delivered, status, error_code=code)
        self._figures.report(settled)
        # From here on the worker is kept warm for the next turn.
        wake_fleet(self._stores)
        return settled

    async def _tidy_up(self) -> None:
        """After a client that went away the worker is told to stop, and what was delivered is paid."""
        if not self._closing:
            if not self._ended_elsewhere:
                await self._settle("interrupted", "client_gone")
            with suppress(WorkerLost), anyio.move_on_after(self._times.last_words):
                token = turn_token(self._stores, self._turn.id, self._opened.worker.id)
                await self._link.interrupt(self._opened.worker, self._turn.id, token)
        await self._opened.stream.aclose()
        await forget(self._stores, self._opened.audio)
