"""A render that is being made stays in the sweeper's sight: should its workflow vanish, it is found and refunded."""

from datetime import datetime

from parley.domain.spaces import Space
from parley.domain.times import epoch
from parley.store.ports import ConditionRefused, Table, Write
from parley.store.render_writes import render_key
from parley.store.schema import due_attributes

WATCH_SECONDS = 300
_WATCH = "SET #dueShard = :dueShard, #dueAt = :dueAt"


def watch(table: Table, space: Space, render_id: str, at: datetime, *, new_workflow: bool = False) -> bool:
    """Due for a look in WATCH_SECONDS; False when it is not being made any more.

    `new_workflow`: a workflow begins anew, so leases of workers of an earlier one no longer count.
    """
    update = f"{_WATCH} REMOVE #leaseOwner, #leaseExpires, #leaseAttempt" if new_workflow else _WATCH
    try:
        table.write(
            Write(
                kind="update",
                key=render_key(space, render_id),
                update=update,
                condition="#status = :processing",
                values={"processing": "processing", **due_attributes(render_id, epoch(at) + WATCH_SECONDS)},
            )
        )
    except ConditionRefused:
        return False
    return True
