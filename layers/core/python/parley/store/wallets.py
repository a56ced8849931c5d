"""Wallets in the table: each move of money is one transaction, and making it again changes nothing."""

from collections.abc import Callable
from datetime import datetime

from parley.domain import wallet
from parley.domain.errors import NotFound, Unavailable
from parley.domain.ids import ulid_at
from parley.domain.plans import Plan
from parley.domain.spaces import Space
from parley.domain.times import month
from parley.domain.wallet import Entry, Hold, Move, Wallet
from parley.store.mapping import from_item
from parley.store.ports import Page, Table
from parley.store.wallet_writes import Overtaken, Replayed, hold_key, money_writes, wallet_key

ATTEMPTS = 8


class Wallets:
    """The money of every space."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, space: Space) -> Wallet:
        """The wallet as it is; an empty one where nothing was ever granted."""
        return from_item(Wallet, self._table.get(wallet_key(space)) or {})

    def hold(self, space: Space, operation_id: str) -> Hold | None:
        item = self._table.get(hold_key(space, operation_id))
        return from_item(Hold, item) if item else None

    def touch(self, space: Space, plan: Plan, at: datetime) -> Wallet:
        """The wallet, topped up to the plan's allowance when this is its first touch of the month."""
        period = month(at)
        for _ in range(ATTEMPTS):
            seen = self.read(space)
            move = wallet.monthly_grant(seen, plan.allowance_micros, period, at)
            if move is None:
                return seen
            try:
                self._table.transact(money_writes(space, [move], at, seen_version=seen.version))
            except (Overtaken, Replayed):
                continue
            return wallet.apply(seen, [move], at)
        raise _busy()

    def grant(
        self,
        space: Space,
        operation_id: str,
        amount: int,
        at: datetime,
        reason: str | None = None,
        by: str | None = None,
    ) -> None:
        """Adds credits, once for this operation id; an operator says why and who they are."""
        self._once(space, wallet.grant(operation_id, amount, at, reason, by), at)

    def note(self, space: Space, operation_id: str, at: datetime, reason: str, by: str) -> None:
        """A line in the ledger that moves nothing, once for this operation id."""
        self._once(space, wallet.note(operation_id, at, reason, by), at)

    def reserve(
        self, space: Space, operation_id: str, amount: int, *, expires_at: int, at: datetime, key_id: str | None = None
    ) -> Hold:
        """Sets credits aside, once for this operation id; a replay gives the hold as it stands.

        Raises InsufficientCredits or SpendLimitExceeded; `expires_at` is epoch seconds.
        """
        move = wallet.reserve(operation_id, amount, expires_at, at, key_id)
        self._once(space, move, at)
        return self._need_hold(space, operation_id)

    def settle(self, space: Space, operation_id: str, actual: int, at: datetime) -> Hold:
        """Takes what was used of the hold and returns the rest. A hold settled before is given as it stands.

        Raises NotFound for no such hold, Conflict (`hold_released`) for one that was given back.
        """
        return self._end(space, operation_id, "settled", lambda hold: wallet.settle(hold, actual, at), at)

    def release(self, space: Space, operation_id: str, at: datetime) -> Hold:
        """Gives the hold back. One released before is given as it stands.

        Raises NotFound for no such hold, Conflict (`hold_settled`) for one that was paid.
        """
        return self._end(space, operation_id, "released", lambda hold: wallet.release(hold, at), at)

    def charge(self, space: Space, operation_id: str, amount: int, at: datetime, key_id: str | None = None) -> None:
        """Takes credits, once for this operation id. Raises InsufficientCredits or SpendLimitExceeded."""
        self._once(space, wallet.charge(operation_id, amount, at, key_id), at)

    def entries(
        self, space: Space, since: datetime, until: datetime, *, limit: int = 100, cursor: str | None = None
    ) -> tuple[list[Entry], str | None]:
        """The ledger lines of operations that began in [since, until), oldest first, and the next page's cursor."""
        page = self._ledger(space, since, until, limit, cursor)
        return [from_item(Entry, item) for item in page.items], page.cursor

    def _ledger(self, space: Space, since: datetime, until: datetime, limit: int, cursor: str | None) -> Page:
        low, high = (f"ENTRY#{ulid_at(moment, bytes(10))}" for moment in (since, until))
        return self._table.query_between(space.partition, low, high, limit=limit, cursor=cursor)

    def _once(self, space: Space, move: Move, at: datetime) -> None:
        try:
            self._table.transact(money_writes(space, [move], at))
        except Replayed:
            return

    def _end(
        self, space: Space, operation_id: str, state: wallet.HoldState, move: Callable[[Hold], Move], at: datetime
    ) -> Hold:
        for _ in range(ATTEMPTS):
            hold = self._need_hold(space, operation_id)
            if hold.state == state:
                return hold
            made = move(hold)
            try:
                self._table.transact(money_writes(space, [made], at))
            except (Overtaken, Replayed):
                continue
            return made.hold or hold
        raise _busy()

    def _need_hold(self, space: Space, operation_id: str) -> Hold:
        hold = self.hold(space, operation_id)
        if hold is None:
            raise NotFound(f"Nothing is held for {operation_id}.")
        return hold


def _busy() -> Unavailable:
    return Unavailable("Too many changes at once to the same wallet. Try again in a moment.")
