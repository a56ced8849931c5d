"""A table that demands of each write what DynamoDB demands and moto lets pass."""

import re
from collections.abc import Sequence

from parley.store.dynamo import DynamoTable
from parley.store.ports import Item, Write


class DemandingTable(DynamoTable):
    """Every value that is bound is used, and every one that is used is bound."""

    def write(self, write: Write) -> Item:
        demand(write)
        return super().write(write)

    def transact(self, writes: Sequence[Write]) -> None:
        for write in writes:
            demand(write)
        super().transact(writes)


def demand(write: Write) -> None:
    used = set(re.findall(r":(\w+)", f"{write.update or ''} {write.condition or ''}"))
    assert used == set(write.values or ()), f"bound and used values differ: {used ^ set(write.values or ())}"
    changed = re.findall(
        r"#(\w+)(?= [=:]|,|$| REMOVE| ADD| SET)", re.sub(r"if_not_exists\([^)]*\)", "", write.update or "")
    )
    assert len(changed) == len(set(changed)), f"an attribute is changed twice: {changed}"
    assert (write.item is not None) == (write.kind == "put") and (write.update is not None) == (write.kind == "update")
