"""What the store needs of the world, as Protocols: a table, objects, queues, workflows, and a clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

# Plain Python values as they lie in an item: str, int, float, bool, None, bytes, list, dict.
Item = dict[str, Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, with a zone."""
        ...


@dataclass(frozen=True, slots=True)
class ItemKey:
    pk: str
    sk: str


class ConditionRefused(Exception):
    """A single write's condition did not hold. `old` is the item as it stood, None where there was none."""

    def __init__(self, old: Item | None) -> None:
        super().__init__("condition refused")
        self.old = old


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write. Alone it is a single conditional write; a sequence of them is ONE transaction.

    In expressions `#name` stands for the attribute `name` (so that no reserved word ever matters) and `:name` for
    `values["name"]`. `refused` says what a condition that does not hold means, given the item as it stood; in a
    transaction the first refused write, in order, speaks for all.
    """

    kind: Literal["put", "update", "delete", "check"]
    key: ItemKey
    item: Item | None = None
    update: str | None = None
    condition: str | None = None
    values: Mapping[str, Any] | None = None
    refused: Callable[[Item | None], Exception] = ConditionRefused


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list; `cursor` continues it, None at its end. A cursor is opaque to callers."""

    items: Sequence[Item]
    cursor: str | None


class Table(Protocol):
    """One DynamoDB table with keys pk and sk. Reads are strongly consistent unless said otherwise."""

    def get(self, key: ItemKey) -> Item | None: ...

    def get_many(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """In the order of `keys`; up to 100."""
        ...

    def write(self, write: Write) -> Item:
        """One conditional write; returns the item as it is afterwards (empty after a delete)."""
        ...

    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing. Raises what the first refused write gives; Unavailable when conflicts do not end."""
        ...

    def query(
        self, pk: str, prefix: str = "", *, limit: int = 100, cursor: str | None = None, newest_first: bool = False
    ) -> Page: ...

    def query_all(self, pk: str, prefix: str = "") -> Iterator[Item]: ...

    def query_between(self, pk: str, low: str, high: str, *, limit: int, cursor: str | None = None) -> Page:
        """Items with low <= sk <= high, oldest first."""
        ...

    def query_due(self, now: int, *, limit: int) -> list[ItemKey]:
        """Keys of items that asked for attention at or before `now` (epoch seconds), earliest first in each shard."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    key: str
    size_bytes: int
    content_type: str
    etag: str


class ObjectStore(Protocol):
    """One bucket. NotFound is raised for a key that is not there."""

    def put(self, key: str, data: bytes, content_type: str) -> None: ...

    def put_file(self, key: str, path: str, content_type: str) -> None: ...

    def get(self, key: str) -> bytes: ...

    def get_file(self, key: str, path: str) -> None: ...

    def head(self, key: str) -> ObjectInfo | None: ...

    def delete(self, key: str) -> None: ...

    def list(self, prefix: str, *, limit: int = 1000) -> list[ObjectInfo]: ...

    def presign_get(self, key: str, *, seconds: int, content_type: str | None = None) -> str: ...

    def presign_put(self, key: str, *, seconds: int, content_type: str, size_bytes: int | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    body: str
    receipt: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """About how many messages a queue holds that can be received, and that are hidden or not yet due."""

    visible: int
    hidden: int


class Queue(Protocol):
    """One SQS queue."""

    def send(self, body: Mapping[str, Any], *, delay_seconds: int = 0) -> None: ...

    def receive(
        self, *, wait_seconds: int = 20, visibility_seconds: int | None = None, limit: int = 1
    ) -> list[Message]: ...

    def delete(self, receipt: str) -> None: ...

    def extend(self, receipt: str, seconds: int) -> None: ...

    def depth(self) -> QueueDepth: ...


class RendererService(Protocol):
    """What runs the workers: told how many, it starts and ends them."""

    def desired(self) -> int:
        """How many it is told to run."""
        ...

    def set_desired(self, tasks: int) -> None: ...


class Workflow(Protocol):
    """One Step Functions state machine, and the callback side of its tasks."""

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Starts the execution called `name`; False when one of that name was started before (which is no error)."""
        ...

    def stop(self, name: str, *, error: str, cause: str) -> None:
        """Stops it when it runs; does nothing when it does not."""
        ...

    def is_running(self, name: str) -> bool:
        """Whether an execution of that name is under way."""
        ...
