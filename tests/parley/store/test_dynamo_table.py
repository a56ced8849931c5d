"""The table adapter: what a condition, a conflict and a cursor mean."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.errors import InvalidInput, Unavailable
from parley.store import aws
from parley.store.attributes import decode_item, encode_item
from parley.store.dynamo import TRANSACT_ATTEMPTS, DynamoTable
from parley.store.ports import ConditionRefused, ItemKey, Write
from parley.store.schema import create_table

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def put(sk: str, condition: str | None = None, **fields: Any) -> Write:
    return Write(kind="put", key=ItemKey("P", sk), item=fields, condition=condition)


@given(item=st.dictionaries(st.text(), values))
def test_items_come_back_as_they_were_with_integers_as_integers(item: dict[str, Any]) -> None:
    again = decode_item(encode_item(item))
    assert again == item and repr(again) == repr(item)


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_equal(number: float) -> None:
    assert decode_item(encode_item({"n": number}))["n"] == number


def test_what_no_item_holds_is_refused_at_once() -> None:
    with pytest.raises(TypeError):
        encode_item({"x": object()})


def test_a_refused_write_tells_what_was_there(table: DynamoTable) -> None:
    table.write(put("A", n=1))
    with pytest.raises(ConditionRefused) as refused:
        table.write(put("A", "attribute_not_exists(pk)", n=2))
    assert refused.value.old == {"pk": "P", "sk": "A", "n": 1}
    with pytest.raises(ConditionRefused) as absent:
        table.write(put("B", "attribute_exists(pk)"))
    assert absent.value.old is None


def test_an_update_gives_the_item_as_it_is_afterwards_and_a_delete_nothing(table: DynamoTable) -> None:
    table.write(put("A", status="old", n=1))
    update = Write(
        kind="update",
        key=ItemKey("P", "A"),
        update="SET #status = :status ADD #n :n",
        values={"status": "new", "n": 2},
    )
    assert table.write(update) == {"pk": "P", "sk": "A", "status": "new", "n": 3}
    assert table.write(Write(kind="delete", key=ItemKey("P", "A"))) == {}
    assert table.get(ItemKey("P", "A")) is None


def test_the_first_refused_write_of_a_transaction_speaks_and_nothing_is_done(table: DynamoTable) -> None:
    table.write(put("B", n=1))
    table.write(put("C", n=2))
    absent = "attribute_not_exists(pk)"
    with pytest.raises(ConditionRefused) as refused:
        table.transact([put("A", absent), put("B", absent), put("C", absent)])
    assert refused.value.old is not None and refused.value.old["n"] == 1
    assert table.get(ItemKey("P", "A")) is None


def test_a_check_alone_is_a_mistake_and_in_a_transaction_a_condition(table: DynamoTable) -> None:
    check = Write(kind="check", key=ItemKey("P", "A"), condition="attribute_exists(pk)")
    with pytest.raises(ValueError, match="part of a transaction"):
        table.write(check)
    with pytest.raises(ConditionRefused):
        table.transact([check, put("B")])


def conflicting(client: Any, times: int) -> list[int]:
    """Makes the client's transactions fail by conflict so many times; the list grows with every attempt."""
    attempts: list[int] = []
    real = client.transact_write_items

    def call(**arguments: Any) -> Any:
        attempts.append(1)
        if len(attempts) > times:
            return real(**arguments)
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")

    client.transact_write_items = call
    return attempts


def test_conflicts_are_tried_again_with_growing_pauses_that_chance_shortens(cloud: None) -> None:  # noqa: ARG001
    client, pauses = aws.dynamodb(), []
    create_table(client, "parley")
    conflicting(client, 3)
    table = DynamoTable(client, "parley", pause=pauses.append, chance=lambda: 0.5)
    table.transact([put("A"), put("B")])
    assert pauses == [0.005, 0.01, 0.02]
    assert table.get(ItemKey("P", "B")) is not None


def test_conflicts_without_end_are_given_up(cloud: None) -> None:  # noqa: ARG001
    client = aws.dynamodb()
    create_table(client, "parley")
    attempts = conflicting(client, 1000)
    with pytest.raises(Unavailable):
        DynamoTable(client, "parley", pause=lambda _: None).transact([put("A"), put("B")])
    assert len(attempts) == TRANSACT_ATTEMPTS


def test_a_mistake_of_ours_is_not_tried_again(table: DynamoTable) -> None:
    with pytest.raises(ClientError):
        table.transact([put("A"), put("A")])
    with pytest.raises(ClientError):
        table.write(Write(kind="update", key=ItemKey("P", "A"), update="SET nonsense"))


def test_many_are_read_in_their_order_with_gaps_and_repeats(table: DynamoTable) -> None:
    table.transact([put("A", n=1), put("B", n=2)])
    keys = [ItemKey("P", sk) for sk in ("B", "X", "A", "B")]
    assert [item and item["n"] for item in table.get_many(keys)] == [2, None, 1, 2]


def test_lists_go_on_where_their_cursor_says(table: DynamoTable) -> None:
    for n in range(5):
        table.write(put(f"A#{n}"))
    table.write(put("B#0"))
    first = table.query("P", "A#", limit=2, newest_first=True)
    second = table.query("P", "A#", limit=9, newest_first=True, cursor=first.cursor)
    assert [item["sk"] for item in [*first.items, *second.items]] == [f"A#{n}" for n in (4, 3, 2, 1, 0)]
    assert second.cursor is None
    assert len(list(table.query_all("P"))) == 6


@pytest.mark.parametrize("cursor", ["rubbish!", "QiMw", "AAAA", "\u00e9"])
def test_a_cursor_of_another_list_or_none_at_all_is_refused(table: DynamoTable, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        table.query("P", "A#", cursor=cursor)


def test_the_table_is_made_once_with_its_index_and_its_time_to_live(cloud: None) -> None:  # noqa: ARG001
    client = aws.dynamodb()
    for _ in range(2):
        create_table(client, "parley")
    described = json.dumps(client.describe_table(TableName="parley"), default=str)
    assert '"IndexName": "due"' in described and "PAY_PER_REQUEST" in described
    assert client.describe_time_to_live(TableName="parley")["TimeToLiveDescription"].get("AttributeName") == "ttl"
