from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import names
from tests.local.conftest import CloudProcess, get, put

TABLE = names.TABLE


def test_every_kind_of_write_survives_a_kill(cloud: CloudProcess) -> None:
    dynamodb = cloud.client("dynamodb")
    key = {"pk": {"S": "W"}, "sk": {"S": "changed"}}
    put(cloud, "W", "changed", n={"N": "1"}, b={"B": b"\x00\xff"}, m={"M": {"deep": {"L": [{"NULL": True}]}}})
    put(cloud, "W", "deleted")
    dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET n = n + :one",
        ExpressionAttributeValues={":one": {"N": "41"}},
    )
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "W"}, "sk": {"S": "deleted"}})
    dynamodb.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": {"pk": {"S": "W"}, "sk": {"S": "batch"}}}}]}
    )
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "W"}, "sk": {"S": "transacted"}}}},
            {"Delete": {"TableName": TABLE, "Key": {"pk": {"S": "W"}, "sk": {"S": "batch"}}}},
        ]
    )
    before = get(cloud, "W", "changed")
    assert before["n"] == {"N": "42"}
    cloud.restart()
    assert get(cloud, "W", "changed") == before
    assert get(cloud, "W", "deleted") is None
    assert get(cloud, "W", "batch") is None
    assert get(cloud, "W", "transacted") is not None


def test_a_transaction_that_fails_leaves_no_part_of_itself(cloud: CloudProcess) -> None:
    put(cloud, "T", "wallet", balance={"N": "5"})
    take = {
        "TableName": TABLE,
        "Key": {"pk": {"S": "T"}, "sk": {"S": "wallet"}},
        "UpdateExpression": "SET balance = balance - :five",
        "ExpressionAttributeValues": {":five": {"N": "5"}},
    }
    refused = {
        "TableName": TABLE,
        "Item": {"pk": {"S": "T"}, "sk": {"S": "hold"}},
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    new = {"TableName": TABLE, "Item": {"pk": {"S": "T"}, "sk": {"S": "entry"}}}
    with pytest.raises(ClientError) as failure:
        cloud.client("dynamodb").transact_write_items(TransactItems=[{"Put": new}, {"Update": take}, {"Put": refused}])
    reasons = [reason["Code"] for reason in failure.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert get(cloud, "T", "wallet")["balance"] == {"N": "5"}
    assert get(cloud, "T", "entry") is None
    cloud.restart()
    assert get(cloud, "T", "wallet")["balance"] == {"N": "5"}
    assert get(cloud, "T", "entry") is None


def test_updates_from_many_threads_are_all_counted(cloud: CloudProcess) -> None:
    put(cloud, "C", "counter", n={"N": "0"})
    dynamodb = cloud.client("dynamodb")

    def add(_: int) -> None:
        change = {
            "TableName": TABLE,
            "Key": {"pk": {"S": "C"}, "sk": {"S": "counter"}},
            "UpdateExpression": "SET n = n + :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        dynamodb.transact_write_items(TransactItems=[{"Update": change}])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert get(cloud, "C", "counter")["n"] == {"N": "80"}
    cloud.restart()
    assert get(cloud, "C", "counter")["n"] == {"N": "80"}


@pytest.mark.parametrize("forward", [True, False])
def test_a_list_read_page_by_page_is_whole_and_in_order(cloud: CloudProcess, forward: bool) -> None:
    for number in range(30):
        put(cloud, "PAGES", f"ENTRY#{number:03d}")
    for other in ("AVATAR#1", "ENTRZ#1"):
        put(cloud, "PAGES", other)
    asked: dict[str, Any] = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
        "ExpressionAttributeValues": {":pk": {"S": "PAGES"}, ":low": {"S": "ENTRY#"}, ":high": {"S": "ENTRY#~"}},
        "ScanIndexForward": forward,
        "Limit": 7,
    }
    sizes, seen = [], []
    while True:
        page = cloud.client("dynamodb").query(**asked)
        sizes.append(page["Count"])
        seen += [item["sk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    expected = [f"ENTRY#{number:03d}" for number in range(30)]
    assert seen == (expected if forward else expected[::-1])
    assert sizes == [7, 7, 7, 7, 2]


def test_the_index_of_due_things_gives_them_in_order_of_time(cloud: CloudProcess) -> None:
    for name, due in (("late", "300"), ("soon", "100"), ("never", None), ("next", "200")):
        waiting = {"dueShard": {"S": "DUE#test"}, "dueAt": {"N": due}} if due else {}
        put(cloud, "DUE", name, **waiting)
    answer = cloud.client("dynamodb").query(
        TableName=TABLE,
        IndexName="due",
        KeyConditionExpression="dueShard = :shard AND dueAt <= :now",
        ExpressionAttributeValues={":shard": {"S": "DUE#test"}, ":now": {"N": "200"}},
    )
    assert [item["sk"]["S"] for item in answer["Items"]] == ["soon", "next"]
