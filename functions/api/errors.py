"""The one place where errors become HTTP."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from functions.api.answers import error_answer
from functions.api.front import absolute
from functions.api.observe import logger
from parley.domain.errors import ParleyError, RateLimited, Unauthorized, Unavailable
from parley.wire.errors import ErrorBody

MOST_PROBLEMS = 5
_LENGTHS = {"too_short": "at least {min_length} character(s)", "too_long": "at most {max_length} characters"}
# What the framework says of bytes that are not UTF-8, nest too deeply, or hold numbers beyond measure.
_UNPARSED = "There was an error parsing the body"
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_PLAIN_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_pattern_mismatch": "does not have the right form",
    "model_attributes_type": "must be a JSON object: send it with Content-Type: application/json",
    "json_invalid": "is not valid JSON",
}


def install_errors(app: FastAPI, billing_url: str) -> None:
    """Teach the app every error. `billing_url` is what a 402 carries."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ParleyError)
        return _answer(request, error, billing_url)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        problems = error.errors()
        code = "invalid_json" if problems and problems[0]["type"] == "json_invalid" else "invalid_request"
        return error_answer(_body(request, 422, code, describe(problems)))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return error_answer(_http_body(request, error), error.headers)

    async def unreachable(request: Request, error: Exception) -> Response:
        logger.error("a service of ours could not be reached", exc_info=error)
        return _answer(request, Unavailable("A service we depend on is not reachable. Try again shortly."), billing_url)

    app.add_exception_handler(ParleyError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(BotoCoreError, unreachable)


def describe(problems: Sequence[Any]) -> str:
    """Pydantic's findings in one sentence each: the field's path as the client wrote it, then what is wrong."""
    sentences = [_sentence(problem) for problem in problems[:MOST_PROBLEMS]]
    more = len(problems) - len(sentences)
    return " ".join(sentences) + (f" ({more} more)" if more else "")


def _sentence(problem: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in problem["loc"] if step not in ("body", "query", "path", "header"))
    kind = problem["type"]
    if kind == "json_invalid":
        return f"The body is not valid JSON: {problem['ctx']['error']} at character {problem['loc'][-1]}."
    if kind in _LENGTHS and isinstance(problem["input"], str):
        return f"{where} must have {_LENGTHS[kind].format(**problem['ctx'])}."
    message = str(problem["msg"]).removeprefix("Value error, ")
    if "Expected UploadFile" in message:
        return f"{where} must be a file: send it as a multipart part with a filename."
    return f"{where or 'The body'} {_PLAIN_WORDS.get(kind) or 'is wrong: ' + message}."


def _answer(request: Request, error: ParleyError, billing_url: str) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(max(1, error.retry_after_seconds))
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="parley"'
    body = ErrorBody(
        error=error.message,
        status=error.status,
        code=error.code,
        retryable=error.retryable,
        request_id=request.state.request_id,
        billing_url=absolute(request, billing_url) if error.status == 402 else None,
    )
    return error_answer(body, headers)


def _http_body(request: Request, error: HTTPException) -> ErrorBody:
    """For what the framework itself refuses: unknown routes, methods, bodies that cannot be read."""
    status = error.status_code
    if status == 400:
        why = "send plain JSON in UTF-8" if error.detail == _UNPARSED else error.detail.rstrip(".")
        return _body(request, 422, "invalid_request", f"The body could not be read: {why}.")
    if error.detail == HTTPStatus(status).phrase:
        return _body(
            request,
            status,
            _CODES.get(status, "invalid_request"),
            f"{request.method} {request.url.path}: {error.detail}.",
        )
    return _body(request, status, _CODES.get(status, "invalid_request"), error.detail)


def _body(request: Request, status: int, code: str, message: str) -> ErrorBody:
    return ErrorBody(error=message, status=status, code=code, retryable=False, request_id=request.state.request_id)
