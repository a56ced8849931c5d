"""DynamoDB writes that outlive the process: each accepted write's items, as they lie afterwards, go to the journal."""

import copy
import json
import threading
from collections.abc import Iterator
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local.cloud.journal import Value
from local.cloud.names import ACCOUNT, REGION

# moto's tables are plain dictionaries changed in several steps: one request at a time, reads too.
TABLES_LOCK = threading.RLock()
Attributes = dict[str, Any]
Place = tuple[str, Attributes]


def touched_places(target: str, body: Attributes) -> list[Place]:
    """(table, item or key) of everything a write request names; empty for a read. `target` is the operation's name."""
    match target:
        case "PutItem":
            return [(body["TableName"], body["Item"])]
        case "UpdateItem" | "DeleteItem":
            return [(body["TableName"], body["Key"])]
        case "BatchWriteItem":
            return [
                (table, request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"])
                for table, requests in body["RequestItems"].items()
                for request in requests
            ]
        case "TransactWriteItems":
            return _transaction_places(body["TransactItems"])
        case _:
            return []


def images_of(places: list[Place]) -> dict[str, Value | None]:
    """What lies at these places now, as journal records."""
    records: dict[str, Value | None] = {}
    for table_name, attributes in places:
        table = _backend().tables[table_name]
        key = {name: attributes[name] for name in table.table_key_attrs}
        item = table.get_item(*_position(table, key))
        records[f"item:{table_name}:{json.dumps(key, sort_keys=True)}"] = (
            None if item is None else {"table": table_name, "item": item.to_json()["Attributes"]}
        )
    return records


def put_back(value: Value) -> None:
    """Lays one journalled item into its table."""
    _backend().tables[value["table"]].put_item(value["item"], overwrite=True)


def items_of(table_name: str) -> Iterator[Item]:
    """Every item of a table; change an item's `attrs` by `put_back` only."""
    for by_range in list(_backend().tables[table_name].items.values()):
        yield from list(by_range.values())  # type: ignore[union-attr]


def make_transactions_cheap() -> None:
    """moto copies the whole table before each transaction, to put it back if one part fails: 1 s at 20,000 items.

    We copy the items that the transaction names, and hand moto the table itself as its own copy.
    """
    Table.__deepcopy__ = lambda self, _memo: self  # type: ignore[attr-defined]
    apply_all = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[Attributes]) -> None:
        before = [_snapshot(self, place) for place in _transaction_places(transact_items) if place[0] in self.tables]
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


def _transaction_places(transact_items: list[Attributes]) -> list[Place]:
    operations = [next(iter(item.items())) for item in transact_items]
    return [(op["TableName"], op["Item"] if kind == "Put" else op["Key"]) for kind, op in operations]


def _snapshot(backend: DynamoDBBackend, place: Place) -> tuple[Table, DynamoType, DynamoType | None, Item | None]:
    table = backend.tables[place[0]]
    position = _position(table, place[1])
    return table, *position, copy.deepcopy(table.get_item(*position))


def _position(table: Table, attributes: Attributes) -> tuple[DynamoType, DynamoType | None]:
    range_name = table.range_key_attr
    return DynamoType(attributes[table.hash_key_attr]), DynamoType(attributes[range_name]) if range_name else None


def _backend() -> DynamoDBBackend:
    return dynamodb_backends[ACCOUNT][REGION]
