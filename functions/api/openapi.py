"""How errors and headers are written in the OpenAPI document."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from fastapi import APIRouter, FastAPI

_MEANING: dict[int, tuple[str, str, str]] = {
    401: (
        "The API key is missing, malformed, unknown, revoked or expired.",
        "unauthorized",
        "The API key was revoked.",
    ),
    402: (
        "Not enough credit, or the key's spend limit is reached. Carries `billingUrl`.",
        "insufficient_credits",
        "This needs 60.0 s of credit and 0.4 s is available. Add credits, or ask for less.",
    ),
    403: (
        "The key lacks the scope, the tenant is suspended, or the plan has no room.",
        "insufficient_scope",
        "This key lacks the scope avatars:write. Use a key that has it, or make one.",
    ),
    404: ("Nothing of that id belongs to you in this environment.", "not_found", "There is no such avatar."),
    409: (
        "The Idempotency-Key was used with another request, or the thing is not in a state for this.",
        "idempotency_conflict",
        "This Idempotency-Key was used for a different request. Use a new key.",
    ),
    413: ("The body is larger than this route takes.", "too_large", "The request body may have at most 32 KB."),
    422: (
        "The request, the file or the URL cannot be used; the message says what to change.",
        "no_face",
        "No face was found. Use a photo with one face that looks at the camera.",
    ),
    429: (
        "Too many requests, or every concurrent session of the plan is taken. Carries `Retry-After`.",
        "concurrency_limit_reached",
        "All 2 render slots of the plan are in use. Wait until one ends.",
    ),
    502: ("Something we depend on answered wrongly. Nothing was charged.", "upstream_failed", "The renderer failed."),
    503: ("Something we depend on is down. Nothing was charged.", "service_unavailable", "Try again shortly."),
}
# By name: given the model, the framework would make a validator of it for every status of every route. The refusal of a
# plain GET in `functions.turn.stream` gives it, and so brings it into the document.
_ERROR_BODY = {"$ref": "#/components/schemas/ErrorBody"}
_RETRYABLE = frozenset({429, 502, 503})


def error_responses(statuses: Collection[int]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for these statuses and 503, each with the error body and an example."""
    return {status: _response(status) for status in sorted({*statuses, 503})}


def _response(status: int) -> dict[str, Any]:
    meaning, code, message = _MEANING[status]
    example = {
        "error": message,
        "status": status,
        "code": code,
        "retryable": status in _RETRYABLE,
        "requestId": "0f8fad5b-d9cb-469f-a165-70867728950e",
        **({"billingUrl": "https://parley.example/billing"} if status == 402 else {}),
    }
    headers = {"Retry-After": _header("Seconds to wait.", "integer")} if status in (429, 503) else {}
    return {
        "description": meaning,
        "content": {"application/json": {"schema": _ERROR_BODY, "example": example}},
        **({"headers": headers} if headers else {}),
    }


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def document(app: FastAPI, server_url: str, routers: Callable[[], Iterable[APIRouter]]) -> None:
    """Completes the generated document: how to send the key, where the server is, and the headers all answers have.

    `routers`: all that is described, whether this app answers it or another does at the same address.
    """

    def generate() -> dict[str, Any]:
        # A new one, because what an app has generated it keeps.
        described = FastAPI(
            title=app.title, version=app.version, description=app.description, openapi_tags=app.openapi_tags
        )
        for router in routers():
            described.include_router(router)
        return described.openapi()

    def completed() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema: dict[str, Any] = _untitled(generate())
            schema["servers"] = [{"url": server_url}]
            schema.setdefault("components", {})["securitySchemes"] = {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "tic_live_<keyId>_<secret> or tic_test_<keyId>_<secret>",
                }
            }
            for operation in _operations(schema):
                for response in operation["responses"].values():
                    response.setdefault("headers", {})["X-Request-Id"] = _header("Names this request; quote it to us.")
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = completed  # type: ignore[method-assign]


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in schema["paths"].values() for operation in path.values()]


def _untitled(node: Any) -> Any:
    """Without the titles that Pydantic makes of field names: they say nothing that the name does not."""
    if isinstance(node, dict):
        made = {"title"} if "type" in node or "anyOf" in node or "$ref" in node or "enum" in node else set[str]()
        return {name: _untitled(held) for name, held in node.items() if name not in made}
    return [_untitled(held) for held in node] if isinstance(node, list) else node
