"""Assets in the table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from parley.domain.assets import OPEN_STATUSES, Asset, AssetStatus
from parley.domain.errors import Conflict, NotFound
from parley.domain.spaces import Space
from parley.domain.times import epoch, iso
from parley.store.mapping import camel, from_item, set_clause, to_item
from parley.store.ports import ConditionRefused, Item, ItemKey, Table, Write
from parley.store.schema import TTL_ATTRIBUTE

LIST_LIMIT = 100
KEPT_DELETED = timedelta(days=30)


def asset_key(space: Space, asset_id: str) -> ItemKey:
    return ItemKey(space.partition, f"ASSET#{asset_id}")


class Assets:
    """The assets of every space. A deleted one reads as absent and is really gone after 30 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, space: Space, asset_id: str) -> Asset:
        """Raises NotFound for a deleted one as for one that never was."""
        item = self._table.get(asset_key(space, asset_id))
        if item is None or item["status"] == "deleted":
            raise _absent(asset_id)
        return from_item(Asset, item)

    def list(self, space: Space) -> list[Asset]:
        """At most 100, newest first."""
        found: list[Asset] = []
        cursor: str | None = None
        while True:
            page = self._table.query(space.partition, "ASSET#", limit=LIST_LIMIT, cursor=cursor, newest_first=True)
            found += [from_item(Asset, item) for item in page.items if item["status"] != "deleted"]
            if (cursor := page.cursor) is None or len(found) >= LIST_LIMIT:
                return found[:LIST_LIMIT]

    def create(self, asset: Asset) -> Asset:
        """Stores a new asset; a replay gives the stored one."""
        key = asset_key(Space(asset.tenant_id, asset.environment), asset.id)
        try:
            self._table.write(Write(kind="put", key=key, item=to_item(asset), condition="attribute_not_exists(pk)"))
        except ConditionRefused as refusal:
            return from_item(Asset, refusal.old or {})
        return asset

    def update(
        self,
        space: Space,
        asset_id: str,
        changes: Mapping[str, Any],
        at: datetime,
        *,
        expected: Sequence[AssetStatus] = OPEN_STATUSES,
    ) -> Asset:
        """Sets fields, named as in Asset (None clears one), while the status is one of `expected`.

        Raises NotFound, or Conflict when the status is another: a verdict is never overwritten by a late duplicate.
        """
        clause, values = set_clause({**{camel(name): value for name, value in changes.items()}, "updatedAt": iso(at)})
        named = {f"expected{n}": status for n, status in enumerate(expected)}

        def refused(old: Item | None) -> Exception:
            if old is None or old["status"] == "deleted":
                return _absent(asset_id)
            return Conflict(f"Asset {asset_id} is {old['status']} and stays so.")

        return from_item(
            Asset,
            self._table.write(
                Write(
                    kind="update",
                    key=asset_key(space, asset_id),
                    update=clause,
                    condition=f"#status IN ({', '.join(f':{name}' for name in named)})",
                    values={**values, **named},
                    refused=refused,
                )
            ),
        )

    def delete(self, space: Space, asset_id: str, at: datetime) -> None:
        """Raises NotFound, also for one deleted before. The bytes are the caller's to delete."""
        self._table.write(
            Write(
                kind="update",
                key=asset_key(space, asset_id),
                update="SET #status = :deleted, #updatedAt = :at, #ttl = :ttl",
                condition="attribute_exists(pk) AND #status <> :deleted",
                values={"deleted": "deleted", "at": iso(at), TTL_ATTRIBUTE: epoch(at + KEPT_DELETED)},
                refused=lambda _: _absent(asset_id),
            )
        )


def _absent(asset_id: str) -> NotFound:
    return NotFound(f"There is no asset {asset_id}.")
