"""What the sweeper has to look at, from the index: holds past their expiry; renders, turns, batches that lie still."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parley.domain.spaces import Space, space_of_partition
from parley.domain.times import epoch
from parley.store.ports import Table

DueKind = Literal["hold", "render", "batch", "turn"]
_KINDS: dict[str, DueKind] = {"HOLD": "hold", "RENDER": "render", "BATCH": "batch", "TURN": "turn"}


@dataclass(frozen=True, slots=True)
class Due:
    """A `hold` (id: its operation; for a render's the render id, or that with `.more`), a `render`, `batch` or `turn`.

    The index is eventually consistent: what it names is to be read before it is believed.
    """

    space: Space
    kind: DueKind
    id: str


def due(table: Table, at: datetime, *, limit: int = 100) -> list[Due]:
    """At most `limit` things of each shard that were due at `at`."""
    found: list[Due] = []
    for key in table.query_due(epoch(at), limit=limit):
        kind, _, identifier = key.sk.partition("#")
        if kind in _KINDS:
            found.append(Due(space_of_partition(key.pk), _KINDS[kind], identifier))
    return found
