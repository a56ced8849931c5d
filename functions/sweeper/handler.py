"""Every minute: move on what stands still."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import stores
from parley.operations.sweep import OUTCOMES, sweep

logger = Logger(service="parley-sweeper")


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """How many things of each kind were moved on."""
    counts = sweep(stores())
    metrics = EphemeralMetrics(namespace="Parley", service="parley-sweeper")
    for name in OUTCOMES:
        metrics.add_metric(f"Swept{name.title()}", MetricUnit.Count, counts[name])
    metrics.flush_metrics()
    if counts.total():
        logger.info("swept", extra=dict(counts))
    return {name: counts[name] for name in OUTCOMES}
