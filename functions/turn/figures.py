"""What is measured of a turn: one line of metrics at its end, under one dimension, however many turns there are."""

import time

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from functions.api.observe import NAMESPACE
from parley.domain.turns import Turn

SERVICE = "parley-turn"


class TurnFigures:
    """Of one turn; `began` is when its request came, on time.perf_counter's clock."""

    def __init__(self, began: float | None = None) -> None:
        self.began = time.perf_counter() if began is None else began
        self._first_picture: float | None = None

    def picture_went_out(self) -> None:
        """The client has been handed a picture; the first one counts."""
        if self._first_picture is None:
            self._first_picture = time.perf_counter()

    def report(self, turn: Turn) -> None:
        """Of a turn that is settled."""
        failed = turn.status == "failed"
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        metrics.add_metadata("turnId", turn.id)
        metrics.add_metadata("code", turn.error_code or turn.status)
        metrics.add_metric("TurnsStarted", MetricUnit.Count, 1)
        metrics.add_metric("TurnsEnded", MetricUnit.Count, int(not failed))
        metrics.add_metric("TurnsFailed", MetricUnit.Count, int(failed))
        metrics.add_metric("TurnSeconds", MetricUnit.Seconds, turn.samples / turn.sample_rate)
        metrics.add_metric("BilledSeconds", MetricUnit.Seconds, turn.billed_credit_micros / 1e6)
        if self._first_picture is not None:
            milliseconds = 1000 * (self._first_picture - self.began)
            metrics.add_metric("FirstFrameMs", MetricUnit.Milliseconds, milliseconds)
        metrics.flush_metrics()
