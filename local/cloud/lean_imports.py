"""Spares the cloud's start what moto would load and we never use. Call before the interpreter is loaded."""

import sys
from enum import StrEnum
from types import ModuleType


class JobStatus(StrEnum):
    """All that the state machine's interpreter takes from moto's Batch; none of our states is a Batch job."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def leave_out_batch() -> None:
    """Batch loads all of EC2, its tables of instance types included: 0.8 s of a 1.3 s start, measured."""
    package, utils = ModuleType("moto.batch"), ModuleType("moto.batch.utils")
    utils.JobStatus = JobStatus  # type: ignore[attr-defined]
    sys.modules.setdefault("moto.batch", package)
    sys.modules.setdefault("moto.batch.utils", utils)
