"""A render, its money and its slot, each step against the table."""

from dataclasses import replace

import pytest
from given import BARE, SECOND, SPACE, a_key, a_render, credits, output, submitted

from parley.domain.errors import ConcurrencyLimit, Conflict, InsufficientCredits, NotFound, SpendLimitExceeded
from parley.domain.plans import plan_named
from parley.domain.renders import RenderError, SpeechSource, more_operation
from parley.domain.spaces import Space
from parley.store.due import due
from parley.store.stores import Stores


def code_of(raised: pytest.ExceptionInfo[Conflict]) -> str:
    return raised.value.code


def test_a_submission_holds_credits_takes_a_slot_and_stores_all_fields(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores, 10, source=SpeechSource(kind="url", url="https://example.com/a.wav"), seed=7, batch_line=3)
    assert stores.renders.get(SPACE, made.id) == made
    assert (made.status, made.reserved_credit_micros, made.slot in (0, 1)) == ("queued", 10 * SECOND, True)
    wallet = stores.wallets.read(SPACE)
    assert (wallet.balance, wallet.reserved) == (50 * SECOND, 10 * SECOND)


def test_the_first_submission_of_a_month_grants_the_allowance(stores: Stores) -> None:
    submitted(stores, 10, plan=plan_named("sandbox"))
    assert stores.wallets.read(SPACE).total == 300 * SECOND


def test_a_submission_made_twice_is_one_even_when_it_emptied_the_wallet_and_filled_the_plan(stores: Stores) -> None:
    credits(stores, 10)
    plan = replace(BARE, concurrent=1)
    first = submitted(stores, 10, plan=plan)
    again = stores.renders.submit(a_render(stores, id=first.id), 10 * SECOND, plan, stores.clock.now())
    assert again == first
    assert stores.wallets.read(SPACE).reserved == 10 * SECOND


def test_a_wallet_that_holds_less_than_wanted_reserves_what_it_has(stores: Stores) -> None:
    credits(stores, 4)
    assert submitted(stores, 60).reserved_credit_micros == 4 * SECOND


def test_an_empty_wallet_refuses_and_leaves_nothing(stores: Stores) -> None:
    with pytest.raises(InsufficientCredits):
        submitted(stores, 60)
    assert stores.renders.list(SPACE) == ([], None)
    assert list(stores.table.query_all(SPACE.partition, "SLOT#")) == []


def test_a_spent_key_refuses_although_the_wallet_is_full(stores: Stores) -> None:
    credits(stores, 600)
    key = a_key(stores, limit=SECOND // 2)
    with pytest.raises(SpendLimitExceeded) as refused:
        submitted(stores, 60, key_id=key.key_id)
    assert refused.value.code == "spend_limit_exceeded"
    assert stores.wallets.read(SPACE).reserved == 0


def test_a_render_beyond_the_plans_slots_waits_until_one_is_free(stores: Stores) -> None:
    credits(stores, 600)
    first, second = submitted(stores), submitted(stores)
    assert {first.slot, second.slot} == {0, 1}
    with pytest.raises(ConcurrencyLimit) as refused:
        submitted(stores)
    assert refused.value.retry_after_seconds > 0
    stores.renders.refund(SPACE, first.id, "canceled", stores.clock.now())
    assert submitted(stores).slot == first.slot


def test_a_slot_whose_lease_is_over_is_taken_and_its_old_holder_still_ends(stores: Stores, clock) -> None:
    credits(stores, 600)
    plan = replace(BARE, concurrent=1)
    old = submitted(stores, plan=plan)
    clock.forward(7201)
    new = submitted(stores, plan=plan)
    stores.renders.refund(SPACE, old.id, "failed", clock.now())
    with pytest.raises(ConcurrencyLimit):
        submitted(stores, plan=plan)
    assert stores.wallets.read(SPACE).reserved == new.reserved_credit_micros


def test_a_finished_render_is_paid_by_its_frames_and_frees_its_slot(stores: Stores) -> None:
    credits(stores, 60)
    key = a_key(stores, limit=100 * SECOND)
    made = submitted(stores, 10, key_id=key.key_id)
    stores.renders.begin(SPACE, made.id, stores.clock.now())
    fence = stores.renders.lease(SPACE, made.id, "worker", stores.clock.now(), seconds=30).fence
    done = stores.renders.finish(SPACE, made.id, output(fence, frames=100, fps=24), stores.clock.now())
    assert (done.status, done.progress, done.billed_credit_micros) == ("completed", 1.0, 4_166_667)
    wallet, kept = stores.wallets.read(SPACE), stores.keys.get(key.key_id)
    assert (wallet.balance, wallet.reserved, wallet.lifetime_used) == (60 * SECOND - 4_166_667, 0, 4_166_667)
    assert kept is not None and (kept.spent, kept.held) == (4_166_667, 0)
    assert list(stores.table.query_all(SPACE.partition, "SLOT#")) == []


def test_finishing_twice_pays_once_and_gives_the_same(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores)
    fence = stores.renders.lease(SPACE, made.id, "worker", stores.clock.now(), seconds=30).fence
    first = stores.renders.finish(SPACE, made.id, output(fence), stores.clock.now())
    assert stores.renders.finish(SPACE, made.id, output(fence), stores.clock.now()) == first
    assert stores.wallets.read(SPACE).lifetime_used == 4 * SECOND


def test_nobody_pays_more_than_was_held(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores, 2)
    fence = stores.renders.lease(SPACE, made.id, "worker", stores.clock.now(), seconds=30).fence
    done = stores.renders.finish(SPACE, made.id, output(fence, frames=1000), stores.clock.now())
    assert done.billed_credit_micros == 2 * SECOND


def test_speech_that_is_longer_than_held_for_takes_a_second_hold_and_both_end_together(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores, 2)
    for _ in range(2):
        grown = stores.renders.top_up(SPACE, made.id, 5 * SECOND, stores.clock.now())
        assert grown.reserved_credit_micros == 5 * SECOND
    assert stores.wallets.read(SPACE).reserved == 5 * SECOND
    fence = stores.renders.lease(SPACE, made.id, "worker", stores.clock.now(), seconds=30).fence
    done = stores.renders.finish(SPACE, made.id, output(fence, frames=100), stores.clock.now())
    holds = [stores.wallets.hold(SPACE, name) for name in (made.id, more_operation(made.id))]
    assert done.billed_credit_micros == 4 * SECOND
    assert [(hold.state, hold.settled) for hold in holds if hold] == [("settled", 2 * SECOND), ("settled", 2 * SECOND)]
    assert stores.wallets.read(SPACE).balance == 56 * SECOND


def test_a_top_up_that_the_wallet_cannot_pay_changes_nothing_and_all_returns(stores: Stores) -> None:
    credits(stores, 3)
    made = submitted(stores, 2)
    with pytest.raises(InsufficientCredits):
        stores.renders.top_up(SPACE, made.id, 10 * SECOND, stores.clock.now())
    error = RenderError(code="insufficient_credits", message="Add credits.", status=402)
    ended = stores.renders.refund(SPACE, made.id, "failed", stores.clock.now(), error=error)
    assert (ended.error, ended.billed_credit_micros) == (error, 0)
    assert (stores.wallets.read(SPACE).balance, stores.wallets.read(SPACE).reserved) == (3 * SECOND, 0)


def test_a_worker_that_was_overtaken_can_neither_renew_nor_finish(stores: Stores, clock) -> None:
    credits(stores, 60)
    made = submitted(stores)
    old = stores.renders.lease(SPACE, made.id, "one", clock.now(), seconds=30).fence
    with pytest.raises(Conflict) as busy:
        stores.renders.lease(SPACE, made.id, "two", clock.now(), seconds=30)
    assert code_of(busy) == "render_leased"
    clock.forward(31)
    new = stores.renders.lease(SPACE, made.id, "two", clock.now(), seconds=30).fence
    assert new > old
    for attempt in (
        lambda: stores.renders.renew(SPACE, made.id, old, clock.now(), seconds=30, progress=0.5),
        lambda: stores.renders.finish(SPACE, made.id, output(old), clock.now()),
    ):
        with pytest.raises(Conflict) as lost:
            attempt()
        assert code_of(lost) == "lease_lost"
    assert stores.renders.finish(SPACE, made.id, output(new), clock.now()).output_key == f"renders/{new}.mp4"


def test_a_lease_that_was_put_down_is_free_at_once(stores: Stores, clock) -> None:
    credits(stores, 60)
    made = submitted(stores)
    fence = stores.renders.lease(SPACE, made.id, "one", clock.now(), seconds=30).fence
    stores.renders.put_down(SPACE, made.id, fence, clock.now())
    assert stores.renders.lease(SPACE, made.id, "two", clock.now(), seconds=30).fence == fence + 1


def test_a_render_that_ended_stays_as_it_ended(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores)
    now = stores.clock.now()
    fence = stores.renders.lease(SPACE, made.id, "worker", now, seconds=30).fence
    canceled = stores.renders.refund(SPACE, made.id, "canceled", now)
    assert stores.renders.refund(SPACE, made.id, "failed", now) == canceled
    for attempt in (
        lambda: stores.renders.begin(SPACE, made.id, now),
        lambda: stores.renders.lease(SPACE, made.id, "worker", now, seconds=30),
        lambda: stores.renders.renew(SPACE, made.id, fence, now, seconds=30, progress=0.5),
        lambda: stores.renders.top_up(SPACE, made.id, 50 * SECOND, now),
        lambda: stores.renders.finish(SPACE, made.id, output(fence), now),
    ):
        with pytest.raises(Conflict) as ended:
            attempt()
        assert code_of(ended) == "render_ended"
    assert (stores.wallets.read(SPACE).balance, stores.wallets.read(SPACE).reserved) == (60 * SECOND, 0)


def test_another_tenants_render_and_the_other_environments_read_as_absent(stores: Stores) -> None:
    credits(stores, 60)
    made = submitted(stores)
    for space in (Space("ten_B", "test"), Space("ten_A", "live")):
        with pytest.raises(NotFound):
            stores.renders.get(space, made.id)
        with pytest.raises(NotFound):
            stores.renders.refund(space, made.id, "canceled", stores.clock.now())


def test_renders_are_listed_newest_first_in_pages(stores: Stores, clock) -> None:
    credits(stores, 600)
    plan = replace(BARE, concurrent=5)
    made = []
    for _ in range(5):
        clock.forward(1)
        made.append(submitted(stores, plan=plan).id)
    first, cursor = stores.renders.list(SPACE, limit=3)
    rest, end = stores.renders.list(SPACE, limit=3, cursor=cursor)
    assert [render.id for render in first + rest] == made[::-1]
    assert end is None


def test_a_queued_render_is_due_after_thirty_seconds_until_it_is_taken_up(stores: Stores, clock) -> None:
    credits(stores, 60)
    made = submitted(stores)
    assert due(stores.table, clock.now()) == []
    clock.forward(31)
    assert [(thing.space, thing.kind, thing.id) for thing in due(stores.table, clock.now())] == [
        (SPACE, "render", made.id)
    ]
    stores.renders.postpone(SPACE, made.id, clock.now())
    assert due(stores.table, clock.now()) == []
    begun = stores.renders.begin(SPACE, made.id, clock.now())
    assert stores.renders.begin(SPACE, made.id, clock.now()) == begun
    assert stores.renders.postpone(SPACE, made.id, clock.now()) is None
    clock.forward(100)
    assert due(stores.table, clock.now()) == []


def test_an_open_hold_is_due_at_its_expiry_and_no_more_once_it_ended(stores: Stores, clock) -> None:
    credits(stores, 60)
    made = submitted(stores)
    stores.renders.begin(SPACE, made.id, clock.now())
    clock.forward(7200)
    assert [(thing.kind, thing.id) for thing in due(stores.table, clock.now())] == [("hold", made.id)]
    stores.renders.refund(SPACE, made.id, "failed", clock.now())
    assert due(stores.table, clock.now()) == []
