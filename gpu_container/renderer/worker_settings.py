"""What a worker process is told by its environment, read once at its start."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WorkerSettings:
    """Names in the cloud, and the worker's times in seconds.

    `heartbeat_seconds` < `lease_seconds` (also the message's visibility): another worker takes up a dead one's job
    `lease_seconds` after its last beat. `max_starts`: how many workers may die of one job before it is given up.
    `grace_seconds`: how long a job may go on after SIGTERM before it is handed back.
    """

    table_name: str
    media_bucket: str
    render_queue_url: str
    owner: str
    heartbeat_seconds: float = 20.0
    lease_seconds: float = 60.0
    max_starts: int = 4
    poll_seconds: int = 5
    grace_seconds: float = 20.0
    rigs_kept: int = 4

    def __post_init__(self) -> None:
        if not 0 < self.heartbeat_seconds < self.lease_seconds:
            raise ValueError("WORKER_HEARTBEAT_SECONDS must be above 0 and below WORKER_LEASE_SECONDS")
        if not self.render_queue_url:
            raise ValueError("RENDER_QUEUE_URL must name the queue that holds the render jobs")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> WorkerSettings:
        """TABLE_NAME, MEDIA_BUCKET, RENDER_QUEUE_URL, and WORKER_<NAME> for the rest. Raises ValueError on nonsense."""
        env = os.environ if environ is None else environ
        return cls(
            table_name=env.get("TABLE_NAME", "parley"),
            media_bucket=env.get("MEDIA_BUCKET", "parley-media"),
            render_queue_url=env.get("RENDER_QUEUE_URL", ""),
            owner=f"{socket.gethostname()}:{os.getpid()}",
            heartbeat_seconds=float(env.get("WORKER_HEARTBEAT_SECONDS", cls.heartbeat_seconds)),
            lease_seconds=float(env.get("WORKER_LEASE_SECONDS", cls.lease_seconds)),
            max_starts=int(env.get("WORKER_MAX_STARTS", cls.max_starts)),
            poll_seconds=int(env.get("WORKER_POLL_SECONDS", cls.poll_seconds)),
            grace_seconds=float(env.get("WORKER_GRACE_SECONDS", cls.grace_seconds)),
            rigs_kept=int(env.get("WORKER_RIGS_KEPT", cls.rigs_kept)),
        )
