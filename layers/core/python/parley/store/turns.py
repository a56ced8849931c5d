"""Turns in the table: begun, kept alive, paid on and ended, each step one transaction with its money and its slot."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parley.domain import wallet
from parley.domain.billing import reservable_micros
from parley.domain.errors import ConcurrencyLimit, Unavailable
from parley.domain.keys import ApiKey
from parley.domain.plans import Plan
from parley.domain.spaces import Space
from parley.domain.times import epoch, month
from parley.domain.turns import STREAMING, EndedStatus, Turn, billed_for
from parley.domain.wallet import Hold, Move, Wallet
from parley.store import slots
from parley.store import turn_writes as writes
from parley.store.mapping import from_item
from parley.store.ports import Item, ItemKey, Table
from parley.store.slots import SlotLost, SlotTaken, slot_key
from parley.store.wallet_writes import Overtaken, Replayed, api_key_key, hold_key, money_writes, wallet_key
from parley.store.wallets import Wallets

ATTEMPTS = 12
RETRY_AFTER_SECONDS = 2


class Turns:
    """The turns of every space. `pick` chooses among free slots (random, so that two callers seldom meet)."""

    def __init__(
        self, table: Table, *, hold_seconds: int, pick: Callable[[Sequence[int]], int] = random.choice
    ) -> None:
        self._table = table
        self._wallets = Wallets(table)
        self._hold_seconds = hold_seconds
        self._pick = pick

    def get(self, space: Space, turn_id: str) -> Turn:
        item = self._table.get(writes.turn_key(space, turn_id))
        if item is None:
            raise writes.absent(turn_id)
        return from_item(Turn, item)

    def start(self, turn: Turn, wanted: int, plan: Plan, at: datetime, *, exact: bool = False) -> Turn:
        """Stores a new turn with its hold (at most `wanted` credit micros), slot, ledger line and idempotency key.

        `exact`: `wanted` is what it will cost, not an estimate, so that less is refused at once.

        Raises IdempotencyConflict, InsufficientCredits, SpendLimitExceeded, ConcurrencyLimit: then nothing was written.
        """
        for _ in range(ATTEMPTS):
            seen = self._look(turn, plan, at)
            if seen.turn is not None:
                return seen.turn
            if seen.wallet.period < month(at):
                self._wallets.touch(turn.space, plan, at)
                continue
            try:
                return self._start(turn, wanted, seen, at, exact)
            except (Replayed, SlotTaken, Overtaken):
                continue
        raise _busy()

    def keep_alive(self, turn: Turn, samples: int, at: datetime) -> None:
        """Its relay lives and has delivered so many samples; names the worker that serves it.

        Raises Conflict `turn_ended` when somebody ended it meanwhile: the relay must stop.
        """
        changes = {
            "samples": samples,
            "workerId": turn.worker_id,
            "workerAddress": turn.worker_address,
            "workerFingerprint": turn.worker_fingerprint,
        }
        sign = writes.alive(turn, changes, at)
        if turn.slot is None:
            self._table.write(sign)
            return
        try:
            self._table.transact([sign, writes.slot_kept(turn, turn.slot, at)])
        except SlotLost:
            # It was silent for too long and another has the slot: the stream that is heard goes on all the same.
            self._table.write(sign)

    def extend(self, turn: Turn, upto: int, plan: Plan, at: datetime) -> Turn:
        """Has the running turn's hold grow to `upto` credit micros, or to what wallet and key can pay.

        One that holds as much is given as it stands. Raises InsufficientCredits or SpendLimitExceeded where not even a
        second more can be paid, Conflict `turn_ended`.
        """
        for _ in range(ATTEMPTS):
            stored, hold = self._read(turn.space, turn.id)
            if stored.ended or hold is None:
                raise writes.ended(turn.id, stored.status)
            if stored.reserved_credit_micros >= upto:
                return stored
            if hold.amount != stored.reserved_credit_micros:
                continue
            purse = self._wallets.touch(turn.space, plan, at)
            amount = reservable_micros(upto - hold.amount, purse.balance, self._room(turn.key_id))
            move = wallet.extend(hold, amount, epoch(at) + self._hold_seconds, at)
            try:
                self._table.transact([writes.extended(stored, amount, at), *money_writes(turn.space, [move], at)])
            except (Overtaken, Replayed):
                continue
            return replace(stored, reserved_credit_micros=hold.amount + amount)
        raise _busy()

    def end(
        self,
        space: Space,
        turn_id: str,
        status: EndedStatus,
        samples: int,
        at: datetime,
        *,
        error_code: str | None = None,
        give_up_key: bool = False,
    ) -> Turn:
        """Ended, paid by the samples delivered and its slot free, in one transaction. Ended before: as it stands.

        `give_up_key`: nothing came of it, so its idempotency key may be used again.
        """
        slot_is_ours = True
        for _ in range(ATTEMPTS):
            turn, hold = self._read(space, turn_id)
            if turn.ended:
                return turn
            if hold is not None and hold.amount != turn.reserved_credit_micros:
                # The two were read to either side of a step of `extend`.
                continue
            billed = billed_for(turn, samples)
            ending = [writes.finished(turn, status, samples, billed, error_code, at)]
            ending += money_writes(space, _moves(hold, billed, at), at)
            if turn.slot is not None and slot_is_ours:
                ending.append(slots.give_back(space, turn.slot, turn_id))
            if give_up_key and turn.idempotency_key is not None:
                ending.append(writes.key_given_up(turn, turn.idempotency_key))
            try:
                self._table.transact(ending)
            except SlotLost:
                slot_is_ours = False
            except (Overtaken, Replayed):
                continue
            else:
                return self.get(space, turn_id)
        raise _busy()

    def _start(self, turn: Turn, wanted: int, seen: "_Seen", at: datetime, exact: bool) -> Turn:
        amount = reservable_micros(wanted, seen.wallet.balance, seen.room, exact=exact)
        free = slots.free_slots(seen.slots, epoch(at))
        if not free:
            raise ConcurrencyLimit(
                f"All {len(seen.slots)} of the plan's concurrent sessions are taken. Wait for one to end.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        slot, lease = self._pick(free), writes.leased_until(at)
        stored = replace(
            turn, status=STREAMING, slot=slot, reserved_credit_micros=amount, samples=0, lease_expires=lease
        )
        move = wallet.reserve(turn.id, amount, epoch(at) + self._hold_seconds, at, turn.key_id)
        key = turn.idempotency_key
        self._table.transact(
            [
                *([writes.key_used(stored, key, at)] if key is not None else []),
                writes.started(stored, at),
                slots.take(turn.space, slot, turn.id, now=epoch(at), expires_at=lease),
                *money_writes(turn.space, [move], at),
            ]
        )
        return stored

    def _look(self, turn: Turn, plan: Plan, at: datetime) -> "_Seen":
        """All that a start decides on, in one consistent read. Raises IdempotencyConflict for a key that was used."""
        keys: list[ItemKey] = [writes.turn_key(turn.space, turn.id), wallet_key(turn.space)]
        keys += [slot_key(turn.space, number) for number in range(plan.concurrent)]
        owner = None if turn.key_id is None else api_key_key(turn.key_id)
        used = None if turn.idempotency_key is None else writes.used_key_key(turn.space, turn.idempotency_key)
        keys += [key for key in (owner, used) if key is not None]
        found = dict(zip(keys, self._table.get_many(keys), strict=True))
        before = found[used] if used is not None else None
        if before is not None and before["operationId"] != turn.id and before["ttl"] > epoch(at):
            raise writes.key_reused()
        stored, key = found[keys[0]], found[owner] if owner is not None else None
        return _Seen(
            turn=from_item(Turn, stored) if stored else None,
            wallet=from_item(Wallet, found[keys[1]] or {}),
            room=from_item(ApiKey, key).room if key else None,
            slots={number: found[slot_key(turn.space, number)] for number in range(plan.concurrent)},
        )

    def _room(self, key_id: str | None) -> int | None:
        key = None if key_id is None else self._table.get(api_key_key(key_id))
        return None if key is None else from_item(ApiKey, key).room

    def _read(self, space: Space, turn_id: str) -> tuple[Turn, Hold | None]:
        stored, held = self._table.get_many([writes.turn_key(space, turn_id), hold_key(space, turn_id)])
        if stored is None:
            raise writes.absent(turn_id)
        return from_item(Turn, stored), from_item(Hold, held) if held else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    turn: Turn | None
    wallet: Wallet
    room: int | None
    slots: Mapping[int, Item | None]


def _moves(hold: Hold | None, billed: int, at: datetime) -> list[Move]:
    """Paid, or given back where nothing was delivered. None for a hold that is over already."""
    if hold is None or hold.state != "open":
        return []
    return [wallet.settle(hold, billed, at) if billed else wallet.release(hold, at)]


def _busy() -> Unavailable:
    return Unavailable("Too many changes at once to the same account. Try again in a moment.")
