"""Who may write a render's result: a lease with a growing fence on the RENDER item, by conditional writes alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from botocore.exceptions import ClientError

from parley.wire.render_job import RenderDone, RenderJob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Attributes: TypeAlias = Mapping[str, AttributeValueTypeDef]


@dataclass(frozen=True)
class Lease:
    """Ours until it expires. `progress` (0..1) is how far an earlier worker came: what the user saw never goes back."""

    job: RenderJob
    fence: int
    progress: float = 0.0


@dataclass(frozen=True)
class Busy:
    """Another worker lives and has it for so many seconds more."""

    seconds: float


@dataclass(frozen=True)
class Rendered:
    """A worker finished it and then fell silent: its file stands."""

    done: RenderDone


@dataclass(frozen=True)
class Over:
    """Nothing to do: the render has ended (or was deleted), or the state machine has moved on to a newer attempt."""

    why: str


@dataclass(frozen=True)
class WornOut:
    """So many workers started on it and died: it would take the next one down too."""

    starts: int


Taking: TypeAlias = Lease | Busy | Rendered | Over | WornOut

_MAY_TAKE: Final = (
    "#status = :processing AND attribute_not_exists(workerResult) "
    "AND (attribute_not_exists(starts) OR starts < :most) "
    "AND (attribute_not_exists(leaseAttempt) OR leaseAttempt <= :attempt) "
    "AND (attribute_not_exists(leaseExpires) OR leaseExpires <= :now OR leaseAttempt < :attempt)"
)
_TAKE: Final = (
    "SET leaseOwner = :me, leaseExpires = :expires, leaseAttempt = :attempt, updatedAt = :moment, "
    "fence = if_not_exists(fence, :zero) + :one, starts = if_not_exists(starts, :zero) + :one"
)
_IS_OURS: Final = "#status = :processing AND fence = :fence AND leaseOwner = :me"


class Leases:
    """The leases of one worker, called `owner`, on the RENDER items of a table; each lasts `seconds` unless renewed.

    A new attempt of the state machine (`attempt` above the item's) takes over at once: the machine gave the earlier
    worker up. A redelivery of the same attempt waits until the lease has expired. After `max_starts` starts that were
    never handed back nobody may take the render again.
    """

    def __init__(
        self,
        table: DynamoDBClient,
        table_name: str,
        owner: str,
        *,
        seconds: float,
        max_starts: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.seconds = seconds
        self._table, self._name, self._owner = table, table_name, owner
        self._max_starts, self._clock = max_starts, clock

    def take(self, job: RenderJob, attempt: int) -> Taking:
        """The lease, or why not: one conditional write, and the item as it stood tells the reason."""
        values: Attributes = {
            **self._times(),
            ":processing": {"S": "processing"},
            ":most": {"N": str(self._max_starts)},
            ":attempt": {"N": str(attempt)},
            ":now": {"N": str(self._clock())},
            ":me": {"S": self._owner},
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
        }
        item, taken = self._write(job, _TAKE, _MAY_TAKE, values)
        if not taken:
            return self._why_not(item, attempt)
        return Lease(job, int(_number(item, "fence")), _number(item, "progress"))

    def renew(self, lease: Lease, progress: float) -> bool:
        """Hold it for as long again, and say how far we are (0..1). False: it is gone, stop."""
        progress = max(progress, lease.progress)
        values: Attributes = {**self._ours(lease), **self._times(), ":progress": {"N": f"{progress:.4f}"}}
        update = "SET leaseExpires = :expires, progress = :progress, updatedAt = :moment"
        return self._write(lease.job, update, _IS_OURS, values)[1]

    def record(self, lease: Lease, done: RenderDone) -> bool:
        """Write down what was made, before anyone is told: from here on no other worker starts. False: too late."""
        values: Attributes = {**self._ours(lease), ":done": {"S": done.model_dump_json(by_alias=True)}}
        return self._write(lease.job, "SET workerResult = :done", _IS_OURS, values)[1]

    def hand_back(self, lease: Lease) -> None:
        """Let the next worker begin at once; this start does not count against the render."""
        values: Attributes = {**self._ours(lease), ":minus": {"N": "-1"}}
        self._write(lease.job, "REMOVE leaseOwner, leaseExpires ADD starts :minus", _IS_OURS, values)

    def let_go(self, lease: Lease) -> None:
        """Let the next worker begin at once; this start counts, because the job may be what failed us."""
        self._write(lease.job, "REMOVE leaseOwner, leaseExpires", _IS_OURS, self._ours(lease))

    def _write(self, job: RenderJob, update: str, condition: str, values: Attributes) -> tuple[Attributes, bool]:
        """(the item afterwards, True), or (the item as it stood, False) when the condition did not hold."""
        try:
            answer = self._table.update_item(
                TableName=self._name,
                Key={"pk": {"S": f"T#{job.tenant}#{job.environment}"}, "sk": {"S": f"RENDER#{job.render_id}"}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            return error.response.get("Item", {}), False
        return answer.get("Attributes", {}), True

    def _why_not(self, item: Attributes, attempt: int) -> Taking:
        status = item.get("status", {}).get("S", "deleted")
        if status != "processing":
            return Over(status)
        if "workerResult" in item:
            return Rendered(RenderDone.model_validate_json(item["workerResult"].get("S", "")))
        if _number(item, "leaseAttempt") > attempt:
            return Over("superseded")
        left = _number(item, "leaseExpires") - self._clock()
        if left > 0 and _number(item, "leaseAttempt") == attempt:
            return Busy(left)
        if _number(item, "starts") >= self._max_starts:
            return WornOut(int(_number(item, "starts")))
        # The item changed between the write and its reading: ask again soon.
        return Busy(1.0)

    def _ours(self, lease: Lease) -> Attributes:
        return {":processing": {"S": "processing"}, ":fence": {"N": str(lease.fence)}, ":me": {"S": self._owner}}

    def _times(self) -> Attributes:
        now = self._clock()
        at = datetime.fromtimestamp(now, UTC)
        moment = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
        # Whole seconds, rounded up: a lease never ends before the worker believes so.
        return {":expires": {"N": str(math.ceil(now + self.seconds))}, ":moment": {"S": moment}}


def _number(item: Attributes, name: str) -> float:
    return float(item.get(name, {}).get("N", "0"))
