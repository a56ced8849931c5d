"""The judge of the wiring's calls: what it lets through and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.role_calls import Need, needs_of, refused

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
ONLY_TENANTS: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
    "Resource": TABLE,
    "Condition": {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["T#*"]},
        "Null": {"dynamodb:LeadingKeys": ["false"]},
    },
}


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (Need("dynamodb:GetItem", TABLE, ("T#a",)), True),
        (Need("dynamodb:GetItem", TABLE, ("T#a", "KEY#b")), False),
        (Need("dynamodb:GetItem", TABLE), False),
        (Need("dynamodb:DeleteItem", TABLE, ("T#a",)), False),
        (Need("dynamodb:GetItem", f"{TABLE}/index/due", ("T#a",)), False),
    ],
)
def test_items_are_judged_by_action_table_and_every_key(need: Need, allowed: bool) -> None:
    assert refused([ONLY_TENANTS], [need]) == ([] if allowed else [str(need)])


def test_objects_are_judged_by_their_prefix() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/renders/*"}
    assert refused([statement], needs_of("s3", "HeadObject", {"Bucket": "b", "Key": "renders/a"})) == []
    (told,) = refused([statement], needs_of("s3", "GetObject", {"Bucket": "b", "Key": "rigs/a"}))
    assert told == "s3:GetObject on arn:aws:s3:::b/rigs/a"


def test_a_transaction_needs_what_each_of_its_writes_needs() -> None:
    key = {"pk": {"S": "T#a"}, "sk": {"S": "x"}}
    writes = [{"Put": {"TableName": "t", "Item": key}}, {"ConditionCheck": {"TableName": "t", "Key": key}}]
    needs = needs_of("dynamodb", "TransactWriteItems", {"TransactItems": writes})
    assert [need.action for need in needs] == ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"]
    assert len(refused([ONLY_TENANTS], needs)) == 1


def test_what_is_not_understood_is_never_let_through() -> None:
    with pytest.raises(AssertionError):
        needs_of("dynamodb", "Scan", {"TableName": "t"})
    strange = {**ONLY_TENANTS, "Condition": {"StringEquals": {"aws:SourceIp": "1.2.3.4"}}}
    with pytest.raises(AssertionError, match="not understood"):
        refused([strange], [Need("dynamodb:GetItem", TABLE, ("T#a",))])
