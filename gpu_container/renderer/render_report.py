"""What is told of a render: to the state machine its result, to the operator its figures."""

from __future__ import annotations

import logging

from parley.wire.render_job import RenderDone
from renderer.draw_job import Drawn
from renderer.lease import Lease
from renderer.telemetry import emit_metrics


def done_of(lease: Lease, drawn: Drawn) -> RenderDone:
    return RenderDone(
        render_id=lease.job.render_id,
        fence=lease.fence,
        output_key=lease.job.output_key(lease.fence),
        captions_key=None if drawn.captions is None else lease.job.captions_key(lease.fence),
        frames=drawn.frames,
        fps=drawn.fps,
        width=drawn.width,
        height=drawn.height,
        duration_seconds=drawn.frames / drawn.fps,
    )


def measure_render(log: logging.Logger, done: RenderDone, seconds: float) -> None:
    emit_metrics(
        log,
        {
            "RenderSeconds": (seconds, "Seconds"),
            "VideoSeconds": (done.duration_seconds, "Seconds"),
            "TimesRealTime": (done.duration_seconds / seconds, "None"),
        },
        {"renderId": done.render_id, "fence": done.fence, "size": done.width, "fps": done.fps},
    )


def count_render(log: logging.Logger, name: str, lease: Lease) -> None:
    """One of these happened to this render."""
    emit_metrics(log, {name: (1, "Count")}, {"renderId": lease.job.render_id, "fence": lease.fence})
