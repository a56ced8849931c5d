"""Puts back what the live table lost, from a table that was restored beside it. What is there stays as it is."""

from typing import Any

# Of the moment only: a slot, a rate window, a reply kept for repeats, a worker that is long gone.
_PASSING = ("SLOT#", "RATE#", "IDEMPOTENCY#", "WORKER#", "FLEET")


def put_back(dynamodb: Any, source: str, target: str, tenant: str | None) -> int:
    """How many items were missing and are there again. With `tenant` its own alone, its keys included."""
    names = dynamodb.exceptions
    found = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=source, ConsistentRead=True):
        for item in page["Items"]:
            if not _wanted(item, tenant):
                continue
            try:
                dynamodb.put_item(TableName=target, Item=item, ConditionExpression="attribute_not_exists(pk)")
            except names.ConditionalCheckFailedException:
                continue
            found += 1
    return found


def _wanted(item: Any, tenant: str | None) -> bool:
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    if sk.startswith(_PASSING):
        return False
    if tenant is None:
        return True
    return pk.startswith(f"T#{tenant}#") or item.get("tenantId", {}).get("S") == tenant
