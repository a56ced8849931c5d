"""A worker for tests: a real HTTP server that checks tokens and speaks the mux, well or badly as its script says."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from parley.wire import mux
from parley.wire.turn_job import PrepareJob, TurnJob
from parley.wire.turn_token import TokenRefused, bearer, verify
from tests.loopback_server import LoopbackServer

RATE, FPS = 24000, 25
FRAME = RATE // FPS
Script = Callable[["TurnWorker", TurnJob], AsyncIterator[bytes]]


def start_of(job: TurnJob) -> bytes:
    video = mux.VideoFormat(job.codec, job.width, job.height, job.fps)
    return mux.encode(mux.start(job.turn_id, job.sample_rate, video))


def frame_of(k: int, samples: int = FRAME) -> bytes:
    """One frame with its sound."""
    sound = mux.audio(bytes(2 * samples), k * samples)
    return mux.encode(sound) + mux.encode(mux.video(b"\xff\xd8picture\xff\xd9", k * samples, k, True))


def end_of(frames: int, reason: mux.EndReason = "completed") -> bytes:
    return mux.encode(mux.end(reason, frames * FRAME, frames, 0))


async def two_seconds(worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    """A good turn: fifty frames, cut where it is interrupted."""
    yield start_of(job)
    yield mux.encode(mux.text_delta(job.text or "I am Rin.", 0))
    for k in range(50):
        if worker.stopping(job.turn_id).is_set():
            yield end_of(k, "interrupted")
            return
        yield frame_of(k)
    yield end_of(50)


async def endless(worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    """Speaks until it is told to stop, a frame every 5 ms."""
    yield start_of(job)
    k = 0
    while not worker.stopping(job.turn_id).is_set():
        yield frame_of(k)
        k += 1
        worker.frames = k
        await worker.pause(job.turn_id, 0.005)
    yield end_of(k, "interrupted")


async def breaks_off(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    """Ten frames, then the connection is gone."""
    yield start_of(job)
    yield b"".join(frame_of(k) for k in range(10))
    raise ConnectionResetError


async def dies_at_once(_worker: "TurnWorker", _job: TurnJob) -> AsyncIterator[bytes]:
    yield b""
    raise ConnectionResetError


async def falls_silent(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    """Ten frames, then nothing, the connection open."""
    yield start_of(job)
    yield b"".join(frame_of(k) for k in range(10))
    await asyncio.Event().wait()


async def ends_without_end(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    yield start_of(job)
    yield frame_of(0)


async def speaks_rubbish(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    yield start_of(job)
    yield frame_of(0) + b"\x00\x00\x00\x08\x00\x00\x00\x04rubb"


async def counts_wrongly(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    yield start_of(job) + frame_of(0)
    yield mux.encode(mux.Record({"type": "audio", "pts": FRAME, "samples": 9_000_000}, bytes(2 * FRAME)))


async def fails_politely(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    yield start_of(job) + frame_of(0)
    yield mux.encode(mux.error("speech_failed", "The voice gave out.", True))


async def never_stops(_worker: "TurnWorker", job: TurnJob) -> AsyncIterator[bytes]:
    """Says far more than was paid for."""
    yield start_of(job)
    for k in range(job.max_samples // FRAME + 1000):
        yield frame_of(k)


class Declines(Exception):
    """Raised by a script's set-up: answered before any record."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class TurnWorker:
    """`jobs` are those it was given, `prepared` the faces it was to load, `refused` why tokens were."""

    id: str
    key: bytes
    now: Callable[[], int]
    script: Script = two_seconds
    declines: Declines | None = None
    address: str = ""
    fingerprint: str | None = None
    jobs: list[TurnJob] = field(default_factory=list[TurnJob])
    prepared: list[PrepareJob] = field(default_factory=list[PrepareJob])
    refused: list[str] = field(default_factory=list[str])
    interrupts: list[str] = field(default_factory=list[str])
    open_streams: int = 0
    frames: int = 0
    _stops: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    def stopping(self, turn_id: str) -> asyncio.Event:
        return self._stops.setdefault(turn_id, asyncio.Event())

    async def pause(self, turn_id: str, seconds: float) -> None:
        """Ends early when the turn is to stop."""
        try:
            await asyncio.wait_for(self.stopping(turn_id).wait(), seconds)
        except TimeoutError:
            return

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/turn", self._turn, methods=["POST"]),
                Route("/turns/{id}/interrupt", self._interrupt, methods=["POST"]),
                Route("/prepare", self._prepare, methods=["POST"]),
            ]
        )

    def _unwelcome(self, request: Request, turn_id: str) -> Response | None:
        try:
            verify(bearer(request.headers.get("authorization")), self.key, self.now(), turn=turn_id, worker=self.id)
        except TokenRefused as refusal:
            self.refused.append(str(refusal))
            return JSONResponse({"error": "no", "code": "unauthorized"}, 401)
        return None

    async def _turn(self, request: Request) -> Response:
        job = TurnJob.model_validate_json(await request.body())
        if (answer := self._unwelcome(request, job.turn_id)) is not None:
            return answer
        self.jobs.append(job)
        if self.declines is not None:
            said: dict[str, Any] = {"error": f"declined: {self.declines.code}", "code": self.declines.code}
            return JSONResponse(said, self.declines.status, headers={"Retry-After": "1"})
        return StreamingResponse(self._counted(self.script(self, job)), media_type=mux.CONTENT_TYPE)

    async def _counted(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.open_streams += 1
        try:
            async for piece in pieces:
                yield piece
        finally:
            self.open_streams -= 1

    async def _interrupt(self, request: Request) -> Response:
        turn_id = request.path_params["id"]
        if (answer := self._unwelcome(request, turn_id)) is not None:
            return answer
        self.interrupts.append(turn_id)
        self.stopping(turn_id).set()
        return Response(status_code=202)

    async def _prepare(self, request: Request) -> Response:
        if (answer := self._unwelcome(request, "prepare")) is not None:
            return answer
        self.prepared.append(PrepareJob.model_validate_json(await request.body()))
        return JSONResponse({"timings": {"load_ms": 12.5}})


@contextmanager
def working(worker: TurnWorker, certificate: tuple[str, str] | None = None):
    """The worker, running; with (certificate, key) files over TLS."""
    tls: dict[str, Any] = {}
    if certificate is not None:
        tls = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]}
        with open(certificate[0]) as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        worker.fingerprint = hashlib.sha256(der).hexdigest()
    with LoopbackServer(worker.app(), **tls) as server:
        worker.address = f"{'https' if certificate else 'http'}://127.0.0.1:{server.port}"
        yield worker
