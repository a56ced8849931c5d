"""Batches in the table: their lines beside them, and each line's end counted exactly once."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from parley.domain.batches import Batch, BatchLine, LineStatus
from parley.domain.errors import NotFound
from parley.domain.renders import RenderError
from parley.domain.spaces import Space
from parley.domain.times import epoch, iso
from parley.store.mapping import from_item, to_attribute, to_item
from parley.store.ports import ConditionRefused, Item, ItemKey, Table, Write
from parley.store.schema import TTL_ATTRIBUTE, due_attributes

WATCH_SECONDS = 300
# A batch whose manifest never came is forgotten.
KEPT_WAITING = timedelta(days=7)
_LINES_AT_ONCE = 100  # the most that one transaction takes
_OPEN = "#status IN (:queued, :submitted)"
_OPEN_VALUES = {"queued": "queued", "submitted": "submitted"}


def batch_key(space: Space, batch_id: str) -> ItemKey:
    return ItemKey(space.partition, f"BATCH#{batch_id}")


def line_key(space: Space, batch_id: str, line: int) -> ItemKey:
    return ItemKey(space.partition, f"LINE#{batch_id}#{line:05d}")


class Batches:
    """The batches of every space."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, space: Space, batch_id: str) -> Batch:
        item = self._table.get(batch_key(space, batch_id))
        if item is None:
            raise NotFound(f"There is no batch {batch_id}.")
        return from_item(Batch, item)

    def create(self, batch: Batch, at: datetime) -> Batch:
        """Stores a new batch that waits for its manifest; a replay gives the stored one."""
        key = batch_key(batch.space, batch.id)
        item = {**to_item(batch), TTL_ATTRIBUTE: epoch(at + KEPT_WAITING)}
        try:
            self._table.write(Write(kind="put", key=key, item=item, condition="attribute_not_exists(pk)"))
        except ConditionRefused as refusal:
            return from_item(Batch, refusal.old or {})
        return batch

    def begin(self, space: Space, batch_id: str, etag: str, lines: Sequence[BatchLine], at: datetime) -> Batch:
        """pending_upload -> processing, with all its lines stored first. A batch begun before is given as it stands."""
        for start in range(0, len(lines), _LINES_AT_ONCE):
            self._put_lines(space, lines[start : start + _LINES_AT_ONCE])
        changes = {
            "status": "processing",
            "lines": len(lines),
            "failed": sum(line.status == "failed" for line in lines),
            "etag": etag,
            "at": iso(at),
            "waiting": "pending_upload",
            **due_attributes(batch_id, epoch(at) + WATCH_SECONDS),
        }
        update = (
            "SET #status = :status, #lines = :lines, #failed = :failed, #manifestEtag = :etag, #updatedAt = :at, "
            f"#dueShard = :dueShard, #dueAt = :dueAt REMOVE #{TTL_ATTRIBUTE}"
        )
        return self._change(space, batch_id, update, changes, "#status = :waiting")

    def refuse(self, space: Space, batch_id: str, error: RenderError, at: datetime) -> Batch:
        """pending_upload -> failed: the manifest as a whole cannot be used."""
        update = f"SET #status = :status, #error = :error, #updatedAt = :at, #completedAt = :at REMOVE #{TTL_ATTRIBUTE}"
        changes = {"status": "failed", "error": to_attribute(error), "at": iso(at), "waiting": "pending_upload"}
        return self._change(space, batch_id, update, changes, "#status = :waiting")

    def complete(self, space: Space, batch_id: str, at: datetime) -> Batch:
        """processing -> completed, once its results lie in the bucket."""
        update = "SET #status = :status, #updatedAt = :at, #completedAt = :at REMOVE #dueShard, #dueAt"
        changes = {"status": "completed", "at": iso(at), "going": "processing"}
        return self._change(space, batch_id, update, changes, "#status = :going")

    def watch(self, space: Space, batch_id: str, at: datetime) -> Batch:
        """Due for another look later, while it is processing."""
        changes = {"going": "processing", **due_attributes(batch_id, epoch(at) + WATCH_SECONDS)}
        update = "SET #dueShard = :dueShard, #dueAt = :dueAt"
        return self._change(space, batch_id, update, changes, "#status = :going")

    def lines(self, space: Space, batch_id: str) -> Iterator[BatchLine]:
        """In the manifest's order."""
        for item in self._table.query_all(space.partition, f"LINE#{batch_id}#"):
            yield from_item(BatchLine, item)

    def line(self, space: Space, batch_id: str, line: int) -> BatchLine | None:
        item = self._table.get(line_key(space, batch_id, line))
        return from_item(BatchLine, item) if item else None

    def mark_submitted(self, space: Space, batch_id: str, line: int) -> None:
        """queued -> submitted; a line that is further stays as it is."""
        try:
            self._table.write(
                Write(
                    kind="update",
                    key=line_key(space, batch_id, line),
                    update="SET #status = :submitted",
                    condition="#status = :queued",
                    values=_OPEN_VALUES,
                )
            )
        except ConditionRefused:
            return

    def end_line(
        self, space: Space, batch_id: str, line: int, status: LineStatus, error: RenderError | None, at: datetime
    ) -> bool:
        """Writes how a line ended and counts it, in one transaction. False when it had ended before."""
        update, values = "SET #status = :status", {"status": status, **_OPEN_VALUES}
        if error is not None:
            update, values = f"{update}, #error = :error", {**values, "error": to_attribute(error)}
        ending = Write(
            kind="update", key=line_key(space, batch_id, line), update=update, condition=_OPEN, values=values
        )
        counting = Write(
            kind="update",
            key=batch_key(space, batch_id),
            update=f"SET #updatedAt = :at ADD #{status} :one",
            condition="attribute_exists(pk)",
            values={"at": iso(at), "one": 1},
        )
        try:
            self._table.transact([ending, counting])
        except ConditionRefused:
            return False
        return True

    def _put_lines(self, space: Space, lines: Sequence[BatchLine]) -> None:
        writes = [
            Write(
                kind="put",
                key=line_key(space, line.batch_id, line.line),
                item=to_item(line),
                condition="attribute_not_exists(pk)",
            )
            for line in lines
        ]
        try:
            self._table.transact(writes)
        except ConditionRefused:
            return  # stored before, all together

    def _change(self, space: Space, batch_id: str, update: str, values: Item, condition: str) -> Batch:
        write = Write(kind="update", key=batch_key(space, batch_id), update=update, condition=condition, values=values)
        try:
            return from_item(Batch, self._table.write(write))
        except ConditionRefused as refusal:
            if refusal.old is None:
                raise NotFound(f"There is no batch {batch_id}.") from None
            return from_item(Batch, refusal.old)
