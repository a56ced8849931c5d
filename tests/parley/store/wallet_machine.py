"""All moves of money as rules of a state machine: in any order, replayed, with a rival in their midst, or cut short."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, ClassVar

from crossing import CrossingTable, Died, died
from demanding import DemandingTable
from given import SECOND, a_key, a_render, output
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ledger_check import check_money, raw_items
from moto.core.model_instances import model_data

from parley.domain.errors import ParleyError, Unavailable
from parley.domain.ids import IdFactory
from parley.domain.plans import plan_named
from parley.domain.spaces import Space
from parley.store.api_keys import ApiKeys
from parley.store.due import Due, due
from parley.store.renders import Renders
from parley.store.schema import create_table
from parley.store.stores import Stores
from parley.store.wallets import Wallets

TEST, LIVE = Space("ten_A", "test"), Space("ten_A", "live")
# Two keys share a wallet; one has a limit that is soon reached, one none at all.
KEYS: dict[str, tuple[Space, int | None]] = {
    "KEYTEST1": (TEST, 15 * SECOND),
    "KEYTEST2": (TEST, None),
    "KEYLIVE1": (LIVE, 40 * SECOND),
}
# An allowance that a few moves use up, so that refusals are as common as successes.
PLAN = replace(plan_named("sandbox"), minutes_per_month=1, concurrent=3)

amounts = st.integers(1, 20 * SECOND)
keys = st.sampled_from(sorted(KEYS))
spaces = st.sampled_from([TEST, LIVE])
# Which of the things made so far a move is about: 0 is a new one, 1 the latest.
which = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 7])
# At which crossing of a store call something happens, and whether it is a death (None) or one of the rivals' moves.
# Most moves read (crossings 0 and 1) and then write (2 and 3): a rival between the two is the one that matters.
fates = st.one_of(
    st.none(),
    st.tuples(st.sampled_from([0, 1, 2, 3, 5]), st.none()),
    st.tuples(st.sampled_from([1, 2, 2, 3]), st.sampled_from([1, 2, 3])),
)
Call = Callable[[], object]
Fate = tuple[int, int | None] | None


class WalletMachine(RuleBasedStateMachine):
    """Every move is kept as a call that can be made again, at any later time. `base` is what is common to all runs."""

    client: Any
    base: Stores
    numbers = count()
    steps = 0
    met: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 6, 28, tzinfo=UTC)
        self.name = f"parley{next(self.numbers)}"
        create_table(self.client, self.name)
        self.table = CrossingTable(DemandingTable(self.client, self.name, pause=lambda _: None))
        self.wallets = Wallets(self.table)
        self.renders = Renders(self.table, hold_seconds=600, pick=min)
        self.stores = replace(
            self.base,
            clock=self,
            ids=IdFactory(now=self.now, entropy=Random(7).randbytes),
            table=self.table,
            keys=ApiKeys(self.table),
            wallets=self.wallets,
            renders=self.renders,
        )
        self.calls: list[Call] = []
        self.holds: list[tuple[Space, str]] = []
        self.submitted: list[tuple[Space, str]] = []
        self.leases: list[tuple[Space, str, int]] = []
        self.ended: dict[str, tuple[Any, ...]] = {}
        for key_id, (space, limit) in KEYS.items():
            a_key(self.stores, space, key_id=key_id, limit=limit)

    def now(self) -> datetime:
        return self.at

    def teardown(self) -> None:
        self.client.delete_table(TableName=self.name)
        # moto copies the table for every transaction, and keeps whatever it ever made in these lists.
        for model in model_data["dynamodb"].values():
            model.instances_tracked.clear()

    def move(self, call: Call, fate: Fate = None, *rivals: Call) -> None:
        """Makes the call, to whatever end: done, refused, or dead half-way. It may be made again later.

        `rivals` are moves on the same thing, of which a second process may make one in the midst of this.
        """
        type(self).steps += 1
        if fate is not None:
            crossing, other = fate
            choice = rivals or self.calls[-2:]
            self.table.arm(crossing, died if other is None or not choice else lambda: self.meanwhile(choice, other))
        self.calls.append(call)
        try:
            self.run(call)
        except Died:
            self.met["died"] += 1
        finally:
            self.table.disarm()

    def meanwhile(self, choice: Sequence[Call], one: int) -> None:
        self.met["interrupted"] += 1
        self.run(pick_one(choice, one))

    def run(self, call: Call) -> None:
        try:
            call()
        except Unavailable:
            raise AssertionError("nobody else was there, and yet the store gave up") from None
        except ParleyError as refusal:
            self.met[refusal.code] += 1
        else:
            self.met["done"] += 1

    @rule(space=spaces, amount=amounts, fate=fates)
    def grant(self, space: Space, amount: int, fate: Fate) -> None:
        operation = self.stores.ids.new("grt")

        def grant() -> None:
            self.wallets.grant(space, operation, amount, self.at)

        self.move(grant, fate, grant)

    @rule(space=spaces, amount=amounts, days=st.sampled_from([0, 3]), fate=fates)
    def touch(self, space: Space, amount: int, days: int, fate: Fate) -> None:
        """Perhaps the first of a month."""
        rival = self.stores.ids.new("grt")
        self.at += timedelta(days=days)
        self.move(
            lambda: self.wallets.touch(space, PLAN, self.at),
            fate,
            lambda: self.wallets.touch(space, PLAN, self.at),
            lambda: self.wallets.grant(space, rival, amount, self.at),
        )

    @rule(key=keys, amount=amounts, fate=fates)
    def reserve(self, key: str, amount: int, fate: Fate = None) -> None:
        space, operation = KEYS[key][0], self.stores.ids.new("trn")
        expires = int(self.at.timestamp()) + 300

        def reserve() -> None:
            self.wallets.reserve(space, operation, amount, expires_at=expires, at=self.at, key_id=key)

        self.holds.append((space, operation))
        self.move(reserve, fate, reserve)

    @rule(key=keys, one=which, actual=amounts, settles=st.booleans(), fate=fates)
    def end_hold(self, key: str, one: int, actual: int, settles: bool, fate: Fate) -> None:
        """One process pays what another gives back: only one of them can."""
        if one == 0 or not self.holds:
            # With another beside it: a wallet that holds nothing else cannot be made to give back twice.
            self.reserve(key, amount=2 * SECOND)
            self.reserve(key, amount=SECOND)
        space, operation = pick_one(self.holds, one)
        ends: list[Call] = [
            lambda: self.wallets.release(space, operation, self.at),
            lambda: self.wallets.settle(space, operation, actual, self.at),
        ]
        self.move(ends[settles], fate, *ends)
        self.move(ends[not settles])

    @rule(key=keys, amount=amounts, fate=fates)
    def charge(self, key: str, amount: int, fate: Fate) -> None:
        space, operation = KEYS[key][0], self.stores.ids.new("chg")

        def charge() -> None:
            self.wallets.charge(space, operation, amount, self.at, key)

        self.move(charge, fate, charge)

    @rule(key=keys, wanted=amounts, fate=fates)
    def submit(self, key: str, wanted: int, fate: Fate = None) -> None:
        render, rival = (a_render(self.stores, KEYS[key][0], key_id=key) for _ in range(2))
        self.submitted += [(rival.space, rival.id), (render.space, render.id)]
        self.move(
            lambda: self.renders.submit(render, wanted, PLAN, self.at),
            fate,
            lambda: self.renders.submit(render, wanted, PLAN, self.at),
            lambda: self.renders.submit(rival, wanted, PLAN, self.at),
        )

    @rule(key=keys, one=which, seconds=st.sampled_from([1, 61]))
    def lease(self, key: str, one: int, seconds: int) -> None:
        """A second worker comes a moment or a lease later."""
        space, render = self.render(key, one)
        for worker in ("one", "two"):
            self.move(lambda worker=worker: self.take(space, render, worker))
            self.at += timedelta(seconds=seconds)

    @rule(key=keys, one=which, measured=amounts, fate=fates)
    def top_up(self, key: str, one: int, measured: int, fate: Fate) -> None:
        space, render = self.render(key, one)
        self.move(
            lambda: self.renders.top_up(space, render, measured, self.at),
            fate,
            lambda: self.renders.top_up(space, render, measured + 1, self.at),
            lambda: self.renders.refund(space, render, "canceled", self.at),
        )

    @rule(key=keys, one=which, overtaken=st.booleans(), frames=st.integers(1, 700), measured=amounts, fate=fates)
    def finish(self, key: str, one: int, overtaken: bool, frames: int, measured: int, fate: Fate) -> None:
        if one == 0 or not self.leases:
            self.lease(key, one=0, seconds=61 if overtaken else 1)
        if not self.leases:
            return
        space, render, fence = pick_one(self.leases, 2 if overtaken else one)
        self.move(
            lambda: self.renders.finish(space, render, output(fence, frames), self.at),
            fate,
            lambda: self.take(space, render, "two"),
            lambda: self.renders.refund(space, render, "failed", self.at),
            lambda: self.renders.top_up(space, render, measured, self.at),
        )

    @rule(key=keys, one=which, status=st.sampled_from(["failed", "canceled"]), measured=amounts, fate=fates)
    def refund(self, key: str, one: int, status: Any, measured: int, fate: Fate) -> None:
        space, render = self.render(key, one)
        self.move(
            lambda: self.renders.refund(space, render, status, self.at),
            fate,
            lambda: self.renders.finish(space, render, output(1), self.at),
            lambda: self.renders.top_up(space, render, measured, self.at),
        )

    @rule(seconds=st.sampled_from([40, 100, 700]), fate=fates)
    def time_passes_and_the_sweeper_comes(self, seconds: int, fate: Fate) -> None:
        self.at += timedelta(seconds=seconds)
        self.move(self.sweep, fate)

    @rule(one=st.integers(0, 1000), fate=fates)
    def replay(self, one: int, fate: Fate) -> None:
        if self.calls:
            self.move(pick_one(self.calls, one), fate)

    def render(self, key: str, one: int) -> tuple[Space, str]:
        if one == 0 or not self.submitted:
            self.submit(key, wanted=5 * SECOND)
        return pick_one(self.submitted, one)

    def take(self, space: Space, render: str, worker: str) -> None:
        taken = self.renders.lease(space, render, worker, self.at, seconds=60)
        self.leases.append((space, render, taken.fence))

    def sweep(self) -> None:
        for thing in filter(self.not_swept_yet, due(self.stores.table, self.at)):
            render = thing.id.partition(".")[0]
            if thing.kind == "render":
                self.renders.postpone(thing.space, render, self.at)
            elif render.startswith("rnd_"):
                self.renders.refund(thing.space, render, "failed", self.at)
            else:
                self.wallets.release(thing.space, thing.id, self.at)

    def not_swept_yet(self, _: Due) -> bool:
        """Whether it is for this class to sweep."""
        return True

    @invariant()
    def all_money_is_accounted_for(self) -> None:
        items = raw_items(self.name)
        check_money(items, {key: limit for key, (_, limit) in KEYS.items()})
        for item in items:
            if item.get("status") in ("completed", "failed", "canceled", "interrupted"):
                turn, at = item["sk"].startswith("TURN#"), item.get("completedAt") or item["endedAt"]
                end = (item["status"], item["billedCreditMicros"], item.get("outputKey"), item.get("samples"), at)
                if item["sk"] not in self.ended:
                    self.met[f"turn_{item['status']}" if turn else item["status"]] += 1
                assert self.ended.setdefault(item["sk"], end) == end, "what has ended never changes"


def pick_one(things: Sequence[Any], one: int) -> Any:
    """0 and 1 are the latest, and so on backwards."""
    return things[-max(1, one) % len(things)]
