"""Last step of a render that went well: pay for what was drawn."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import stores
from functions.lipsync.failure import told_to_the_machine
from functions.lipsync.place import Settlement
from parley.operations.settle_render import settle_render

logger = Logger(service="parley-lipsync-settle")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Raises StepRejected for a result that may not be paid, StepUnavailable when the store is busy."""
    settlement = Settlement.model_validate(event)
    with told_to_the_machine():
        render = settle_render(stores(), settlement.space, settlement.result)
    logger.info("completed", renderId=render.id, billedCreditMicros=render.billed_credit_micros)
    metrics = EphemeralMetrics(namespace="Parley", service="parley-lipsync")
    metrics.add_metric("RendersCompleted", MetricUnit.Count, 1)
    metrics.add_metric("BilledSeconds", MetricUnit.Seconds, render.billed_credit_micros / 1e6)
    metrics.flush_metrics()
    return {"renderId": render.id, "status": render.status}
