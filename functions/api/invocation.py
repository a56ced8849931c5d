"""How the platform calls the invocation that a request came by: ids that its own logs carry too."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from starlette.types import Scope

STATE = "platform_ids"


def request_id_of(scope: Scope) -> str:
    """The platform's own id of the request, so that its logs and ours name one thing alike; a new one without.

    Always a UUID: the published client keeps a request id only in this form, and an HTTP API's own ids are none.
    """
    return next((known for given in _given(scope) if (known := _uuid(given)) is not None), None) or str(uuid4())


def _given(scope: Scope) -> Iterator[Any]:
    """The gateway's id, then Lambda's: as Mangum tells them, or what stands before the app (functions.turn.adapter)."""
    event: Any = scope.get("aws.event")
    if isinstance(event, dict):
        yield (event.get("requestContext") or {}).get("requestId")
        yield getattr(scope.get("aws.context"), "aws_request_id", None)
    yield from scope.get("state", {}).get(STATE, ())


def _uuid(given: Any) -> str | None:
    try:
        return str(UUID(given)) if isinstance(given, str) else None
    except ValueError:
        return None
