"""What every request gets: an id, a log line, metrics, no caching, and a 500 that tells nothing of our insides."""

import time
from contextvars import ContextVar
from logging import Filter, LogRecord

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.answers import error_answer
from functions.api.invocation import request_id_of
from parley.wire.errors import ErrorBody

NAMESPACE = "Parley"
SERVICE = "parley-api"
request_id_now: ContextVar[str] = ContextVar("request_id", default="")


class _WithRequestId(Filter):
    """Puts the request's id on every line that is logged while it is answered, whatever thread logs it."""

    def filter(self, record: LogRecord) -> bool:
        record.requestId = request_id_now.get()
        return True


logger = Logger(service=SERVICE)
logger.addFilter(_WithRequestId())


class Observe:
    """ASGI, outermost: the only place that catches every exception."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        token = request_id_now.set(request_id)
        started, status = time.perf_counter(), 0
        scope["state"]["began"] = started

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self.app(scope, receive, marked)
        except Exception:
            logger.exception("request failed", method=scope["method"], route=route_of(scope))
            if status:
                raise
            await error_answer(internal_error(request_id))(scope, receive, marked)
        finally:
            _report(scope, status, 1000 * (time.perf_counter() - started))
            request_id_now.reset(token)


def internal_error(request_id: str) -> ErrorBody:
    """What a caller hears of a fault of ours."""
    message = "Something failed on our side. Try again; if it stays, report the request id."
    return ErrorBody(error=message, status=500, code="internal_error", retryable=True, request_id=request_id)


def route_of(scope: Scope) -> str:
    """The route's template, so that no line of a log is told from its like by an id."""
    return getattr(scope.get("route"), "path", "unmatched")


def _report(scope: Scope, status: int, milliseconds: float) -> None:
    """One log line and one metrics line (CloudWatch EMF) per request."""
    caller = scope.get("state", {}).get("caller")
    who = {} if caller is None else {"tenant": caller.space.tenant, "environment": caller.space.environment}
    route = route_of(scope)
    logger.info("answered", method=scope["method"], route=route, status=status, ms=round(milliseconds, 2), **who)
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    # No dimension: every route would be four metrics more to pay for. Logs Insights tells them apart by this property.
    metrics.add_metadata("route", f"{scope['method']} {route}")
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    metrics.add_metric("LatencyMs", MetricUnit.Milliseconds, milliseconds)
    metrics.add_metric("ClientErrors", MetricUnit.Count, int(400 <= status < 500))
    metrics.add_metric("ServerErrors", MetricUnit.Count, int(status >= 500))
    metrics.flush_metrics()
