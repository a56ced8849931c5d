"""The table: its keys, and the one sparse index that tells the sweeper what is due, without a scan.

An item that wants attention at a time carries `dueShard` and `dueAt` and so appears in the index `due`; the write
that settles the matter takes both away in the same transaction. Open holds are due at their expiry, queued renders
30 s after their submission. Four shards, because one index partition takes 1,000 writes a second.
"""

from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DUE_INDEX = "due"
DUE_SHARDS = 4
TTL_ATTRIBUTE = "ttl"


def due_shard(identifier: str) -> str:
    """The index partition in which a thing waits."""
    return f"DUE#{crc32(identifier.encode()) % DUE_SHARDS}"


def due_attributes(identifier: str, at: int) -> dict[str, Any]:
    """The attributes of an item that wants attention at `at` (epoch seconds)."""
    return {"dueShard": due_shard(identifier), "dueAt": at}


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Creates the table as the Data stack does; does nothing when it is there."""
    try:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
                {"AttributeName": "dueShard", "AttributeType": "S"},
                {"AttributeName": "dueAt", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": DUE_INDEX,
                    "KeySchema": [
                        {"AttributeName": "dueShard", "KeyType": "HASH"},
                        {"AttributeName": "dueAt", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
    except client.exceptions.ResourceInUseException:
        return
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    )
