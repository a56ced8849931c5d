"""The buckets on the platform's one port: presigned GET, HEAD and PUT, bodies streamed to and from files."""

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from local.cloud.names import BUCKETS
from local.presigned import PresignedUrls, RefusedUrl, StorageRequest

_OPEN_TO_BROWSERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, PUT",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Length, Content-Range, Accept-Ranges",
    "Access-Control-Max-Age": "3600",
}


class Storage:
    """ASGI. `cloud` is the base URL of the cloud process, `objects` the folder both processes keep bodies in."""

    def __init__(
        self,
        urls: PresignedUrls,
        cloud: str,
        objects: Path,
        max_bytes: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._urls = urls
        self._cloud = httpx.AsyncClient(base_url=cloud, timeout=60.0, trust_env=False)
        self._objects = objects
        self._max_bytes = max_bytes
        self._clock = clock

    @staticmethod
    def owns(path: str) -> bool:
        """Whether a request path lies in one of our buckets."""
        # `OPTIONS *` names no path at all.
        return path.startswith("/") and path.split("/", 2)[1] in BUCKETS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RefusedUrl as refusal:
            response = _xml_error(refusal)
        except httpx.HTTPError:
            response = _xml_error(RefusedUrl("ServiceUnavailable", "Storage does not answer. Try again.", 503))
        except ClientDisconnect:
            return
        response.headers.update(_OPEN_TO_BROWSERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=200)
        if request.method not in ("GET", "HEAD", "PUT"):
            raise RefusedUrl("MethodNotAllowed", "A storage URL allows GET, HEAD and PUT.", 405)
        raw_path = request.scope["raw_path"].decode("ascii")
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = StorageRequest(request.method, raw_path, request.scope["query_string"].decode("ascii"), headers)
        rest = self._urls.check(asked, self._clock())
        key = unquote(raw_path.lstrip("/").partition("/")[2])
        if not key:
            raise RefusedUrl("AccessDenied", "Access denied: the URL names no object.")
        place = f"/_parley/objects{raw_path}"
        return await self._put(request, place) if request.method == "PUT" else await self._get(place, rest)

    async def _get(self, place: str, rest: dict[str, str]) -> Response:
        answer = await self._cloud.get(place)
        if answer.status_code == 404:
            raise RefusedUrl("NoSuchKey", "The specified key does not exist.", 404)
        found: dict[str, Any] = answer.raise_for_status().json()
        metadata: dict[str, str] = dict(found["metadata"])
        content_type = metadata.pop("content-type", "binary/octet-stream")
        headers = {"ETag": found["etag"], "Last-Modified": found["modified"], **_kept_headers(metadata)}
        if "response-content-disposition" in rest:
            headers["Content-Disposition"] = rest["response-content-disposition"]
        media_type = rest.get("response-content-type", content_type)
        # Given the file's state, FileResponse answers ranges and HEAD too.
        return FileResponse(found["path"], headers=headers, media_type=media_type, stat_result=os.stat(found["path"]))

    async def _put(self, request: Request, place: str) -> Response:
        length = self._declared_length(request)
        descriptor, name = tempfile.mkstemp(dir=self._objects, prefix="in-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                etag = await _receive(request.stream(), file, length)
            told = {"path": name, "size": length, "etag": etag, "metadata": _metadata(request)}
            (await self._cloud.post(place, json=told)).raise_for_status()
        except BaseException:
            os.unlink(name)
            raise
        return Response(headers={"ETag": f'"{etag}"'})

    def _declared_length(self, request: Request) -> int:
        declared = request.headers.get("content-length", "")
        if not declared.isdigit():
            raise RefusedUrl("MissingContentLength", "A PUT must send Content-Length.", 411)
        if int(declared) > self._max_bytes:
            raise RefusedUrl("EntityTooLarge", f"At most {self._max_bytes} bytes can be uploaded here.", 413)
        return int(declared)


async def _receive(chunks: AsyncIterator[bytes], file: Any, length: int) -> str:
    """Writes exactly `length` bytes; the body's MD5 as an ETag has it. Raises RefusedUrl."""
    digest, received = hashlib.md5(usedforsecurity=False), 0
    async for chunk in chunks:
        received += len(chunk)
        if received > length:
            break
        digest.update(chunk)
        file.write(chunk)
    if received != length:
        raise RefusedUrl("IncompleteBody", "The body does not have the length that Content-Length says.", 400)
    return digest.hexdigest()


def _metadata(request: Request) -> dict[str, str]:
    kept = {"content-type": request.headers.get("content-type", "binary/octet-stream")}
    return kept | {name: value for name, value in request.headers.items() if name.startswith("x-amz-meta-")}


def _kept_headers(metadata: dict[str, str]) -> dict[str, str]:
    plain = ("content-disposition", "content-encoding", "content-language", "cache-control")
    return {name: value for name, value in metadata.items() if name in plain or name.startswith("x-amz-meta-")}


def _xml_error(refusal: RefusedUrl) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message></Error>"
    )
    return Response(body, refusal.status, media_type="application/xml")
