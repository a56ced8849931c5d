"""What an operator does to tenants, and the proof of their money: on moto, with every line looked at."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from parley.domain.errors import InvalidInput, NotFound, Unauthorized
from parley.domain.spaces import Space
from parley.domain.wallet import Entry
from parley.operations.administer import Operator, end_key, grant_credits, issue_key, set_plan
from parley.operations.authenticate import authenticate
from parley.operations.check_ledger import OVERDUE_SECONDS, check_ledger
from parley.operations.open_tenant import open_tenant
from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.ports import ItemKey, Write
from parley.store.schema import create_table
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on
from parley.store.wallet_writes import entry_key, hold_key, wallet_key
from parley.wire.api_keys import CreateApiKey
from tests.hand_clock import HandClock

SECOND = 1_000_000
ANN = Operator("arn:aws:iam::1:user/ann", "invoice 12")


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = aws.dynamodb()
        create_table(client, "parley")
        settings = Settings.model_validate({"key_pepper": "a pepper for tests of operators"})
        yield stores_on(DynamoTable(client, "parley", pause=lambda _: None), settings, HandClock())


@pytest.fixture
def live(stores: Stores) -> Space:
    return Space(open_tenant(stores, ANN, "developer"), "live")


def lines(stores: Stores, space: Space) -> list[Entry]:
    now = stores.clock.now()
    return stores.wallets.entries(space, now - timedelta(days=1), now + timedelta(days=1))[0]


def key_of(environment: str = "live", **more: Any) -> CreateApiKey:
    return CreateApiKey.model_validate({"name": "first", "environment": environment, "scopes": ["*"], **more})


def test_a_tenant_has_both_environments_and_its_first_key_opens_the_door(stores: Stores, live: Space) -> None:
    _, presented = issue_key(stores, ANN, live, key_of())
    caller = authenticate(stores, f"Bearer {presented.text}", ["credits:read"])
    assert (caller.space, caller.plan.name) == (live, "developer")
    assert stores.tenants.active(Space(live.tenant, "test")).plan == "developer"


def test_every_act_is_a_line_with_its_reason_and_its_doer(stores: Stores, live: Space) -> None:
    key, _ = issue_key(stores, ANN, live, key_of())
    set_plan(stores, ANN, live, "scale")
    grant_credits(stores, ANN, live, 60 * SECOND)
    end_key(stores, ANN, live, key.id)
    found = lines(stores, live)
    assert {line.by for line in found} == {ANN.name}
    assert {(line.move, line.amount, line.reason) for line in found} == {
        ("note", 0, "tenant created on plan developer: invoice 12"),
        ("note", 0, f"{key.id} created: invoice 12"),
        ("note", 0, "plan developer to scale: invoice 12"),
        ("grant", 60 * SECOND, "invoice 12"),
        ("note", 0, f"{key.id} revoked: invoice 12"),
    }
    checked = check_ledger(stores, live)
    assert (checked.wrong, checked.entries, checked.wallet.balance) == ([], 5, 60 * SECOND)


def test_a_revoked_key_is_refused_and_another_tenants_key_is_nobodys(stores: Stores, live: Space) -> None:
    key, presented = issue_key(stores, ANN, live, key_of())
    other = Space(open_tenant(stores, ANN, "sandbox"), "live")
    with pytest.raises(NotFound):
        end_key(stores, ANN, other, key.id)
    assert [line.move for line in lines(stores, other)] == ["note"]
    end_key(stores, ANN, live, key.id)
    with pytest.raises(Unauthorized, match="revoked"):
        authenticate(stores, f"Bearer {presented.text}", ["credits:read"])


def test_wrong_acts_are_refused_and_leave_no_line(stores: Stores, live: Space) -> None:
    nobody = Space("ten_01ARZ3NDEKTSV4RRFFQ69G5FAV", "live")
    before = lines(stores, live)
    for act in (
        lambda: set_plan(stores, ANN, nobody, "scale"),
        lambda: grant_credits(stores, ANN, nobody, SECOND),
        lambda: issue_key(stores, ANN, nobody, key_of()),
    ):
        with pytest.raises(NotFound):
            act()
    for act in (
        lambda: set_plan(stores, ANN, live, "platinum"),
        lambda: grant_credits(stores, ANN, live, 0),
        lambda: grant_credits(stores, ANN, live, 10**16),
        lambda: issue_key(stores, ANN, live, key_of("test")),
        lambda: issue_key(stores, ANN, live, key_of(expiresAt="2020-01-01T00:00:00Z")),
        lambda: open_tenant(stores, ANN, "platinum"),
        lambda: Operator("ann", "  "),
    ):
        with pytest.raises(InvalidInput):
            act()
    assert lines(stores, live) == before and lines(stores, nobody) == []


def busy(stores: Stores, space: Space) -> str:
    """A wallet in which everything has happened; gives the id of an operation still under way."""
    key, _ = issue_key(stores, ANN, space, key_of(spendLimitCreditMicros=500 * SECOND))
    grant_credits(stores, ANN, space, 100 * SECOND)
    now, ends = stores.clock.now(), int(stores.clock.now().timestamp()) + 60
    paid, freed, going = (stores.ids.new("rnd") for _ in range(3))
    for operation in (paid, freed, going):
        stores.wallets.reserve(space, operation, 10 * SECOND, expires_at=ends, at=now, key_id=key.key_id)
    stores.wallets.settle(space, paid, 4 * SECOND, now)
    stores.wallets.release(space, freed, now)
    stores.wallets.charge(space, stores.ids.new("chg"), 3 * SECOND, now, key.key_id)
    return going


def test_money_that_moved_every_way_agrees_with_its_lines(stores: Stores, live: Space) -> None:
    busy(stores, live)
    checked = check_ledger(stores, live)
    assert checked.wrong == []
    assert (checked.holds, checked.open_holds, checked.keys) == (3, 1, 1)
    assert (checked.wallet.balance, checked.wallet.reserved) == (83 * SECOND, 10 * SECOND)


@pytest.mark.parametrize(
    ("where", "change", "value", "said"),
    [
        ("wallet", "balance", 1, "balance is 1"),
        ("wallet", "reserved", 0, "reserved is 0"),
        ("wallet", "lifetimeUsed", 0, "lifetime used is 0"),
        ("hold", "amount", SECOND, "its lines say"),
        ("hold", "state", "released", "its lines say"),
        ("key", "spent", 5, "has spent 5"),
        ("key", "room", 5, "has room 5"),
        ("slot", "owner", "rnd_gone", "holds no credit"),
    ],
)
def test_a_disagreement_is_found_and_named(
    stores: Stores, live: Space, where: str, change: str, value: object, said: str
) -> None:
    going = busy(stores, live)
    (key,) = stores.keys.list(live)
    places = {
        "wallet": wallet_key(live),
        "hold": hold_key(live, going),
        "key": ItemKey(f"KEY#{key.key_id}", "KEY"),
        "slot": ItemKey(live.partition, "SLOT#0"),
    }
    slot = {"owner": going, "expiresAt": int(stores.clock.now().timestamp()) + 60}
    stores.table.write(Write(kind="put", key=places["slot"], item=slot))
    assert check_ledger(stores, live).wrong == []
    stores.table.write(
        Write(kind="update", key=places[where], update=f"SET #{change} = :value", values={"value": value})
    )
    assert any(said in problem for problem in check_ledger(stores, live).wrong), check_ledger(stores, live).wrong


def test_a_lost_line_and_a_hold_nobody_ended_are_found(stores: Stores, live: Space) -> None:
    going = busy(stores, live)
    clock = stores.clock
    assert isinstance(clock, HandClock)
    clock.forward(60 + OVERDUE_SECONDS + 1)
    (late,) = check_ledger(stores, live).wrong
    assert going in late and "sweeper" in late
    (grant,) = (line for line in lines(stores, live) if line.move == "grant")
    stores.table.write(Write(kind="delete", key=entry_key(live, grant.id)))
    assert any("lifetime granted" in problem for problem in check_ledger(stores, live).wrong)
