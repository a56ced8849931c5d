"""moto's state-machine interpreter, loaded without what we never use, and with its callbacks made safe."""

import sys
from enum import StrEnum
from types import ModuleType
from typing import Any


class JobStatus(StrEnum):
    """All that the interpreter takes from moto's Batch; none of our states is a Batch job."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def leave_out_batch() -> None:
    """Batch loads all of EC2, its tables of instance types included: 0.8 s of a 1.3 s start, measured.

    Call before the interpreter is loaded.
    """
    package, utils = ModuleType("moto.batch"), ModuleType("moto.batch.utils")
    utils.JobStatus = JobStatus  # type: ignore[attr-defined]
    sys.modules.setdefault("moto.batch", package)
    sys.modules.setdefault("moto.batch.utils", utils)


def let_workers_be_quick() -> None:
    """The interpreter sends a task's message first and prepares for its heartbeats afterwards. A worker that is
    quicker was told that its token is invalid, and an outcome sent that early was noticed only when the first
    heartbeat was missed."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint

    prepare, beat = CallbackEndpoint.setup_heartbeat_endpoint, CallbackEndpoint.notify_heartbeat

    def setup_heartbeat_endpoint(self: Any, heartbeat_seconds: int) -> Any:
        endpoint = prepare(self, heartbeat_seconds)
        if self.get_outcome() is not None:
            endpoint.notify()
        return endpoint

    def notify_heartbeat(self: Any) -> bool:
        # The clock of heartbeats starts once it is prepared: one before that has nothing to put off.
        return True if self._heartbeat_endpoint is None else beat(self)

    CallbackEndpoint.setup_heartbeat_endpoint = setup_heartbeat_endpoint
    CallbackEndpoint.notify_heartbeat = notify_heartbeat
