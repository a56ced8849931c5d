"""Every minute: move on what stands still, and have as many workers as there is work for."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from functions.deployed import stores
from parley.domain.errors import ParleyError
from parley.operations.sweep import OUTCOMES, sweep
from parley.operations.tend_fleet import Tended, tend_fleet
from parley.store.stores import Stores

logger = Logger(service="parley-sweeper")


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """How many things of each kind were moved on."""
    counts = sweep(stores())
    found = _tend(stores(), counts)
    _measure({f"Swept{name.title()}": counts[name] for name in OUTCOMES if counts[name]} | _gauges(found))
    if counts.total():
        logger.info("swept", extra=dict(counts))
    return {name: counts[name] for name in OUTCOMES}


def _tend(stores: Stores, counts: Counter[str]) -> Tended | None:
    """What fails here is an error among the counts: the next minute tries again."""
    try:
        return tend_fleet(stores)
    except (ParleyError, ClientError, BotoCoreError):
        logger.exception("the workers could not be looked after")
        counts["errors"] += 1
        return None


def _gauges(found: Tended | None) -> dict[str, int]:
    """Of a fleet that rests nothing is measured: a metric that is written every minute is paid for every hour."""
    if found is None or not (found.load.workers or found.desired):
        return {}
    load = found.load
    return {
        "WorkersWanted": found.desired,
        "WorkersAlive": load.workers,
        "SlotsBusy": load.busy,
        "SlotsFree": load.slots - load.busy,
        "RendersWaiting": load.waiting,
        "RendersRunning": load.rendering,
    }


def _measure(counts: dict[str, int]) -> None:
    if not counts:
        return
    metrics = EphemeralMetrics(namespace="Parley", service="parley-sweeper")
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
