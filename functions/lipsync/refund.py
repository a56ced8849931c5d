"""Last step of a render that failed, wherever it failed: everything held returns, and the render says why."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import stores
from functions.lipsync.failure import render_error_of
from functions.lipsync.place import Refund
from parley.domain.errors import NotFound
from parley.operations.refund_render import refund_render

logger = Logger(service="parley-lipsync-refund")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Any error here is tried again by the state machine; a render that is gone needs nothing."""
    refund = Refund.model_validate(event)
    error = render_error_of(refund.failure)
    try:
        render = refund_render(stores(), refund.space, refund.render_id, error)
    except NotFound:
        return {"renderId": refund.render_id, "status": "gone"}
    logger.info("refunded", renderId=render.id, status=render.status, code=error.code, caught=refund.failure.Error)
    metrics = EphemeralMetrics(namespace="Parley", service="parley-lipsync")
    metrics.add_metric("RendersRefunded", MetricUnit.Count, 1)
    metrics.add_metric("RendersFailedByUs", MetricUnit.Count, int(error.status >= 500))
    metrics.flush_metrics()
    return {"renderId": render.id, "status": render.status}
