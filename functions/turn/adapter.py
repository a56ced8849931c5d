"""What the Lambda Web Adapter tells beside each request: what its invocation is called, and when Lambda ends it."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any

import anyio
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.invocation import STATE

_INVOCATION, _REQUEST = b"x-amzn-lambda-context", b"x-amzn-request-context"
_LARGEST_CONTEXT_BYTES = 16 * 1024
# Lambda's own bound on a function's time.
_LONGEST_MS = 900_000
_ENDS_BY = "ends_by"


def runs_in_lambda(environ: Mapping[str, str] | None = None) -> bool:
    """Whether Lambda runs this process; then the adapter is the only one who can reach it."""
    return bool((os.environ if environ is None else environ).get("AWS_LAMBDA_FUNCTION_NAME"))


class BehindAdapter:
    """ASGI. For an app that only the adapter reaches: it overwrites these headers, which elsewhere anybody may send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers: dict[bytes, bytes] = dict(scope["headers"])
            invocation, request = _read(headers.get(_INVOCATION)), _read(headers.get(_REQUEST))
            state = scope.setdefault("state", {})
            state[STATE] = (request.get("requestId"), invocation.get("request_id"))
            if (left := _seconds_left(invocation.get("deadline"))) is not None:
                state[_ENDS_BY] = anyio.current_time() + left
        await self.app(scope, receive, send)


def ends_by(request: Request) -> float | None:
    """When Lambda ends this invocation, on anyio's clock; None where nothing does."""
    return getattr(request.state, _ENDS_BY, None)


def _read(header: bytes | None) -> dict[str, Any]:
    if header is None or len(header) > _LARGEST_CONTEXT_BYTES:
        return {}
    try:
        said: Any = json.loads(header)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds_left(deadline: Any) -> float | None:
    """`deadline`: milliseconds since the epoch."""
    if type(deadline) is not int:
        return None
    # In whole numbers: a float cannot hold every one that JSON can.
    return min(max(0, deadline - round(1000 * time.time())), _LONGEST_MS) / 1000
