"""A route behind a key: who asks, how often, and whether we answered before, settled before the body is parsed."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from functions.api.idempotency import answered_once, idempotency_key_of
from functions.api.openapi import error_responses
from functions.api.services import services_of
from parley.operations.authenticate import authenticate

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def needs(
    *scopes: str, refuses: tuple[int, ...] = (), rerun_on_replay: bool = False, never_again: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Marks an endpoint: any one of `scopes` opens it; `refuses` are the error statuses of its own.

    `rerun_on_replay` is for answers that must not be stored: a replay runs the operation again under the same
    operation id, which finds what the first run made. `never_again` is for answers that cannot be given twice: the
    operation itself takes the Idempotency-Key and refuses it when it was used.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        marks = {"rerun_on_replay": rerun_on_replay, "never_again": never_again}
        endpoint.__dict__.update(scopes=scopes, refuses=refuses, **marks)
        return endpoint

    return mark


class ProtectedRoute(APIRoute):
    """Give it to an APIRouter as `route_class`; each endpoint says by `@needs` what opens it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.scopes: tuple[str, ...] = endpoint.__dict__["scopes"]
        self.rerun_on_replay: bool = endpoint.__dict__["rerun_on_replay"]
        self.never_again: bool = endpoint.__dict__["never_again"]
        writes = bool(WRITES & set(options.get("methods") or ()))
        statuses = {401, 403, 429, *endpoint.__dict__["refuses"]} | ({409, 413, 422} if writes else set[int]())
        options["responses"] = {**error_responses(statuses), **(options.get("responses") or {})}
        options["response_description"] = "Created." if options.get("status_code") == 201 else "Done."
        options["openapi_extra"] = _documented(
            self.scopes, IDEMPOTENCY_HEADERS[self.never_again] if writes else None, options.get("openapi_extra") or {}
        )
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            stores = services_of(request).stores
            header = request.headers.get("authorization")
            request.state.caller = await run_in_threadpool(authenticate, stores, header, self.scopes)
            request.state.operation_id = stores.ids.new("req")
            request.state.idempotency_key = None
            if request.method not in WRITES:
                return await answer(request)
            request.state.idempotency_key = idempotency_key_of(request)
            if self.never_again:
                return await answer(request)
            return await answered_once(request, answer, rerun=self.rerun_on_replay)

        return handle


_REPLAYED = (
    "Unique to this attempt. The same request under it gets its first answer again for 24 hours, "
    "with `Idempotency-Replayed: true`; another request under it gets 409."
)
_REFUSED = "Unique to this attempt: for 24 hours every further request under it gets 409. Refused requests free it."


def _idempotency_header(description: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 180, "pattern": r"^[\x21-\x7e]+$"}
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
    }


# By whether a key is never good again.
IDEMPOTENCY_HEADERS = {False: _idempotency_header(_REPLAYED), True: _idempotency_header(_REFUSED)}


def _documented(scopes: tuple[str, ...], idempotency: dict[str, Any] | None, extra: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of every protected route: the key, any one of its scopes, and how writes are repeated."""
    parameters = [*extra.get("parameters", []), *([idempotency] if idempotency else [])]
    needed: dict[str, Any] = {"security": [{"apiKey": []}], "x-required-scopes-any-of": list(scopes)}
    return {**extra, **needed, **({"parameters": parameters} if parameters else {})}
