"""In the cloud one front stands before everything: who comes round it is turned away before anything is read."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.answers import error_answer
from parley.wire.errors import ErrorBody

HEADER = b"x-parley-origin"
FORWARDED_HOST = "x-forwarded-host"


class ThroughTheFront:
    """ASGI. The front adds `token` to every request; it is no credential, and an API key is asked for all the same."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers: dict[bytes, bytes] = dict(scope["headers"])
            if not hmac.compare_digest(headers.get(HEADER, b""), self._token):
                await error_answer(_wrong_door(scope))(scope, receive, send)
                return
        await self.app(scope, receive, send)


def absolute(request: Request, url: str) -> str:
    """`url`, or if it is only a path: that path where the caller found us, as the front says."""
    if urlsplit(url).scheme:
        return url
    host = request.headers.get(FORWARDED_HOST) or request.url.netloc
    return f"https://{host}{url}"


def _wrong_door(scope: Scope) -> ErrorBody:
    return ErrorBody(
        error="This address is not for clients. Use the platform's base URL.",
        status=403,
        code="wrong_address",
        retryable=False,
        request_id=scope.get("state", {}).get("request_id", ""),
    )
