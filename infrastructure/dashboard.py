"""The dashboard: turns, first pictures, renders, queues, workers, credits, errors, and what drives the bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.scaling import running_tasks

if TYPE_CHECKING:
    from infrastructure.api import ApiStack
    from infrastructure.data import DataStack
    from infrastructure.renderer import RendererStack
    from infrastructure.settings import Settings
    from infrastructure.workflow import WorkflowStack

FIVE = Duration.minutes(5)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Whose metrics are shown."""

    settings: Settings
    data: DataStack
    workflow: WorkflowStack
    renderer: RendererStack
    api: ApiStack


def build_dashboard(scope: Construct, shown: Shown) -> None:
    board = cloudwatch.Dashboard(scope, "Dashboard", default_interval=Duration.hours(12))
    board.add_widgets(*_requests(shown))
    board.add_widgets(*_work(shown))
    board.add_widgets(*_fleet(shown))
    board.add_widgets(*_bill(shown))


def _requests(shown: Shown) -> list[cloudwatch.IWidget]:
    api = {"service": "parley-api"}
    return [
        _graph("Requests, to the API and to turns", _each(api, "Sum", "Requests", "ClientErrors", "ServerErrors")),
        _graph("Turns: invocations", [shown.api.turn.metric_invocations(statistic="Sum", period=FIVE)]),
        _graph("Latency, ms", _each(api, "p50", "LatencyMs") + _each(api, "p95", "LatencyMs")),
        _graph(
            "Errors",
            [
                shown.api.http_api.metric_server_error(statistic="Sum", period=FIVE),
                shown.api.http_api.metric_client_error(statistic="Sum", period=FIVE),
                shown.api.turn.metric_errors(statistic="Sum", period=FIVE),
                *(
                    function.metric_errors(statistic="Sum", period=FIVE)
                    for function in shown.workflow.functions.values()
                ),
            ],
        ),
    ]


def _work(shown: Shown) -> list[cloudwatch.IWidget]:
    lipsync, renderer = {"service": "parley-lipsync"}, {"service": "renderer"}
    queue = shown.workflow.render.queue
    return [
        _graph(
            "Renders",
            _each(lipsync, "Sum", "RendersCompleted", "RendersRefunded", "RendersFailedByUs"),
        ),
        _graph(
            "Render speed, times real time",
            _each(renderer, "p50", "TimesRealTime") + _each(renderer, "Minimum", "TimesRealTime"),
        ),
        _graph("Credits: seconds billed", _each(lipsync, "Sum", "BilledSeconds")),
        _graph(
            "Render queue: age of the oldest, s; waiting",
            [
                queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=FIVE),
                queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=FIVE),
            ],
        ),
    ]


def _fleet(shown: Shown) -> list[cloudwatch.IWidget]:
    sweeper = {"service": "parley-sweeper"}
    uploads = {"service": "parley-uploads"}
    return [
        _graph(
            "Workers",
            [
                running_tasks(shown.renderer.service),
                *_each(sweeper, "Maximum", "WorkersWanted", "WorkersAlive"),
            ],
        ),
        _graph("Slots", _each(sweeper, "Maximum", "SlotsBusy", "SlotsFree")),
        _graph("Uploads", _each(uploads, "Sum", "AssetsReady", "AssetsFailed")),
        _graph(
            "Dead letters",
            [
                queue.dead_letters.metric_approximate_number_of_messages_visible(
                    statistic="Maximum", period=FIVE, label=name
                )
                for name, queue in shown.workflow.queues.items()
            ],
        ),
    ]


def _bill(shown: Shown) -> list[cloudwatch.IWidget]:
    """What is paid by use; the hours of workers are above."""
    functions = {**shown.workflow.functions, "api": shown.api.api, "turn": shown.api.turn}
    return [
        _graph(
            "Lambda: milliseconds",
            [
                function.metric_duration(statistic="Sum", period=FIVE, label=name)
                for name, function in functions.items()
            ],
        ),
        _graph(
            "Table: units",
            [
                shown.data.table.metric_consumed_read_capacity_units(statistic="Sum", period=FIVE),
                shown.data.table.metric_consumed_write_capacity_units(statistic="Sum", period=FIVE),
            ],
        ),
        _graph(
            "Buckets: bytes",
            [
                cloudwatch.Metric(
                    namespace="AWS/S3",
                    metric_name="BucketSizeBytes",
                    dimensions_map={"BucketName": bucket.bucket_name, "StorageType": "StandardStorage"},
                    statistic="Average",
                    period=Duration.days(1),
                    label=name,
                )
                for name, bucket in (("media", shown.data.media), ("uploads", shown.data.uploads))
            ],
        ),
        _graph(
            "State machine: executions", [shown.workflow.state_machine.metric_started(statistic="Sum", period=FIVE)]
        ),
    ]


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=6, height=6)


def _each(dimensions: dict[str, str], statistic: str, *names: str) -> list[cloudwatch.IMetric]:
    """Metrics that our own code writes."""
    return [
        cloudwatch.Metric(
            namespace="Parley", metric_name=name, dimensions_map=dimensions, statistic=statistic, period=FIVE
        )
        for name in names
    ]
