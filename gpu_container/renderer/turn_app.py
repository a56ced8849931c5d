"""The HTTP side of a worker that streams turns: who may begin one, and what is answered to whom."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parley.wire.mux import VideoFormat
from parley.wire.pushed_sound import Part, PartReader, PushedSoundError
from parley.wire.turn_job import Prepared, PrepareJob, TurnJob, WorkerRefusal
from parley.wire.turn_token import TokenRefused, bearer
from renderer.chat import ChatUnavailable
from renderer.given_sound import SoundFiles
from renderer.live_turn import LiveTurn
from renderer.motion.expression import Expression, as_emotion
from renderer.prepared_faces import FaceWanted, PreparedFaces
from renderer.sound_inbox import InboxFull, SoundInbox
from renderer.turn import DrawPicture, TurnFailed, TurnOptions, TurnStream
from renderer.turn_keys import TokenKeys, accepted
from renderer.turn_response import TurnResponse
from renderer.turn_slots import TurnRefused, TurnSlots
from renderer.turn_speaker import GetChat, chat_from_env, pieces_of

log = logging.getLogger("renderer.turn_app")

MAX_BODY_BYTES: Final = 6 * 1024 * 1024
"""What the API takes, and room: PCM travels in the job."""
SIDES: Final = (64, 1536)
FRAME_RATES: Final = (1, 60)

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class TurnApp:
    """`token_keys` are shared with the relay; `worker_id` is ours in the registry; `sounds`: given ones."""

    worker_id: str
    token_keys: TokenKeys
    slots: TurnSlots
    faces: PreparedFaces
    sounds: SoundFiles
    chat: GetChat = chat_from_env
    clock: Callable[[], float] = time.time
    inboxes: dict[str, SoundInbox] = field(default_factory=dict[str, SoundInbox])

    def asgi(self) -> Starlette:
        routes = [
            Route("/turn", _answered(self._turn), methods=["POST"]),
            Route("/turns/{turn_id}/sound", _answered(self._sound), methods=["POST"]),
            Route("/turns/{turn_id}/interrupt", _answered(self._interrupt), methods=["POST"]),
            Route("/prepare", _answered(self._prepare), methods=["POST"]),
            Route("/health", self._health, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def _turn(self, request: Request) -> Response:
        job = await _body(request, TurnJob)
        await self._need_token(request, job.turn_id)
        options, wanted = _options(job), _wanted(job.source_key, job.width, job.height, job.background)
        if job.mode == "chat":
            await run_in_threadpool(self._need_chat)
        control = self.slots.take(job.turn_id)

        def face() -> DrawPicture:
            return self.faces.of(wanted)(job.fps, job.seed)

        def done() -> None:
            self.inboxes.pop(job.turn_id, None)
            self.slots.release(job.turn_id)

        if job.mode == "speak_stream":
            inbox = self.inboxes[job.turn_id] = SoundInbox(job.input_rate)
            bursts = LiveTurn(options, face, inbox, control).bursts()
        else:
            bursts = TurnStream(options, face, pieces_of(job, self.sounds, self.chat, control), control).bursts()
        return TurnResponse(bursts, control, done, f"turn-{job.turn_id}")

    async def _sound(self, request: Request) -> Response:
        """Takes what is pushed to a `speak_stream` as it comes. Its end without a `close` is one."""
        turn_id: str = request.path_params["turn_id"]
        await self._need_token(request, turn_id)
        inbox = self.inboxes.get(turn_id)
        if inbox is None:
            raise TurnRefused(404, "turn_not_found", "No such stream runs here.")
        reader = PartReader()
        try:
            async for data in request.stream():
                for part in reader.push(data):
                    _put(inbox, part)
        except InboxFull:
            inbox.fail(TurnFailed("sound_too_far_ahead", "Far more sound was pushed than can be spoken in time."))
        except PushedSoundError:
            inbox.fail(TurnFailed("sound_unreadable", "What was pushed cannot be read."))
        except ClientDisconnect:
            log.info("the sound of a stream broke off", extra={"turnId": turn_id})
        inbox.close()
        return JSONResponse({"turnId": turn_id})

    async def _interrupt(self, request: Request) -> Response:
        turn_id: str = request.path_params["turn_id"]
        await self._need_token(request, turn_id)
        if not self.slots.interrupt(turn_id):
            raise TurnRefused(404, "turn_not_found", "No such turn runs here.")
        return JSONResponse({"turnId": turn_id}, 202)

    async def _prepare(self, request: Request) -> Response:
        job = await _body(request, PrepareJob)
        await self._need_token(request)
        key = job.rig_key or job.clip_key
        if key is None:
            raise TurnRefused(422, "invalid_input", "Name a rig or a clip.")
        wanted = _wanted(key, job.width, job.height, job.background)
        try:
            timings = await run_in_threadpool(self.faces.prepare, wanted)
        except TurnFailed as failure:
            raise TurnRefused(409, failure.code, failure.message) from failure
        return JSONResponse(Prepared(timings=timings).model_dump(by_alias=True))

    async def _health(self, request: Request) -> Response:
        del request
        told = {"status": "draining" if self.slots.closed else "ok", "workerId": self.worker_id}
        return JSONResponse({**told, "slots": self.slots.slots, "free": self.slots.free, "turns": self.slots.running})

    def _need_chat(self) -> None:
        """Said before the stream begins, so that nothing is charged. Raises TurnRefused 503."""
        try:
            self.chat()
        except ChatUnavailable as unavailable:
            raise TurnRefused(503, unavailable.code, unavailable.message) from unavailable

    async def _need_token(self, request: Request, turn_id: str | None = None) -> None:
        """Raises TurnRefused unless the token is good for this worker and, where one is named, this turn."""
        # Not on the loop: now and then the keys are read anew.
        keys = await run_in_threadpool(self.token_keys)
        try:
            token = bearer(request.headers.get("authorization"))
            accepted(token, keys, int(self.clock()), turn=turn_id, worker=self.worker_id)
        except TokenRefused as error:
            raise TurnRefused(401, "token_refused", "The turn token is not valid here.") from error


def _answered(act: Answer) -> Answer:
    async def answered(request: Request) -> Response:
        try:
            return await act(request)
        except TurnRefused as refusal:
            said = WorkerRefusal(
                error=refusal.message, code=refusal.code, retryable=refusal.status in (429, 503)
            ).model_dump(by_alias=True)
            headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
            return JSONResponse(said, refusal.status, headers)

    return answered


def _put(inbox: SoundInbox, part: Part) -> None:
    """Raises InboxFull."""
    if part.kind == "sound":
        inbox.push(part.pcm)
    elif part.kind == "flush":
        inbox.flush()
    elif part.kind == "drop":
        inbox.drop()
    else:
        inbox.close()


async def _body(request: Request, model: type[Body]) -> Body:
    """The request's body. Raises TurnRefused 413, 422."""
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_BODY_BYTES:
                raise TurnRefused(413, "body_too_large", f"A job has at most {MAX_BODY_BYTES} bytes.")
        return model.model_validate_json(bytes(data))
    except ClientDisconnect as error:
        raise TurnRefused(400, "body_cut", "The body is not whole.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise TurnRefused(422, "invalid_input", f"{where}: {first['msg']}"[:300]) from error


def _options(job: TurnJob) -> TurnOptions:
    """Raises TurnRefused 422."""
    low, high = FRAME_RATES
    if not low <= job.fps <= high:
        raise TurnRefused(422, "invalid_input", f"fps: from {low} to {high}")
    try:
        expression = Expression(as_emotion(job.emotion), job.intensity)
    except ValueError as error:
        raise TurnRefused(422, "invalid_input", f"emotion: {error}") from error
    video = VideoFormat(job.codec, job.width, job.height, job.fps)
    return TurnOptions(
        job.turn_id, video, job.sample_rate, job.seed, expression, job.visemes, job.max_samples,
        job.playout_delay_ms / 1000,
    )  # fmt: skip


def _wanted(key: str, width: int, height: int, background: str | None) -> FaceWanted:
    """Raises TurnRefused 422."""
    low, high = SIDES
    if not all(low <= side <= high and side % 2 == 0 for side in (width, height)):
        raise TurnRefused(422, "invalid_input", f"width, height: even, from {low} to {high}")
    return FaceWanted(key, width, height, _colour(background))


def _colour(background: str | None) -> str | None:
    """#rrggbb, or None for the picture's own: a turn's pictures have no alpha."""
    return background if background is not None and background.startswith("#") and len(background) == 7 else None
