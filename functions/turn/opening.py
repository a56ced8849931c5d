"""Opens a turn: one worker after the other until one has begun; whatever fails before that costs nothing."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import anyio
from anyio.to_thread import run_sync
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from functions.turn.passage import Passage, Passing
from functions.turn.worker_link import WorkerDeclined, WorkerLink, WorkerLost, WorkerStream
from parley.domain.errors import (
    InvalidInput,
    NotFound,
    NotReady,
    ParleyError,
    TooLarge,
    Unavailable,
    UpstreamFailed,
)
from parley.domain.turns import LEASE_SECONDS, Turn
from parley.operations.caller import Caller
from parley.operations.find_sound import fetch_sound, find_sound, forget_sound
from parley.operations.settle_turn import refuse_turn
from parley.operations.start_turn import StartedTurn, start_turn, turn_job, turn_token
from parley.operations.wake_fleet import no_worker
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores
from parley.store.workers import Worker
from parley.wire.mux import MuxError
from parley.wire.streams import OpenStream
from parley.wire.turn_job import Codec, TurnAudio
from parley.wire.turns import StartTurn

logger = Logger(service="parley-turn")
MOST_TRIES = 3
# A worker begins its stream before it has anything to say.
BEGIN_SECONDS = 10.0
# A worker's words that are meant for the caller; all others are between it and us.
_MEANT_FOR_CALLERS: dict[int, type[ParleyError]] = {404: NotFound, 409: NotReady, 413: TooLarge, 422: InvalidInput}
_FINAL_CODES = frozenset({"chat_unavailable", "voice_unavailable", "speech_unavailable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """A turn whose worker has begun: its stream, and the records that have come."""

    turn: Turn
    caller: Caller
    worker: Worker
    stream: WorkerStream
    passage: Passage
    first: list[Passing]
    audio: TurnAudio | None = None


async def open_turn(
    stores: Stores,
    link: WorkerLink,
    caller: Caller,
    body: StartTurn | OpenStream,
    turn_id: str,
    *,
    codec: Codec,
    idempotency_key: str | None,
    fetcher: GuardedFetcher,
) -> OpenTurn:
    """Raises ParleyError of every kind; then nothing is held, no slot is taken, and the key is free again."""
    sound = await run_sync(find_sound, stores, fetcher, caller, body) if isinstance(body, StartTurn) else None
    workers = await run_sync(live_workers, stores)
    if not workers:
        raise await run_sync(no_worker, stores, caller)
    start = partial(start_turn, worker=workers[0], codec=codec, idempotency_key=idempotency_key, sound=sound)
    started = await run_sync(partial(start, stores, caller, body, turn_id))
    try:
        if sound is not None and sound.url is not None:
            started = replace(started, audio=await _fetched(stores, fetcher, started, sound.url))
        return await _begin(stores, link, caller, started, workers[:MOST_TRIES])
    except BaseException as failure:
        code = failure.code if isinstance(failure, ParleyError) else "internal_error"
        with anyio.CancelScope(shield=True):
            await _refuse(stores, started.turn, code)
            await forget(stores, started.audio)
        raise


async def forget(stores: Stores, audio: TurnAudio | None) -> None:
    """What was fetched for a turn that is over goes; where it cannot, it goes by its age."""
    try:
        await run_sync(forget_sound, stores, audio)
    except (BotoCoreError, ClientError):
        logger.exception("the sound of a turn could not be deleted")


async def _fetched(stores: Stores, fetcher: GuardedFetcher, started: StartedTurn, url: str) -> TurnAudio:
    """The sound behind `url`; meanwhile the turn gives signs of life. Raises UrlRejected."""

    async def give_signs() -> None:
        with suppress(ParleyError, BotoCoreError, ClientError):
            while True:
                await anyio.sleep(LEASE_SECONDS / 3)
                await run_sync(stores.turns.keep_alive, started.turn, 0, stores.clock.now())

    turn = started.turn
    fetching = asyncio.ensure_future(run_sync(fetch_sound, stores, fetcher, turn.space, turn.id, url))
    signs = asyncio.ensure_future(give_signs())
    try:
        return await fetching
    finally:
        signs.cancel()


def live_workers(stores: Stores) -> list[Worker]:
    """Most room first; among equals by chance, so that not everyone comes to the same one."""
    found = stores.workers.live(stores.clock.now())
    random.shuffle(found)
    return sorted(found, key=lambda worker: -worker.free)


async def _begin(
    stores: Stores, link: WorkerLink, caller: Caller, started: StartedTurn, workers: list[Worker]
) -> OpenTurn:
    for worker in workers:
        try:
            opened = await _try(stores, link, caller, started, worker)
        except WorkerDeclined as declined:
            if (answer := _for_the_caller(declined)) is not None:
                raise answer from declined
            logger.info("a worker declined", workerId=worker.id, turnId=started.turn.id, why=str(declined))
        except (WorkerLost, MuxError, TimeoutError) as lost:
            logger.warning("a worker was lost", workerId=worker.id, turnId=started.turn.id, why=str(lost))
        else:
            if worker is not workers[0]:
                await run_sync(stores.turns.keep_alive, opened.turn, 0, stores.clock.now())
            return opened
    raise await run_sync(no_worker, stores, caller)


async def _try(stores: Stores, link: WorkerLink, caller: Caller, started: StartedTurn, worker: Worker) -> OpenTurn:
    token = turn_token(stores, started.turn.id, worker.id)
    with anyio.fail_after(BEGIN_SECONDS):
        stream = await link.open_turn(worker, token, turn_job(started, worker))
        passage = Passage()
        first: list[Passing] = []
        try:
            async for piece in stream.pieces:
                first += passage.push(piece)
                if passage.started:
                    break
            else:
                raise WorkerLost("it ended before it began")
        except BaseException:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise
    turn = started.at(worker)
    return OpenTurn(
        turn=turn, caller=caller, worker=worker, stream=stream, passage=passage, first=first, audio=started.audio
    )


def _for_the_caller(declined: WorkerDeclined) -> ParleyError | None:
    """What the caller is to hear; None where another worker may do better."""
    refusal = declined.refusal
    if kind := _MEANT_FOR_CALLERS.get(declined.status):
        return kind(refusal.error, refusal.code)
    if refusal.code in _FINAL_CODES:
        return Unavailable(refusal.error, refusal.code)
    return UpstreamFailed(refusal.error, refusal.code) if declined.status == 502 else None


async def _refuse(stores: Stores, turn: Turn, code: str) -> None:
    try:
        await run_sync(refuse_turn, stores, turn, code)
    except (ParleyError, BotoCoreError, ClientError):
        # The sweeper does it when the lease is over.
        logger.exception("a turn that came to nothing could not be ended", turnId=turn.id)
