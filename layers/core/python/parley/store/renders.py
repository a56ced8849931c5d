"""Renders in the table: from their submission to their end, each step one transaction with its money and its slot."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from parley.domain import wallet
from parley.domain.billing import billed_micros, render_prices, reservable_micros
from parley.domain.errors import ConcurrencyLimit, Conflict, Unavailable
from parley.domain.keys import ApiKey
from parley.domain.plans import Plan
from parley.domain.renders import Render, RenderError, RenderOutput, more_operation
from parley.domain.spaces import Space
from parley.domain.times import epoch, month
from parley.domain.wallet import Hold, Move, Wallet
from parley.store import render_writes as writes
from parley.store import slots
from parley.store.mapping import from_item
from parley.store.ports import Item, Table, Write
from parley.store.slots import SlotLost, SlotTaken, slot_key
from parley.store.wallet_writes import Overtaken, Replayed, api_key_key, money_writes, wallet_key
from parley.store.wallets import Wallets

ATTEMPTS = 12
RETRY_AFTER_SECONDS = 5


class Renders:
    """The renders of every space. `pick` chooses among free slots (random, so that two submitters seldom meet)."""

    def __init__(
        self, table: Table, *, hold_seconds: int, pick: Callable[[Sequence[int]], int] = random.choice
    ) -> None:
        self._table = table
        self._wallets = Wallets(table)
        self._hold_seconds = hold_seconds
        self._pick = pick

    def get(self, space: Space, render_id: str) -> Render:
        item = self._table.get(writes.render_key(space, render_id))
        if item is None:
            raise writes.absent(render_id)
        return from_item(Render, item)

    def list(self, space: Space, *, limit: int = 50, cursor: str | None = None) -> tuple[list[Render], str | None]:
        """Newest first, and the cursor of the next page."""
        page = self._table.query(space.partition, "RENDER#", limit=limit, cursor=cursor, newest_first=True)
        return [from_item(Render, item) for item in page.items], page.cursor

    def submit(self, render: Render, wanted: int, plan: Plan, at: datetime, *, exact: bool = False) -> Render:
        """Stores a new render with its hold (at most `wanted` credit micros), its slot and its ledger line.

        `exact`: `wanted` is what it will cost, not an estimate, so that less is refused at once.

        A replay gives the render as it stands. Raises InsufficientCredits, SpendLimitExceeded, ConcurrencyLimit.
        """
        for _ in range(ATTEMPTS):
            seen = self._look(render, plan)
            if seen.render is not None:
                return seen.render
            if seen.wallet.period < month(at):
                self._wallets.touch(render.space, plan, at)
                continue
            try:
                return self._submit(render, wanted, seen, at, exact)
            except (Replayed, SlotTaken, Overtaken):
                continue
        raise _busy()

    def begin(self, space: Space, render_id: str, at: datetime) -> Render:
        """queued -> processing; one that was begun before is given as it is. Raises Conflict `render_ended`."""
        return self._change(writes.begun(space, render_id, at), space, render_id)

    def top_up(self, space: Space, render_id: str, measured: int, at: datetime) -> Render:
        """Reserves what `measured` credit micros need beyond the hold, once. Raises InsufficientCredits and its kin."""
        wanted = min(measured, render_prices().most_reserve_micros)
        for _ in range(ATTEMPTS):
            render, holds = self._read(space, render_id)
            if render.ended:
                raise writes.ended(render_id, render.status)
            amount = wanted - sum(hold.amount for hold in holds)
            if amount <= 0 or len(holds) > 1:
                return render
            expires = epoch(at) + self._hold_seconds
            move = wallet.reserve(more_operation(render_id), amount, expires, at, render.key_id)
            try:
                self._table.transact([writes.topped_up(render, amount, at), *money_writes(space, [move], at)])
            except (Overtaken, Replayed):
                continue
            return replace(render, reserved_credit_micros=render.reserved_credit_micros + amount)
        raise _busy()

    def lease(self, space: Space, render_id: str, owner: str, at: datetime, *, seconds: int) -> Render:
        """Gives it to a worker under a new fence. Raises NotFound, Conflict `render_ended` / `render_leased`."""
        return from_item(Render, self._table.write(writes.leased(space, render_id, owner, at, seconds)))

    def renew(self, space: Space, render_id: str, fence: int, at: datetime, *, seconds: int, progress: float) -> Render:
        """The heartbeat of the lease. Raises Conflict `lease_lost` / `render_ended`: the worker must stop."""
        return from_item(Render, self._table.write(writes.renewed(space, render_id, fence, at, seconds, progress)))

    def put_down(self, space: Space, render_id: str, fence: int, at: datetime) -> Render:
        """Ends a lease early, for a worker that shuts down. Raises as `renew`."""
        return from_item(Render, self._table.write(writes.put_down(space, render_id, fence, at)))

    def finish(self, space: Space, render_id: str, output: RenderOutput, at: datetime) -> Render:
        """completed, paid and its slot free, in one transaction. A replay by the same fence gives it as it stands.

        Never charges more than was held. Raises Conflict: `lease_lost` for an older fence, `render_ended`.
        """

        def decide(render: Render, holds: Sequence[Hold]) -> Write | None:
            if render.status == "completed" and render.fence == output.fence:
                return None
            if render.ended:
                raise writes.ended(render_id, render.status)
            if render.fence != output.fence or render.status != "processing":
                raise Conflict(f"Render {render_id} was taken over by another worker.", "lease_lost")
            return writes.completed(render, output, _paid(holds, output, at), at)

        return self._end(space, render_id, decide, lambda holds: wallet.settle_all(holds, _cost(output), at), at)

    def refund(
        self,
        space: Space,
        render_id: str,
        status: Literal["failed", "canceled"],
        at: datetime,
        *,
        error: RenderError | None = None,
    ) -> Render:
        """Ends it unpaid: all that was held returns and its slot is free. One that has ended is given as it stands."""

        def decide(render: Render, _: Sequence[Hold]) -> Write | None:
            return None if render.ended else writes.refunded(render, status, error, at)

        return self._end(space, render_id, decide, lambda holds: wallet.release_all(holds, at), at)

    def postpone(self, space: Space, render_id: str, at: datetime) -> Render | None:
        """A render that is still queued is due for another sending later; None when it was taken up meanwhile."""
        try:
            return from_item(Render, self._table.write(writes.postponed(space, render_id, at)))
        except Replayed:
            return None

    def _submit(self, render: Render, wanted: int, seen: "_Seen", at: datetime, exact: bool) -> Render:
        amount = reservable_micros(wanted, seen.wallet.balance, seen.room, exact=exact)
        free = slots.free_slots(seen.slots, epoch(at))
        if not free:
            raise ConcurrencyLimit(
                f"All {len(seen.slots)} of the plan's concurrent renders are running. Wait for one to end.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        slot = self._pick(free)
        expires = epoch(at) + self._hold_seconds
        stored = replace(render, status="queued", slot=slot, reserved_credit_micros=amount)
        move = wallet.reserve(render.id, amount, expires, at, render.key_id)
        self._table.transact(
            [
                writes.submitted(stored, at),
                slots.take(render.space, slot, render.id, now=epoch(at), expires_at=expires),
                *money_writes(render.space, [move], at),
            ]
        )
        return stored

    def _look(self, render: Render, plan: Plan) -> "_Seen":
        """All that a submission decides on, in one consistent read."""
        keys = [writes.render_key(render.space, render.id), wallet_key(render.space)]
        keys += [slot_key(render.space, number) for number in range(plan.concurrent)]
        if render.key_id is not None:
            keys.append(api_key_key(render.key_id))
        stored, purse, *rest = self._table.get_many(keys)
        key = rest[plan.concurrent] if render.key_id is not None else None
        return _Seen(
            render=from_item(Render, stored) if stored else None,
            wallet=from_item(Wallet, purse or {}),
            room=from_item(ApiKey, key).room if key else None,
            slots=dict(enumerate(rest[: plan.concurrent])),
        )

    def _read(self, space: Space, render_id: str) -> tuple[Render, Sequence[Hold]]:
        """The render and its holds, of one moment."""
        for _ in range(ATTEMPTS):
            stored, *held = self._table.get_many(writes.render_and_holds(space, render_id))
            if stored is None:
                raise writes.absent(render_id)
            render, holds = from_item(Render, stored), [from_item(Hold, item) for item in held if item]
            # A batch of reads is no snapshot: a second hold made between two would be missed, and kept for ever.
            if sum(hold.amount for hold in holds) == render.reserved_credit_micros:
                return render, holds
        raise _busy()

    def _change(self, write: Write, space: Space, render_id: str) -> Render:
        try:
            return from_item(Render, self._table.write(write))
        except Replayed:
            return self.get(space, render_id)

    def _end(
        self,
        space: Space,
        render_id: str,
        decide: Callable[[Render, Sequence[Hold]], Write | None],
        pay: Callable[[Sequence[Hold]], Sequence[Move]],
        at: datetime,
    ) -> Render:
        slot_is_ours = True
        for _ in range(ATTEMPTS):
            render, holds = self._read(space, render_id)
            change = decide(render, holds)
            if change is None:
                return render
            ending = [change, *money_writes(space, pay(holds), at)]
            if render.slot is not None and slot_is_ours:
                ending.append(slots.give_back(space, render.slot, render_id))
            try:
                self._table.transact(ending)
            except SlotLost:
                slot_is_ours = False
            except (Overtaken, Replayed, Conflict):
                # It changed while we looked, or another ended it first: look again, and decide on what is so now.
                continue
            else:
                return self.get(space, render_id)
        raise _busy()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    render: Render | None
    wallet: Wallet
    room: int | None
    slots: Mapping[int, Item | None]


def _paid(holds: Sequence[Hold], output: RenderOutput, at: datetime) -> int:
    return sum(move.used for move in wallet.settle_all(holds, _cost(output), at))


def _cost(output: RenderOutput) -> int:
    return billed_micros(output.frames, output.fps)


def _busy() -> Unavailable:
    return Unavailable("Too many changes at once to the same account. Try again in a moment.")
