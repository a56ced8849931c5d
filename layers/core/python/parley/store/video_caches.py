"""Video caches in the table: one item per avatar, the version planned last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parley.domain.errors import Conflict, NotFound
from parley.domain.spaces import Space
from parley.domain.times import iso
from parley.domain.video_caches import VideoCache
from parley.store.mapping import camel, from_item, set_clause, to_item
from parley.store.ports import Item, ItemKey, Table, Write


def cache_key(space: Space, avatar_id: str) -> ItemKey:
    return ItemKey(space.partition, f"CACHE#{avatar_id}")


class VideoCaches:
    """The caches of every space."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, space: Space, avatar_id: str) -> VideoCache | None:
        item = self._table.get(cache_key(space, avatar_id))
        return None if item is None else from_item(VideoCache, item)

    def forget(self, space: Space, avatar_id: str) -> None:
        """Forgetting what is not there is no error."""
        self._table.write(Write(kind="delete", key=cache_key(space, avatar_id)))

    def plan(self, cache: VideoCache) -> VideoCache:
        """Stores a new version. Raises Conflict when another plan of the same avatar was quicker."""
        self._table.write(
            Write(
                kind="put",
                key=cache_key(cache.space, cache.avatar_id),
                item=to_item(cache),
                condition="attribute_not_exists(pk) OR #version < :version",
                values={"version": cache.version},
                refused=lambda _: Conflict("This avatar's cache is being planned by another request. Ask again."),
            )
        )
        return cache

    def update(
        self, space: Space, avatar_id: str, version: int, changes: Mapping[str, Any], at: datetime
    ) -> VideoCache:
        """Sets fields of that version. Raises NotFound when there is none, Conflict when a later one took its place."""
        clause, values = set_clause({**{camel(name): value for name, value in changes.items()}, "updatedAt": iso(at)})

        def refused(old: Item | None) -> Exception:
            return NotFound(f"Avatar {avatar_id} has no cache.") if old is None else Conflict("It was planned anew.")

        write = Write(
            kind="update",
            key=cache_key(space, avatar_id),
            update=clause,
            condition="#version = :expected",
            values={**values, "expected": version},
            refused=refused,
        )
        return from_item(VideoCache, self._table.write(write))
