"""A write that carries an Idempotency-Key acts once: the same request again gets the first answer again."""

import hashlib
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from functions.api.services import services_of
from parley.domain.errors import InProgress, InvalidInput, ParleyError
from parley.operations.caller import Caller
from parley.store.idempotency import Claim, Idempotency, Reply

Answer = Callable[[Request], Coroutine[Any, Any, Response]]
LONGEST_KEY = 180
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("location", "preference-applied")
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.5
_PIECE_BYTES = 256 * 1024


def idempotency_key_of(request: Request) -> str | None:
    """The key, or InvalidInput for one that is too long or not plain."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(f"Idempotency-Key must have 1 to {LONGEST_KEY} printable ASCII characters without spaces.")
    return key


async def answered_once(request: Request, answer: Answer, *, rerun: bool) -> Response:
    """`answer(request)`, or what it answered before. With `rerun` nothing is stored: a replay runs it again.

    A refusal (4xx) changed nothing, so it gives the key up. A failure may have changed something, so it keeps the
    operation id: the next try goes on where this one stopped.
    """
    key = request.state.idempotency_key
    if key is None:
        return await answer(request)
    claims, caller = services_of(request).stores.idempotency, request.state.caller
    claim = await _claim(request, key)
    request.state.operation_id = claim.operation_id
    if claim.reply is not None:
        return _replay(claim.reply) if not rerun else _marked(await answer(request))
    try:
        response = await answer(request)
    except (ParleyError, RequestValidationError, HTTPException) as refusal:
        refused = not isinstance(refusal, ParleyError) or refusal.status < 500
        await run_in_threadpool((claims.forget if refused else claims.lapse), caller.space, claim)
        raise
    except Exception:
        await run_in_threadpool(claims.lapse, caller.space, claim)
        raise
    return await run_in_threadpool(_keep, claims, caller, claim, response, rerun)


async def _claim(request: Request, key: str) -> Claim:
    """The claim, waited for while the first request under the key still works, within bounds."""
    services = services_of(request)
    space, clock = request.state.caller.space, services.stores.clock
    fingerprint = await _fingerprint(request)
    deadline = time.monotonic() + services.options.repeat_wait_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return await run_in_threadpool(
                services.stores.idempotency.claim, space, key, fingerprint, request.state.operation_id, clock.now()
            )
        except InProgress:
            if time.monotonic() + pause > deadline:
                raise
        await anyio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _keep(claims: Idempotency, caller: Caller, claim: Claim, response: Response, rerun: bool) -> Response:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    text = None if rerun else bytes(response.body).decode()
    claims.finish(caller.space, claim, Reply(status=response.status_code, body=text, headers=headers))
    return response


def _replay(reply: Reply) -> Response:
    """The first answer, byte for byte."""
    return _marked(Response(reply.body, reply.status, headers=dict(reply.headers), media_type="application/json"))


def _marked(response: Response) -> Response:
    response.headers[REPLAYED] = "true"
    return response


async def _fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path, and the body's content whatever its spelling or boundary."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        form = await request.form()
        for name, value in sorted(form.multi_items(), key=lambda part: part[0]):
            digest.update(f"{name}\n".encode())
            digest.update(await _part_digest(value))
    else:
        digest.update(_canonical(await request.body()))
    return digest.hexdigest()


def _canonical(body: bytes) -> bytes:
    """JSON in one spelling; anything else as it came."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body


async def _part_digest(part: UploadFile | str) -> bytes:
    if isinstance(part, str):
        return hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest()
    digest = hashlib.sha256(f"{part.filename}\n".encode("utf-8", "surrogatepass"))
    while piece := await part.read(_PIECE_BYTES):
        digest.update(piece)
    await part.seek(0)
    return digest.digest()
