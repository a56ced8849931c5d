"""The error answer, built in one place whatever went wrong."""

from collections.abc import Mapping

from starlette.responses import Response

from parley.wire.errors import ErrorBody


def error_answer(body: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON with its own status; `billingUrl` only where it has one."""
    return Response(
        body.model_dump_json(by_alias=True, exclude_none=True),
        body.status,
        headers=dict(headers or {}),
        media_type="application/json",
    )
