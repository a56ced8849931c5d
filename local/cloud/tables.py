"""DynamoDB writes that outlive the process: each accepted write's items, as they lie afterwards, go to the journal."""

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
            return transaction_places(body["TransactItems"])
        case _:
            return []


def images_of(places: list[Place]) -> dict[str, Value | None]:
    """What lies at these places now, as journal records."""
    records: dict[str, Value | None] = {}
    for table_name, attributes in places:
        table = _backend().tables[table_name]
        key = {name: attributes[name] for name in table.table_key_attrs}
        item = table.get_item(*position_of(table, key))
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


def transaction_places(transact_items: list[Attributes]) -> list[Place]:
    """(table, item or key) of every part of a transaction."""
    operations = [next(iter(item.items())) for item in transact_items]
    return [(op["TableName"], op["Item"] if kind == "Put" else op["Key"]) for kind, op in operations]


def position_of(table: Table, attributes: Attributes) -> tuple[DynamoType, DynamoType | None]:
    """Where an item with these attributes lies in a table: its hash and range values."""
    range_name = table.range_key_attr
    return DynamoType(attributes[table.hash_key_attr]), DynamoType(attributes[range_name]) if range_name else None


def _backend() -> DynamoDBBackend:
    return dynamodb_backends[ACCOUNT][REGION]
