"""Wallets against the table: each move once, each refusal clear."""

from dataclasses import replace

import pytest
from given import SECOND, SPACE, a_key, credits

from parley.domain.errors import Conflict, InsufficientCredits, NotFound, SpendLimitExceeded
from parley.domain.plans import plan_named
from parley.domain.spaces import Space
from parley.domain.times import month_start
from parley.store.due import due
from parley.store.stores import Stores


def operation(stores: Stores) -> str:
    return stores.ids.new("trn")


def reserve(stores: Stores, name: str, seconds: int, **more):
    expires = int(stores.clock.now().timestamp()) + 300
    return stores.wallets.reserve(SPACE, name, seconds * SECOND, expires_at=expires, at=stores.clock.now(), **more)


def test_a_space_that_was_never_touched_has_an_empty_wallet(stores: Stores) -> None:
    wallet = stores.wallets.read(SPACE)
    assert (wallet.balance, wallet.reserved, wallet.version) == (0, 0, 0)


def test_the_allowance_comes_once_a_month_and_tops_up_what_is_left(stores: Stores, clock) -> None:
    plan = plan_named("sandbox")
    for _ in range(2):
        assert stores.wallets.touch(SPACE, plan, clock.now()).balance == 300 * SECOND
    stores.wallets.charge(SPACE, stores.ids.new("chg"), 100 * SECOND, clock.now())
    reserve(stores, operation(stores), 50)
    assert stores.wallets.touch(SPACE, plan, clock.now()).total == 200 * SECOND
    clock.forward(31 * 86400)
    wallet = stores.wallets.touch(SPACE, plan, clock.now())
    assert (wallet.total, wallet.reserved, wallet.lifetime_granted) == (300 * SECOND, 50 * SECOND, 400 * SECOND)
    assert stores.wallets.read(SPACE) == wallet


def test_live_and_test_do_not_share_a_wallet(stores: Stores) -> None:
    credits(stores, 10)
    assert stores.wallets.read(Space("ten_A", "live")).balance == 0


def test_a_grant_made_twice_counts_once(stores: Stores) -> None:
    name = stores.ids.new("grt")
    for _ in range(2):
        stores.wallets.grant(SPACE, name, 5, stores.clock.now())
    assert stores.wallets.read(SPACE).balance == 5


def test_a_hold_is_paid_once_and_the_rest_returns(stores: Stores) -> None:
    credits(stores, 10)
    key = a_key(stores)
    name = operation(stores)
    first = reserve(stores, name, 8, key_id=key.key_id)
    assert reserve(stores, name, 8, key_id=key.key_id) == first
    paid = stores.wallets.settle(SPACE, name, 3 * SECOND, stores.clock.now())
    assert stores.wallets.settle(SPACE, name, 5 * SECOND, stores.clock.now()) == paid
    wallet, kept = stores.wallets.read(SPACE), stores.keys.get(key.key_id)
    assert (paid.settled, wallet.balance, wallet.reserved, wallet.lifetime_used) == (
        3 * SECOND,
        7 * SECOND,
        0,
        3 * SECOND,
    )
    assert kept is not None and (kept.spent, kept.held) == (3 * SECOND, 0)
    with pytest.raises(Conflict) as refused:
        stores.wallets.release(SPACE, name, stores.clock.now())
    assert refused.value.code == "hold_settled"


def test_a_hold_that_was_given_back_cannot_be_paid(stores: Stores) -> None:
    credits(stores, 10)
    name = operation(stores)
    reserve(stores, name, 8)
    for _ in range(2):
        assert stores.wallets.release(SPACE, name, stores.clock.now()).state == "released"
    with pytest.raises(Conflict) as refused:
        stores.wallets.settle(SPACE, name, 1, stores.clock.now())
    assert refused.value.code == "hold_released"
    assert stores.wallets.read(SPACE).balance == 10 * SECOND


def test_a_hold_that_never_was_is_not_found(stores: Stores) -> None:
    for end in (
        lambda: stores.wallets.settle(SPACE, operation(stores), 1, stores.clock.now()),
        lambda: stores.wallets.release(SPACE, operation(stores), stores.clock.now()),
    ):
        with pytest.raises(NotFound):
            end()


def test_an_empty_wallet_and_a_spent_key_refuse_by_their_own_codes_and_change_nothing(stores: Stores) -> None:
    credits(stores, 10)
    key = a_key(stores, limit=2 * SECOND)
    with pytest.raises(InsufficientCredits) as poor:
        reserve(stores, operation(stores), 11)
    with pytest.raises(SpendLimitExceeded) as spent:
        reserve(stores, operation(stores), 3, key_id=key.key_id)
    with pytest.raises(SpendLimitExceeded):
        stores.wallets.charge(SPACE, stores.ids.new("chg"), 3 * SECOND, stores.clock.now(), key.key_id)
    assert (poor.value.code, spent.value.code) == ("insufficient_credits", "spend_limit_exceeded")
    assert "10.0 s is available" in poor.value.message and "2.0 s more" in spent.value.message
    assert stores.wallets.read(SPACE).balance == 10 * SECOND
    assert list(stores.table.query_all(SPACE.partition, "HOLD#")) == []


def test_what_a_key_holds_counts_against_its_limit_until_it_returns(stores: Stores) -> None:
    credits(stores, 100)
    key = a_key(stores, limit=10 * SECOND)
    name = operation(stores)
    reserve(stores, name, 6, key_id=key.key_id)
    with pytest.raises(SpendLimitExceeded):
        reserve(stores, operation(stores), 5, key_id=key.key_id)
    stores.wallets.release(SPACE, name, stores.clock.now())
    reserve(stores, operation(stores), 10, key_id=key.key_id)


def test_the_ledger_is_read_by_time_in_pages(stores: Stores, clock) -> None:
    names = []
    for _ in range(5):
        clock.forward(60)
        names.append(stores.ids.new("grt"))
        stores.wallets.grant(SPACE, names[-1], 1, clock.now())
    since, until = clock.now().replace(minute=2), clock.now().replace(minute=5)
    first, cursor = stores.wallets.entries(SPACE, since, until, limit=2)
    rest, end = stores.wallets.entries(SPACE, since, until, limit=2, cursor=cursor)
    assert [entry.operation_id for entry in first + rest] == names[1:4]
    assert end is None


def test_the_ledger_shows_the_monthly_grant_at_the_months_beginning(stores: Stores, clock) -> None:
    stores.wallets.touch(SPACE, replace(plan_named("sandbox")), clock.now())
    (entry,), _ = stores.wallets.entries(SPACE, month_start("2026-06"), clock.now())
    assert (entry.move, entry.amount, entry.operation_id) == ("grant", 300 * SECOND, "grant#2026-06")


def test_an_open_hold_is_due_at_its_expiry(stores: Stores, clock) -> None:
    credits(stores, 10)
    name = operation(stores)
    reserve(stores, name, 1)
    clock.forward(299)
    assert due(stores.table, clock.now()) == []
    clock.forward(1)
    assert [(thing.kind, thing.id, thing.space) for thing in due(stores.table, clock.now())] == [("hold", name, SPACE)]
