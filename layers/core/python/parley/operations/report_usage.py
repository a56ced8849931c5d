"""Add up the ledger by day: what was rendered, spoken, charged, granted, and what is still held."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta

from ulid import ULID

from parley.domain.errors import InvalidInput
from parley.domain.spaces import Space
from parley.domain.wallet import Entry
from parley.operations.caller import Caller
from parley.store.stores import Stores

DEFAULT_DAYS = 30
LONGEST_DAYS = 92
EARLIEST, LATEST = date(2020, 1, 1), date(2999, 12, 31)
PAGE = 1000


@dataclass(slots=True)
class UsageSums:
    """Credit micros, and counts of renders and turns that were charged for."""

    renders: int = 0
    turns: int = 0
    billed_credit_micros: int = 0
    charged_credit_micros: int = 0
    granted_credit_micros: int = 0
    reserved_credit_micros: int = 0

    def add(self, other: "UsageSums") -> None:
        for part in fields(UsageSums):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Days in order, those without any movement left out."""

    since: date
    until: date
    days: dict[date, UsageSums]
    totals: UsageSums


@dataclass(slots=True)
class _Operation:
    """The entries of one hold or charge: one move per name."""

    day: date
    name: str
    moves: dict[str, int] = field(default_factory=dict[str, int])

    def sums(self) -> UsageSums:
        held = -self.moves.get("reserve", 0)
        settled = held - self.moves["settle"] if "settle" in self.moves else 0
        ended = "settle" in self.moves or "release" in self.moves
        # A render's second hold is the same render.
        paid = "settle" in self.moves and not self.name.endswith(".more")
        turn = self.name.startswith("trn_")
        return UsageSums(
            renders=int(paid and not turn),
            turns=int(paid and turn),
            billed_credit_micros=settled,
            charged_credit_micros=-self.moves.get("charge", 0),
            granted_credit_micros=self.moves.get("grant", 0),
            reserved_credit_micros=0 if ended else held,
        )


def report_usage(stores: Stores, caller: Caller, since: date | None, until: date | None) -> UsageReport:
    """What operations that began on the UTC days `since` to `until`, both included, did to the wallet.

    Without `until` up to today, without `since` 30 days in all. Raises InvalidInput for a period that ends before it
    begins, is too long, or lies outside of our times.
    """
    until = until or stores.clock.now().astimezone(UTC).date()
    if not EARLIEST <= (since or until) <= LATEST or not EARLIEST <= until <= LATEST:
        raise InvalidInput(f"`from` and `to` must lie between {EARLIEST} and {LATEST}.")
    since = since or until - timedelta(days=DEFAULT_DAYS - 1)
    if until < since:
        raise InvalidInput("`to` lies before `from`. Swap them.")
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidInput(f"The period is longer than {LONGEST_DAYS} days. Ask for less at once.")
    days: dict[date, UsageSums] = {}
    totals = UsageSums()
    for operation in _operations(_entries(stores, caller.space, since, until)):
        sums = operation.sums()
        days.setdefault(operation.day, UsageSums()).add(sums)
        totals.add(sums)
    return UsageReport(since, until, days, totals)


def _entries(stores: Stores, space: Space, since: date, until: date) -> Iterator[Entry]:
    low = datetime.combine(since, time(), UTC)
    high = datetime.combine(until, time(), UTC) + timedelta(days=1)
    cursor: str | None = None
    while True:
        page, cursor = stores.wallets.entries(space, low, high, limit=PAGE, cursor=cursor)
        yield from page
        if cursor is None:
            return


def _operations(entries: Iterable[Entry]) -> Iterator[_Operation]:
    """Entries come sorted by operation, so those of one operation lie beside each other."""
    current: _Operation | None = None
    for entry in entries:
        if current is None or current.name != entry.operation_id:
            if current is not None:
                yield current
            began = ULID.from_str(entry.id.partition("#")[0]).datetime
            current = _Operation(began.astimezone(UTC).date(), entry.operation_id)
        current.moves[entry.move] = current.moves.get(entry.move, 0) + entry.amount
    if current is not None:
        yield current
