"""The Table port on DynamoDB: the low-level client, conditions answered with the item as it stood."""

import base64
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from parley.domain.errors import InvalidInput, Unavailable
from parley.store.attributes import decode_item, encode_item
from parley.store.ports import Item, ItemKey, Page, Write
from parley.store.schema import DUE_INDEX, DUE_SHARDS

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_NAME = re.compile(r"#(\w+)")
_CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
TRANSACT_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.01
_ACTIONS = {"put": "Put", "update": "Update", "delete": "Delete", "check": "ConditionCheck"}


class DynamoTable:
    """One table. `pause` and `chance` (0..1) are what the retry of conflicting transactions waits with."""

    def __init__(
        self,
        client: "DynamoDBClient",
        name: str,
        *,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._name = name
        self._pause = pause
        self._chance = chance

    def get(self, key: ItemKey) -> Item | None:
        answer = self._client.get_item(TableName=self._name, Key=_key(key), ConsistentRead=True)
        return decode_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        found: dict[ItemKey, Item] = {}
        wanted: Any = {self._name: {"Keys": [_key(key) for key in dict.fromkeys(keys)], "ConsistentRead": True}}
        for attempt in range(TRANSACT_ATTEMPTS):
            if not wanted:
                break
            answer = self._client.batch_get_item(RequestItems=wanted)
            for raw in answer["Responses"].get(self._name, []):
                item = decode_item(raw)
                found[ItemKey(item["pk"], item["sk"])] = item
            wanted = answer["UnprocessedKeys"]
            if wanted:
                self._wait(attempt)
        if wanted:
            raise Unavailable("The store is busy. Try again in a moment.")
        return [found.get(key) for key in keys]

    def write(self, write: Write) -> Item:
        arguments: Any = _arguments(self._name, write)
        try:
            match write.kind:
                case "put":
                    self._client.put_item(**arguments)
                    return dict(write.item or {})
                case "update":
                    answer = self._client.update_item(**arguments, ReturnValues="ALL_NEW")
                    return decode_item(answer.get("Attributes", {}))
                case "delete":
                    self._client.delete_item(**arguments)
                    return {}
                case "check":
                    raise ValueError("a check is part of a transaction, never alone")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            raise write.refused(_old(error.response)) from None

    def transact(self, writes: Sequence[Write]) -> None:
        items: Any = [{_ACTIONS[write.kind]: _arguments(self._name, write)} for write in writes]
        for attempt in range(TRANSACT_ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=items)
                return
            except ClientError as error:
                refusal = _refusal(error, writes)
                if refusal is not None:
                    raise refusal from None
            self._wait(attempt)
        raise Unavailable("Too many changes at once to the same account. Try again in a moment.")

    def query(
        self, pk: str, prefix: str = "", *, limit: int = 100, cursor: str | None = None, newest_first: bool = False
    ) -> Page:
        # The tilde sorts after every character of an id, so one form of condition serves every list.
        return self._page(pk, prefix or " ", prefix + "~", limit, cursor, newest_first)

    def query_all(self, pk: str, prefix: str = "") -> Iterator[Item]:
        cursor: str | None = None
        while True:
            page = self.query(pk, prefix, limit=1000, cursor=cursor)
            yield from page.items
            if (cursor := page.cursor) is None:
                return

    def query_between(self, pk: str, low: str, high: str, *, limit: int, cursor: str | None = None) -> Page:
        return self._page(pk, low, high, limit, cursor, newest_first=False)

    def query_due(self, now: int, *, limit: int) -> list[ItemKey]:
        due: list[ItemKey] = []
        for shard in range(DUE_SHARDS):
            answer = self._client.query(
                TableName=self._name,
                IndexName=DUE_INDEX,
                KeyConditionExpression="dueShard = :shard AND dueAt <= :now",
                ExpressionAttributeValues={":shard": {"S": f"DUE#{shard}"}, ":now": {"N": str(now)}},
                Limit=limit,
            )
            due += [ItemKey(item["pk"], item["sk"]) for item in map(decode_item, answer["Items"])]
        return due

    def _page(self, pk: str, low: str, high: str, limit: int, cursor: str | None, newest_first: bool) -> Page:
        extra: Any = {"ExclusiveStartKey": _key(ItemKey(pk, _read_cursor(cursor, low, high)))} if cursor else {}
        answer = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=_values({"pk": pk, "low": low, "high": high}),
            Limit=limit,
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            **extra,
        )
        last = answer.get("LastEvaluatedKey")
        return Page([decode_item(item) for item in answer["Items"]], _write_cursor(decode_item(last)) if last else None)

    def _wait(self, attempt: int) -> None:
        # Full jitter, doubling: 10 ms at most at first, about 1.3 s at most in the end.
        self._pause(self._chance() * _FIRST_PAUSE_SECONDS * 2**attempt)


def _key(key: ItemKey) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _values(values: Mapping[str, object]) -> dict[str, Any]:
    return {f":{name}": value for name, value in encode_item(values).items()}


@lru_cache(maxsize=512)
def _names(expressions: str) -> dict[str, str]:
    return {f"#{name}": name for name in _NAME.findall(expressions)}


def _arguments(table: str, write: Write) -> dict[str, Any]:
    arguments: dict[str, Any] = {"TableName": table}
    if write.kind == "put":
        arguments["Item"] = encode_item({**(write.item or {}), "pk": write.key.pk, "sk": write.key.sk})
    else:
        arguments["Key"] = _key(write.key)
    if write.update:
        arguments["UpdateExpression"] = write.update
    if write.condition:
        arguments["ConditionExpression"] = write.condition
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if names := _names(f"{write.update} {write.condition}"):
        arguments["ExpressionAttributeNames"] = names
    if write.values:
        arguments["ExpressionAttributeValues"] = _values(write.values)
    return arguments


def _old(answer: Mapping[str, Any]) -> Item | None:
    raw = answer.get("Item")
    return decode_item(raw) if raw else None


def _refusal(error: ClientError, writes: Sequence[Write]) -> Exception | None:
    """What a cancelled transaction means: the first refused write's word, or None for a conflict worth another try."""
    if error.response.get("Error", {}).get("Code") != "TransactionCanceledException":
        raise error
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
    for write, reason in zip(writes, reasons, strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            return write.refused(_old(reason))
    codes = {str(reason.get("Code")) for reason in reasons} - {"None"}
    if codes and codes <= _CONFLICTS:
        return None
    raise error


def _write_cursor(last: Item) -> str:
    # The partition stays out of it: it is the caller's own, and a cursor must not lead into another's.
    return base64.urlsafe_b64encode(last["sk"].encode()).decode()


def _read_cursor(cursor: str, low: str, high: str) -> str:
    try:
        sk = base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        sk = ""
    if not low <= sk <= high:
        raise InvalidInput("The cursor is not one that this list gave. Start again without it.")
    return sk
