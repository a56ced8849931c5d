"""The relay's way to workers: over TLS to the very certificate that was registered; connections are kept a while."""

import hashlib
import hmac
import json
import ssl
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import httpcore
from pydantic import BaseModel, ValidationError

from parley.store.workers import Worker
from parley.wire.turn_job import Prepared, PrepareJob, TurnJob, WorkerRefusal
from parley.wire.turn_token import SCHEME

_LARGEST_ANSWER_BYTES = 64 * 1024
# Below the 5 s after which uvicorn closes an idle connection: ours is never the one that was just closed.
_KEPT_SECONDS = 4.0
_MOST_POOLS = 64
_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


class WorkerLost(Exception):
    """The worker cannot be reached, is not who it should be, or fell silent or broke off."""


class WorkerDeclined(Exception):
    """The worker answered, and said no."""

    def __init__(self, status: int, refusal: WorkerRefusal) -> None:
        super().__init__(f"{status} {refusal.code}")
        self.status = status
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimes:
    """Seconds. `silent` bounds every wait for a worker's next byte; a chat's answer may take its time to begin."""

    connect: float = 2.0
    silent: float = 45.0
    interrupt: float = 3.0
    prepare: float = 30.0


class WorkerStream:
    """A turn's bytes as they come. Close it in any case: that alone makes a worker stop."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self.pieces = self._pieces()
        """Until the worker ends the stream, to be read on from where a loop left it. Raises WorkerLost."""

    async def aclose(self) -> None:
        with suppress(*_FAILURES):
            await self.pieces.aclose()
            await self._response.aclose()

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in self._response.aiter_stream():
                yield piece
        except _FAILURES as failure:
            raise WorkerLost(_words(failure)) from failure


class WorkerLink:
    """One per event loop. `worker.address` and `fingerprint` say whom to call; see store.workers."""

    def __init__(self, times: LinkTimes | None = None) -> None:
        self.times = times or LinkTimes()
        self._pools: OrderedDict[tuple[str, str | None], httpcore.AsyncConnectionPool] = OrderedDict()

    async def open_turn(self, worker: Worker, token: str, job: TurnJob) -> WorkerStream:
        """The turn's stream, begun. Raises WorkerLost, WorkerDeclined."""
        response = await self._post(worker, "/turn", token, job, self.times.silent)
        if response.status == 200:
            return WorkerStream(response)
        raise WorkerDeclined(response.status, _refusal(await _body(response)))

    async def push_sound(self, worker: Worker, turn_id: str, token: str, parts: AsyncIterable[bytes]) -> None:
        """Sends `parts` as they come, to their end, to a speak_stream turn. Raises WorkerLost, WorkerDeclined."""
        request = self._request(worker, f"/turns/{turn_id}/sound", token, parts, self.times.silent)
        response = await self._send(worker, request)
        body = await _body(response)
        if response.status != 200:
            raise WorkerDeclined(response.status, _refusal(body))

    async def interrupt(self, worker: Worker, turn_id: str, token: str) -> bool:
        """Whether the worker knew the turn. Raises WorkerLost."""
        response = await self._post(worker, f"/turns/{turn_id}/interrupt", token, None, self.times.interrupt)
        await _body(response)
        return response.status < 300

    async def prepare(self, worker: Worker, token: str, job: PrepareJob) -> dict[str, float]:
        """What took how long, in ms. Raises WorkerLost, WorkerDeclined."""
        response = await self._post(worker, "/prepare", token, job, self.times.prepare)
        body = await _body(response)
        if response.status != 200:
            raise WorkerDeclined(response.status, _refusal(body))
        try:
            return Prepared.model_validate_json(body).timings
        except ValidationError as error:
            raise WorkerLost("its answer cannot be read") from error

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def _post(
        self, worker: Worker, path: str, token: str, body: BaseModel | None, silent: float
    ) -> httpcore.Response:
        content = b"{}" if body is None else body.model_dump_json(by_alias=True).encode()
        return await self._send(worker, self._request(worker, path, token, content, silent))

    def _request(
        self, worker: Worker, path: str, token: str, content: bytes | AsyncIterable[bytes], silent: float
    ) -> httpcore.Request:
        kind, length = "application/octet-stream", {"Transfer-Encoding": "chunked"}
        if isinstance(content, bytes):
            kind, length = "application/json", {"Content-Length": str(len(content))}
        return httpcore.Request(
            "POST",
            worker.address.rstrip("/") + path,
            headers={
                "Host": worker.address.partition("//")[2].rstrip("/"),
                "Authorization": f"{SCHEME} {token}",
                "Content-Type": kind,
                **length,
            },
            content=content,
            extensions={"timeout": self._timeout(silent)},
        )

    async def _send(self, worker: Worker, request: httpcore.Request) -> httpcore.Response:
        try:
            return await self._pool(worker).handle_async_request(request)
        except (*_FAILURES, ssl.SSLError) as failure:
            raise WorkerLost(_words(failure)) from failure

    def _timeout(self, silent: float) -> Mapping[str, float]:
        connect = self.times.connect
        return {"connect": connect, "pool": connect, "write": connect, "read": silent}

    def _pool(self, worker: Worker) -> httpcore.AsyncConnectionPool:
        """A worker that starts again has another certificate, and so connections of its own."""
        key = (worker.address, worker.fingerprint)
        if key not in self._pools:
            self._pools[key] = httpcore.AsyncConnectionPool(
                ssl_context=_any_certificate(),
                max_connections=1024,
                max_keepalive_connections=8,
                keepalive_expiry=_KEPT_SECONDS,
                network_backend=PinnedBackend(worker.fingerprint),
            )
            if len(self._pools) > _MOST_POOLS:
                # Not closed: a turn of another worker may still run over it.
                self._pools.popitem(last=False)
        self._pools.move_to_end(key)
        return self._pools[key]


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects as usual; under TLS only the certificate of this SHA-256 fingerprint (hex) gets a byte from us."""

    def __init__(self, fingerprint: str | None) -> None:
        self._fingerprint = fingerprint
        # Where anyio is missing, httpcore has a class without methods in its place.
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _PinnedStream(stream, self._fingerprint)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _PinnedStream(httpcore.AsyncNetworkStream):
    """Checks who is there as soon as the handshake is over."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, fingerprint: str | None) -> None:
        self._inner = inner
        self._fingerprint = fingerprint

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        shown: Any = stream.get_extra_info("ssl_object")
        certificate: bytes = (shown.getpeercert(binary_form=True) if shown else None) or b""
        found = hashlib.sha256(certificate).hexdigest()
        if not hmac.compare_digest(found, (self._fingerprint or "").lower()):
            await stream.aclose()
            raise httpcore.ConnectError("the worker shows another certificate than it registered")
        return _PinnedStream(stream, self._fingerprint)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _any_certificate() -> ssl.SSLContext:
    """No authority vouches for workers: their registered fingerprint does, which the backend checks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _body(response: httpcore.Response) -> bytes:
    """A small answer, whole. Raises WorkerLost for one that is not."""
    body = bytearray()
    try:
        async for piece in response.aiter_stream():
            body += piece
            if len(body) > _LARGEST_ANSWER_BYTES:
                raise WorkerLost("its answer does not end")
    except _FAILURES as failure:
        raise WorkerLost(_words(failure)) from failure
    finally:
        await response.aclose()
    return bytes(body)


def _refusal(body: bytes) -> WorkerRefusal:
    try:
        return WorkerRefusal.model_validate(json.loads(body))
    except (ValueError, RecursionError):
        return WorkerRefusal()


def _words(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"
