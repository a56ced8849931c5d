"""What a renderer process says to the outside: JSON log lines, and metrics in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, Literal

NAMESPACE: Final = "Parley"
Unit = Literal["Seconds", "Count", "None"]

_OWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object per line: level, message, timestamp, logger, and whatever `extra` carried."""

    def format(self, record: logging.LogRecord) -> str:
        metric = record.__dict__.get("_aws")
        extra = {name: value for name, value in record.__dict__.items() if name not in _OWN}
        if metric is not None:
            return json.dumps(extra, default=str)
        line: dict[str, Any] = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "service": "renderer",
            "logger": record.name,
            **extra,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Send the logs of this process to stdout as JSON lines, where CloudWatch and the local platform read them."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("botocore").setLevel(logging.WARNING)


def emit_metrics(
    log: logging.Logger, values: Mapping[str, tuple[float, Unit]], properties: Mapping[str, str | int]
) -> None:
    """Log `values` (name -> amount, unit) as one embedded-metric line; `properties` are searchable, no dimensions."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["service"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()],
    }
    log.info(
        "metrics",
        extra={
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
            "service": "renderer",
            **properties,
            **{name: amount for name, (amount, _) in values.items()},
        },
    )
