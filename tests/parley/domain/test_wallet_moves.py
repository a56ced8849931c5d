"""The moves of money, pure: what each changes, and what it refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.errors import Conflict, InsufficientCredits, InvalidInput
from parley.domain.wallet import (
    Hold,
    Move,
    Wallet,
    apply,
    charge,
    extend,
    grant,
    monthly_grant,
    release,
    release_all,
    reserve,
    settle,
    settle_all,
)

AT = datetime(2026, 6, 10, 12, tzinfo=UTC)
ULID = "01JX0000000000000000000000"
RENDER, MORE = f"rnd_{ULID}", f"rnd_{ULID}.more"
amounts = st.integers(1, 10**15)


def hold_of(move: Move) -> Hold:
    assert move.hold is not None
    return move.hold


def held(amount: int, operation: str = RENDER) -> Hold:
    return hold_of(reserve(operation, amount, 0, AT, "KEY"))


def test_entry_ids_derive_from_the_operation_alone_and_sort_by_its_time() -> None:
    assert reserve(RENDER, 5, 0, AT).entry.id == f"{ULID}#{RENDER}#reserve"
    assert settle(held(5), 3, AT).entry.id == f"{ULID}#{RENDER}#settle"
    assert release(held(5, MORE), AT).entry.id == f"{ULID}#{MORE}#release"


@given(had=amounts, amount=amounts)
def test_a_reserve_moves_credits_aside_or_refuses_when_there_are_too_few(had: int, amount: int) -> None:
    wallet = Wallet(balance=had)
    move = reserve(RENDER, amount, 0, AT)
    if amount > had:
        with pytest.raises(InsufficientCredits):
            apply(wallet, [move], AT)
    else:
        after = apply(wallet, [move], AT)
        assert (after.balance, after.reserved, after.total) == (had - amount, amount, had)


@given(amount=amounts, actual=st.integers(0, 10**16))
def test_a_settle_takes_at_most_what_was_held_and_returns_the_rest(amount: int, actual: int) -> None:
    wallet = apply(Wallet(balance=amount), [reserve(RENDER, amount, 0, AT)], AT)
    move = settle(held(amount), actual, AT)
    after = apply(wallet, [move], AT)
    used = min(actual, amount)
    assert (after.balance, after.reserved, after.lifetime_used) == (amount - used, 0, used)
    assert (move.key_spent, move.key_held, hold_of(move).settled) == (used, -amount, used)


@given(first=amounts, more=amounts, actual=st.integers(0, 10**16))
def test_a_hold_that_grew_pays_up_to_the_sum_of_its_steps(first: int, more: int, actual: int) -> None:
    step = extend(held(first), more, 99, AT)
    assert (step.entry.id, step.held_before) == (f"{ULID}#{RENDER}#reserve#{first + more}", first)
    moves = [reserve(RENDER, first, 0, AT), step, settle(hold_of(step), actual, AT)]
    wallet = apply(Wallet(balance=first + more), moves, AT)
    used = min(actual, first + more)
    assert (wallet.balance, wallet.reserved, wallet.lifetime_used) == (first + more - used, 0, used)


@given(amount=amounts)
def test_a_release_undoes_a_reserve(amount: int) -> None:
    wallet = Wallet(balance=amount)
    after = apply(apply(wallet, [reserve(RENDER, amount, 0, AT)], AT), [release(held(amount), AT)], AT)
    assert (after.balance, after.reserved, after.lifetime_used) == (amount, 0, 0)


@given(first=amounts, second=amounts, actual=st.integers(0, 10**16))
def test_two_holds_of_one_operation_pay_together_oldest_first(first: int, second: int, actual: int) -> None:
    moves = settle_all([held(first), held(second, MORE)], actual, AT)
    paid = [hold_of(move).settled for move in moves]
    assert paid == [min(actual, first), min(max(0, actual - first), second)]


def test_closed_holds_are_passed_over_together_and_refused_alone() -> None:
    settled = hold_of(settle(held(5), 5, AT))
    released = hold_of(release(held(5), AT))
    assert settle_all([settled, released], 3, AT) == [] == release_all([settled, released], AT)
    for closed, code in ((settled, "hold_settled"), (released, "hold_released")):
        moves = (lambda hold: settle(hold, 1, AT), lambda hold: release(hold, AT), lambda hold: extend(hold, 1, 0, AT))
        for move in moves:
            with pytest.raises(Conflict) as refused:
                move(closed)
            assert refused.value.code == code


def test_a_charge_takes_at_once_and_is_refused_like_a_reserve() -> None:
    after = apply(Wallet(balance=7), [charge(RENDER, 7, AT, "KEY")], AT)
    assert (after.balance, after.lifetime_used) == (0, 7)
    with pytest.raises(InsufficientCredits):
        apply(Wallet(balance=6), [charge(RENDER, 7, AT)], AT)


@pytest.mark.parametrize("amount", [0, -1])
def test_amounts_are_positive(amount: int) -> None:
    for move in (
        lambda: grant(RENDER, amount, AT),
        lambda: reserve(RENDER, amount, 0, AT),
        lambda: charge(RENDER, amount, AT),
        lambda: extend(held(5), amount, 0, AT),
        lambda: settle(held(5), amount - 1, AT),
    ):
        with pytest.raises(InvalidInput):
            move()


def test_a_new_month_tops_up_to_the_allowance_and_carries_nothing_over() -> None:
    wallet = Wallet(balance=40, reserved=10, period="2026-05")
    move = monthly_grant(wallet, 300, "2026-06", AT)
    assert move is not None
    after = apply(wallet, [move], AT)
    assert (after.total, after.balance, after.period, after.lifetime_granted) == (300, 290, "2026-06", 250)
    assert monthly_grant(after, 300, "2026-06", AT) is None
    assert monthly_grant(after, 300, "2026-05", AT) is None


def test_a_wallet_above_the_allowance_keeps_what_was_bought() -> None:
    move = monthly_grant(Wallet(balance=500, period="2026-05"), 300, "2026-06", AT)
    assert move is not None and (move.balance, move.period) == (0, "2026-06")


def test_the_entry_of_a_monthly_grant_is_the_same_whoever_makes_it() -> None:
    moves = [monthly_grant(Wallet(balance=n), 300, "2026-06", AT) for n in (0, 5)]
    assert {move.entry.id for move in moves if move} == {"01KT07NV000000000000000000#grant#2026-06"}
