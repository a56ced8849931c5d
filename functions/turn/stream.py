"""`WebSocket /api/v1/realtime/stream`: sound pushed in as it is spoken, the mux out.

A Lambda function URL carries no WebSocket: in AWS this route does not exist, and a plain GET says so. Any server that
speaks ASGI's WebSocket runs it; `parley up` does. Such a server should let a socket be silent for longer than it lets
pings go unanswered, as nothing is read from a client that is far ahead: `local.gateway` shows uvicorn's settings.
"""

import json
from typing import Any

import anyio
from anyio.to_thread import run_sync
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from functions.api.answers import error_answer
from functions.api.errors import describe
from functions.api.services import Services
from functions.turn.accept import read_accept
from functions.turn.opening import OpenTurn, open_turn
from functions.turn.stream_relay import StreamRelay
from parley.domain.errors import InvalidInput, ParleyError, TooLarge, Unavailable
from parley.domain.ids import ulid_of
from parley.operations.authenticate import authenticate
from parley.operations.caller import Caller
from parley.wire.errors import ErrorBody
from parley.wire.streams import KEY_SUBPROTOCOL, MOST_TEXT_LETTERS, SUBPROTOCOL, OpenStream

logger = Logger(service="parley-turn")
router = APIRouter(prefix="/api/v1/realtime", tags=["realtime"])
SCOPES = ("realtime:write",)
OPENING_SECONDS = 10.0
"""From the socket's opening to the first message."""
CLOSE_CODES_FROM = 4000
_GUIDE = """Opens a WebSocket. Its key comes as `Authorization: Bearer <key>`, as a subprotocol that is offered beside
`parley.v1` (`parley.key.<key>`: for browsers, which set no headers), or as `api_key` of the first message.

**First message**, text, within 10 s: JSON as `OpenStream` has it, {"type": "open", "avatar_id": ..., "sample_rate":
...}. **Then** binary messages are sound, 16-bit little-endian mono PCM at that rate, each a whole number of samples and
at most 1 MiB; 10 to 40 ms in each is best. Text messages: {"type": "flush"}: the utterance is over, speak all of it.
{"type": "interrupt"}: what is not spoken yet is not to be; the stream stays open. {"type": "close"}: as flush, and
nothing follows.

**Answers** are binary: each holds one or more whole records of the avatar mux. `start`, then for each utterance
`utterance` {pts, number}, its pictures and sound, and `pause` {pts, reason, pushed}: `flushed`, `quiet` (no sound came
for 100 ms and all that came was played) or `interrupted`. Each utterance ends in up to 0.2 s of silence in which the
mouth closes. In a pause nothing comes and nothing is charged: show the last picture, or one of your own. `pts` goes on
without a gap. Silence that is pushed is shown and charged as all sound is. `pushed` counts the samples, at your rate,
that are over. No more than 30 s of sound that waits is read: a client that is further ahead has to wait. `end` or
`error` closes the stream, and the socket closes after it.

What is refused before `start` is one text message, the error's JSON, and the close code 4000 + its status. One stream
takes one of the plan's concurrent sessions. Credit is set aside in steps while it speaks; charged is what was
delivered. With nothing pushed or spoken for `idle_seconds` it ends, reason `idle`; 30 minutes of speech are the most.
`POST /api/v1/realtime/turns/{turnId}/interrupt` ends it at any time."""


@router.get(
    "/stream",
    operation_id="openRealtimeStream",
    summary="Push sound, and have it spoken as it comes (WebSocket)",
    description=_GUIDE,
    status_code=426,
    response_class=Response,
    responses={
        101: {"description": "A WebSocket."},
        426: {"model": ErrorBody, "description": "A plain GET, or a server that carries no WebSocket."},
    },
    openapi_extra={
        "security": [{"apiKey": []}],
        "x-required-scopes-any-of": list(SCOPES),
        "x-first-message": OpenStream.model_json_schema(),
    },
)
async def plain_get(request: Request) -> Response:
    """For who comes without a WebSocket."""
    words = (
        "This address opens a WebSocket: connect with one (Upgrade: websocket). Behind an AWS function URL there is "
        "none: run the realtime app on a server of its own, or use POST /api/v1/realtime/turn."
    )
    body = ErrorBody(
        error=words, status=426, code="upgrade_required", retryable=False, request_id=request.state.request_id
    )
    return error_answer(body, {"Upgrade": "websocket", "Connection": "Upgrade"})


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    services: Services = socket.app.state.services
    request_id = services.stores.ids.new("req")
    try:
        caller = await _caller_of_handshake(services, socket)
    except ParleyError as refusal:
        await socket.send_denial_response(error_answer(_body(refusal, request_id)))
        return
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    try:
        body = await _opening(socket)
        if caller is None:
            caller = await _authenticated(services, f"Bearer {body.api_key or ''}")
        opened = await _opened(services, socket, caller, body, request_id)
    except ParleyError as refusal:
        await _refuse(socket, _body(refusal, request_id))
        return
    except WebSocketDisconnect:
        return
    state = socket.app.state
    await StreamRelay(socket, services.stores, state.link, opened, body, state.times).run()


async def _caller_of_handshake(services: Services, socket: WebSocket) -> Caller | None:
    """Who asks, where the handshake says so. Raises Unauthorized and its kin."""
    header = socket.headers.get("authorization")
    if header is None:
        offered: list[str] = socket.scope["subprotocols"]
        key = next((name for name in offered if name.startswith(KEY_SUBPROTOCOL)), None)
        header = None if key is None else f"Bearer {key.removeprefix(KEY_SUBPROTOCOL)}"
    return None if header is None else await _authenticated(services, header)


async def _authenticated(services: Services, header: str) -> Caller:
    return await run_sync(authenticate, services.stores, header, SCOPES)


async def _opening(socket: WebSocket) -> OpenStream:
    """The first message. Raises InvalidInput, TooLarge, Unauthorized."""
    try:
        with anyio.fail_after(OPENING_SECONDS):
            message = await socket.receive()
    except TimeoutError as error:
        raise InvalidInput("No first message came in time. Send the JSON that opens the stream.") from error
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text: str | None = message.get("text")
    if text is None:
        raise InvalidInput("The first message must be text: the JSON that opens the stream.")
    if len(text) > MOST_TEXT_LETTERS:
        raise TooLarge(f"The first message may have at most {MOST_TEXT_LETTERS} characters.")
    try:
        return OpenStream.model_validate(json.loads(text))
    except ValidationError as error:
        raise InvalidInput(describe(error.errors()), "invalid_request") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The first message is not valid JSON.", "invalid_json") from error


async def _opened(services: Services, socket: WebSocket, caller: Caller, body: OpenStream, request_id: str) -> OpenTurn:
    codec = body.video.codec or read_accept(socket.headers.get("accept")).codec or "jpeg"
    key = body.idempotency_key or socket.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 180 and all("!" <= letter <= "~" for letter in key)):
        raise InvalidInput("Idempotency-Key must be 1 to 180 visible ASCII characters.")
    turn_id = f"trn_{ulid_of(request_id)}"
    try:
        return await open_turn(
            services.stores, socket.app.state.link, caller, body, turn_id,
            codec=codec, idempotency_key=key, fetcher=services.fetcher,
        )  # fmt: skip
    except (BotoCoreError, ClientError) as error:
        logger.exception("a stream could not be opened", turnId=turn_id)
        raise Unavailable("A service we depend on is not reachable. Try again shortly.") from error


def _body(refusal: ParleyError, request_id: str) -> ErrorBody:
    return ErrorBody(
        error=refusal.message,
        status=refusal.status,
        code=refusal.code,
        retryable=refusal.retryable,
        request_id=request_id,
    )


async def _refuse(socket: WebSocket, body: ErrorBody) -> None:
    said: dict[str, Any] = body.model_dump(by_alias=True, exclude_none=True, mode="json")
    try:
        await socket.send_text(json.dumps(said))
        await socket.close(CLOSE_CODES_FROM + body.status, body.code[:120])
    except (WebSocketDisconnect, RuntimeError):
        return
