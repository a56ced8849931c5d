"""Makes moto's tables quick enough for a state folder that has been used for months. Call both at the cloud's start."""

import copy
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local.cloud.tables import Attributes, Place, position_of, transaction_places


def make_transactions_cheap() -> None:
    """moto copies the whole table before each transaction, to put it back if one part fails: 1 s at 20,000 items.

    We copy the items that the transaction names, and hand moto the table itself as its own copy.
    """
    Table.__deepcopy__ = lambda self, _memo: self  # type: ignore[attr-defined]
    apply_all = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[Attributes]) -> None:
        before = [_snapshot(self, place) for place in transaction_places(transact_items) if place[0] in self.tables]
        try:
            apply_all(self, transact_items)
        except BaseException:
            for table, hash_value, range_value, item in before:
                if item is None:
                    table.items[hash_value].pop(range_value, None)  # type: ignore[arg-type, call-overload]
                else:
                    table.items[hash_value][range_value] = item  # type: ignore[index]
            raise

    DynamoDBBackend.transact_write_items = transact_write_items  # type: ignore[method-assign]


def make_queries_cheap() -> None:
    """moto sorts and compares every item of the table for each query: 280 ms at 11,000 items. We hand it only those
    that can match. Requests come one at a time (TABLES_LOCK), so the narrowed list may wait on the table itself."""
    query: Any = Table.query
    all_items = Table.all_items

    def narrowed_query(
        self: Any,
        hash_key: DynamoType | None,
        comparison: str | None,
        bounds: list[DynamoType],
        limit: int | None,
        start: Attributes | None,
        forward: bool,
        *rest: Any,
        **named: Any,
    ) -> Any:
        # The projection and the index's name are what follows by position.
        if len(rest) > 1 and rest[1]:
            self.narrowed = _with_attributes(self, [name for name, _ in named.get("hash_key_conditions") or []])
        elif hash_key is not None:
            self.narrowed = _page(_in_range(self, hash_key, comparison, bounds), self, limit, start, forward)
        try:
            return query(self, hash_key, comparison, bounds, limit, start, forward, *rest, **named)
        finally:
            self.narrowed = None

    def narrowed_items(self: Any) -> list[Item]:
        narrowed: list[Item] | None = getattr(self, "narrowed", None)
        return all_items(self) if narrowed is None else narrowed

    Table.query = narrowed_query  # type: ignore[method-assign]
    Table.all_items = narrowed_items  # type: ignore[method-assign]


def _with_attributes(table: Table, names: list[str]) -> list[Item]:
    partitions: list[Any] = list(table.items.values())
    return [item for partition in partitions for item in partition.values() if all(n in item.attrs for n in names)]


def _in_range(table: Table, hash_key: DynamoType, comparison: str | None, bounds: list[DynamoType]) -> list[Item]:
    partition: Any = table.items.get(hash_key, {})
    if comparison != "BETWEEN" or any(bound.type != "S" for bound in bounds):
        return list(partition.values())
    low, high = (bound.value for bound in bounds)
    return [item for item in partition.values() if low <= item.range_key.value <= high]


def _page(items: list[Item], table: Table, limit: int | None, start: Attributes | None, forward: bool) -> list[Item]:
    """What one page can hold, and one item more, by which moto knows that there is another page."""
    if table.range_key_type != "S" or table.range_key_attr is None:
        return items

    def place(item: Any) -> str:
        return item.range_key.value

    items = sorted(items, key=place, reverse=forward is False)
    if start:
        after: str = start[table.range_key_attr]["S"]
        items = [item for item in items if (place(item) < after if forward is False else place(item) > after)]
    return items[: limit + 1] if limit else items


def _snapshot(backend: DynamoDBBackend, place: Place) -> tuple[Table, DynamoType, DynamoType | None, Item | None]:
    table = backend.tables[place[0]]
    position = position_of(table, place[1])
    return table, *position, copy.deepcopy(table.get_item(*position))
