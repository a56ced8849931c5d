"""The six moves of money, pure: what each does to wallet, hold, ledger and key. Integers of credit micros only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from parley.domain.errors import Conflict, InsufficientCredits, InvalidInput
from parley.domain.ids import ulid_at, ulid_of
from parley.domain.times import iso, month_start

MoveName = Literal["grant", "reserve", "settle", "release", "charge", "note"]
HoldState = Literal["open", "settled", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """`balance` can be spent now (= sum of entries); `reserved` lies in open holds (= their sum)."""

    balance: int = 0
    reserved: int = 0
    lifetime_granted: int = 0
    lifetime_used: int = 0
    period: str = ""
    version: int = 0
    updated_at: str = ""

    @property
    def total(self) -> int:
        """What the API calls balanceCreditMicros: spendable and reserved together."""
        return self.balance + self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Credits set aside for one operation. `expires_at` is epoch seconds; the sweeper releases what lives longer."""

    operation_id: str
    amount: int
    state: HoldState = "open"
    settled: int = 0
    key_id: str | None = None
    expires_at: int
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger, never changed. `amount` is signed: what it did to the balance.

    What an operator did says why (`reason`) and who it was (`by`).
    """

    id: str
    operation_id: str
    move: MoveName
    amount: int
    key_id: str | None = None
    reason: str | None = None
    by: str | None = None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """All that one move changes: the wallet and the key (signed), the ledger line, the hold as it is afterwards.

    `held_before`: what lay in an open hold that grows; 0 for a hold that is new.
    """

    entry: Entry
    hold: Hold | None = None
    held_before: int = 0
    balance: int = 0
    reserved: int = 0
    granted: int = 0
    used: int = 0
    key_spent: int = 0
    key_held: int = 0
    period: str | None = None


def _entry(operation_id: str, move: MoveName, amount: int, key_id: str | None, at: datetime) -> Entry:
    return Entry(
        id=f"{ulid_of(operation_id)}#{operation_id}#{move}",
        operation_id=operation_id,
        move=move,
        amount=amount,
        key_id=key_id,
        created_at=iso(at),
    )


def _positive(amount: int) -> int:
    if amount <= 0:
        raise InvalidInput(f"An amount must be a positive number of credit micros, not {amount}.")
    return amount


def grant(operation_id: str, amount: int, at: datetime, reason: str | None = None, by: str | None = None) -> Move:
    """Credits come in, for good. The operation id must be unique to the payment or gift."""
    _positive(amount)
    entry = replace(_entry(operation_id, "grant", amount, None, at), reason=reason, by=by)
    return Move(entry=entry, balance=amount, granted=amount)


def note(operation_id: str, at: datetime, reason: str, by: str) -> Move:
    """A line that moves nothing: what an operator did to a tenant beside its money, and why."""
    return Move(entry=replace(_entry(operation_id, "note", 0, None, at), reason=reason, by=by))


def monthly_grant(wallet: Wallet, allowance: int, period: str, at: datetime) -> Move | None:
    """Tops the wallet up to the plan's monthly allowance, once in a period; None when that was done.

    What is reserved counts as still there: else a hold taken before the turn of the month and released
    after it would carry credits over.
    """
    if wallet.period >= period:
        return None
    amount = max(0, allowance - wallet.total)
    entry = Entry(
        id=f"{ulid_at(month_start(period), bytes(10))}#grant#{period}",
        operation_id=f"grant#{period}",
        move="grant",
        amount=amount,
        created_at=iso(at),
    )
    return Move(entry=entry, balance=amount, granted=amount, period=period)


def reserve(operation_id: str, amount: int, expires_at: int, at: datetime, key_id: str | None = None) -> Move:
    """Sets credits aside before work starts."""
    _positive(amount)
    hold = Hold(operation_id=operation_id, amount=amount, key_id=key_id, expires_at=expires_at, created_at=iso(at))
    entry = _entry(operation_id, "reserve", -amount, key_id, at)
    return Move(entry=entry, hold=hold, balance=-amount, reserved=amount, key_held=amount)


def extend(hold: Hold, amount: int, expires_at: int, at: datetime) -> Move:
    """Sets more aside in an open hold. Its ledger line is named by the new sum, so that no step is taken twice.

    Raises Conflict unless the hold is open.
    """
    _require_open(hold)
    total = hold.amount + _positive(amount)
    entry = _entry(hold.operation_id, "reserve", -amount, hold.key_id, at)
    return Move(
        entry=replace(entry, id=f"{entry.id}#{total}"),
        hold=replace(hold, amount=total, expires_at=expires_at),
        held_before=hold.amount,
        balance=-amount,
        reserved=amount,
        key_held=amount,
    )


def settle(hold: Hold, actual: int, at: datetime) -> Move:
    """Takes what was really used, at most what was held; the rest returns. Raises Conflict unless the hold is open."""
    _require_open(hold)
    if actual < 0:
        raise InvalidInput(f"A settled amount cannot be negative, as {actual} is.")
    used = min(actual, hold.amount)
    return Move(
        entry=_entry(hold.operation_id, "settle", hold.amount - used, hold.key_id, at),
        hold=replace(hold, state="settled", settled=used),
        balance=hold.amount - used,
        reserved=-hold.amount,
        used=used,
        key_spent=used,
        key_held=-hold.amount,
    )


def release(hold: Hold, at: datetime) -> Move:
    """Gives all that was held back. Raises Conflict for a hold that is not open."""
    _require_open(hold)
    return Move(
        entry=_entry(hold.operation_id, "release", hold.amount, hold.key_id, at),
        hold=replace(hold, state="released"),
        balance=hold.amount,
        reserved=-hold.amount,
        key_held=-hold.amount,
    )


def charge(operation_id: str, amount: int, at: datetime, key_id: str | None = None) -> Move:
    """Takes credits at once, for something that is done in the same transaction."""
    _positive(amount)
    entry = _entry(operation_id, "charge", -amount, key_id, at)
    return Move(entry=entry, balance=-amount, used=amount, key_spent=amount)


def settle_all(holds: Sequence[Hold], actual: int, at: datetime) -> list[Move]:
    """Settles the open ones of an operation's holds, oldest first, until `actual` is paid; the rest returns."""
    moves: list[Move] = []
    for hold in holds:
        if hold.state == "open":
            move = settle(hold, actual, at)
            actual -= move.used
            moves.append(move)
    return moves


def release_all(holds: Sequence[Hold], at: datetime) -> list[Move]:
    """Releases the open ones of an operation's holds."""
    return [release(hold, at) for hold in holds if hold.state == "open"]


def apply(wallet: Wallet, moves: Sequence[Move], at: datetime) -> Wallet:
    """The wallet after the moves. Raises InsufficientCredits when the balance would go below zero."""
    balance = wallet.balance + sum(move.balance for move in moves)
    if balance < 0:
        raise insufficient(-sum(move.balance for move in moves), wallet.balance)
    return replace(
        wallet,
        balance=balance,
        reserved=wallet.reserved + sum(move.reserved for move in moves),
        lifetime_granted=wallet.lifetime_granted + sum(move.granted for move in moves),
        lifetime_used=wallet.lifetime_used + sum(move.used for move in moves),
        period=next((move.period for move in reversed(moves) if move.period), wallet.period),
        version=wallet.version + 1,
        updated_at=iso(at),
    )


def insufficient(needed: int, available: int) -> InsufficientCredits:
    """The refusal, with both figures in seconds of speech."""
    return InsufficientCredits(
        f"This needs {needed / 1e6:.1f} s of credit and {available / 1e6:.1f} s is available. "
        "Add credits, or ask for less."
    )


def _require_open(hold: Hold) -> None:
    if hold.state != "open":
        raise Conflict(f"The hold of {hold.operation_id} was {hold.state} before.", f"hold_{hold.state}")
