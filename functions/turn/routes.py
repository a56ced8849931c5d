"""/api/v1/realtime: an avatar made ready, a spoken reply streamed, and cut short."""

import time
from typing import Annotated, Any

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request, Response

from functions.api.present import video_cache_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Ask, Asked
from functions.turn.accept import OCTETS, read_accept
from functions.turn.adapter import ends_by
from functions.turn.opening import live_workers, open_turn
from functions.turn.relay import RelayTimes, TurnResponse
from functions.turn.worker_link import WorkerDeclined, WorkerLink, WorkerLost
from parley.domain.errors import NotReady
from parley.domain.ids import ulid_of
from parley.operations.interrupt_turn import interrupt_turn
from parley.operations.prepare_avatar import PREPARE_TOKEN, Preparation, prepare_avatar
from parley.operations.start_turn import turn_token
from parley.operations.wake_fleet import no_worker, wake_fleet
from parley.store.workers import Worker
from parley.wire.mux import CONTENT_TYPE
from parley.wire.turns import InterruptedTurn, PrepareAvatar, PreparedAvatar, StartTurn, TurnId

router = APIRouter(prefix="/api/v1/realtime", tags=["realtime"], route_class=ProtectedRoute)
InPath = Annotated[TurnId, Path(alias="turnId", description="A turn's id; `start` and the header `X-Turn-Id` say it.")]
MOST_PREPARED = 4
_PAUSE_SECONDS = 0.3
_BINARY = {"schema": {"type": "string", "format": "binary", "description": "Avatar mux v1: see the guide."}}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn, as it is made: text, sound and pictures in one stream. `end` or `error` closes it.",
        "headers": {"X-Turn-Id": {"description": "To interrupt it by.", "schema": {"type": "string"}}},
        "content": {CONTENT_TYPE: _BINARY, OCTETS: _BINARY},
    }
}


def link_of(request: Request) -> WorkerLink:
    return request.app.state.link


@router.post("/prepare", operation_id="prepareRealtime", summary="Make an avatar ready to speak at once")
@needs("realtime:write", refuses=(402, 404))
async def prepare(body: PrepareAvatar, request: Request, asked: Asked) -> PreparedAvatar:
    """Answers when it is ready: the workers have it at hand. Not needed before a turn, which is then only quicker."""
    began = time.perf_counter()
    found = await _prepared(asked, body)
    checked = time.perf_counter()
    workers = (await run_sync(live_workers, asked.stores))[:MOST_PREPARED]
    timings = await _loaded(asked, link_of(request), workers, found)
    if timings is None:
        raise await run_sync(no_worker, asked.stores, asked.caller)
    # Who prepares is about to speak: the workers stay for that.
    await run_sync(wake_fleet, asked.stores)
    cache = None if found.cache is None else video_cache_out(asked.stores, found.cache).manifest
    ended = time.perf_counter()
    ours = {"check_ms": 1000 * (checked - began), "total_ms": 1000 * (ended - began)}
    return PreparedAvatar(
        avatar_id=body.avatar_id,
        renderer_avatar_id=found.avatar.source_asset_id or found.avatar.id,
        model_id=found.avatar.model_id,
        backend_id="mesh" if found.source.clip_key is None else "clip",
        registered=True,
        source_kind="portrait" if found.source.clip_key is None else "source_video",
        timings={name: round(value, 2) for name, value in {**timings, **ours}.items()},
        video_cache=cache,
    )


@router.post(
    "/turn",
    operation_id="realtimeTurn",
    summary="Stream one spoken reply",
    response_class=Response,
    responses=STREAMED,
)
@needs("realtime:write", refuses=(402, 404, 502), never_again=True)
async def turn(body: StartTurn, request: Request, asked: Asked) -> Response:
    """Credit is set aside by estimate and settled to the sound delivered when the stream ends, however it ends.

    `Accept: application/x-avatar-mux; codec=h264` chooses the codec, as `video.codec` does. What is refused is refused
    before any byte of the stream, and costs nothing. Given sound is decoded while it is spoken: damage in it is told by
    an `error` record.
    """
    accepted = read_accept(request.headers.get("accept"))
    link = link_of(request)
    opened = await open_turn(
        asked.stores,
        link,
        asked.caller,
        body,
        f"trn_{ulid_of(asked.operation_id)}",
        codec=body.video.codec or accepted.codec or "jpeg",
        idempotency_key=asked.idempotency_key,
        fetcher=asked.services.fetcher,
    )
    times: RelayTimes = request.app.state.times
    return TurnResponse(asked.stores, link, opened, accepted.content_type, times, ends_by=ends_by(request))


@router.post(
    "/turns/{turnId}/interrupt", status_code=202, operation_id="interruptTurn", summary="Cut a spoken reply short"
)
@needs("realtime:write", refuses=(404,))
async def interrupt(turn_id: InPath, request: Request, asked: Asked) -> InterruptedTurn:
    """Its stream ends within 100 ms with `end {reason: interrupted}` and is charged up to there. Twice is no error."""
    found = await run_sync(interrupt_turn, asked.stores, asked.caller, turn_id)
    stands = found.turn
    if found.worker is not None:
        try:
            await link_of(request).interrupt(found.worker, turn_id, found.token)
        except WorkerLost:
            # Its relay has noticed, or will: the turn ends either way.
            stands = await run_sync(asked.stores.turns.get, asked.caller.space, turn_id)
    return InterruptedTurn(
        turn_id=turn_id,
        status="interrupting" if stands.status == "streaming" else stands.status,
        samples=stands.samples,
        billed_credit_micros=stands.billed_credit_micros,
    )


async def _prepared(asked: Ask, body: PrepareAvatar) -> Preparation:
    """Waits while a cache is being made, within bounds."""
    deadline = time.monotonic() + asked.services.options.upload_wait_seconds
    while True:
        try:
            return await run_sync(prepare_avatar, asked.stores, asked.caller, body)
        except NotReady as not_yet:
            if not_yet.code != "cache_not_ready" or time.monotonic() + _PAUSE_SECONDS > deadline:
                raise
        await anyio.sleep(_PAUSE_SECONDS)


async def _loaded(asked: Ask, link: WorkerLink, workers: list[Worker], found: Preparation) -> dict[str, float] | None:
    """Has all of them load it; the times of the quickest, None when none did."""
    answers: list[dict[str, float]] = []

    async def load(worker: Worker) -> None:
        token = turn_token(asked.stores, PREPARE_TOKEN, worker.id)
        try:
            answers.append(await link.prepare(worker, token, found.job()))
        except (WorkerLost, WorkerDeclined):
            return

    async with anyio.create_task_group() as group:
        for worker in workers:
            group.start_soon(load, worker)
    return answers[0] if answers else None
