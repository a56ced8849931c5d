"""Prove a tenant's money: balance = sum of entries, reserved = open holds, every hold, key and slot accounted for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.domain.errors import Unavailable
from parley.domain.spaces import Space
from parley.domain.times import epoch
from parley.domain.wallet import Entry, Hold, Wallet
from parley.store.mapping import from_item
from parley.store.ports import Item
from parley.store.stores import Stores
from parley.store.wallet_writes import NO_LIMIT, api_key_key

ATTEMPTS = 5
# The sweeper looks every minute; what is due for longer has been overlooked.
OVERDUE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Checked:
    """What was counted, and every disagreement in a sentence."""

    wallet: Wallet
    entries: int
    holds: int
    open_holds: int
    keys: int
    slots: int
    wrong: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _Books:
    """All of one space's money, as it stood at one moment."""

    wallet: Wallet
    entries: list[Entry]
    holds: list[Hold]
    slots: list[Item]
    keys: list[Item]


def check_ledger(stores: Stores, space: Space) -> Checked:
    """Reads the whole partition. Raises Unavailable while the tenant's money does not stand still."""
    books = _read(stores, space)
    now = epoch(stores.clock.now())
    wrong = [
        *_wallet(books),
        *_lines(books),
        *_overdue(books.holds, now),
        *_slots(books, now),
        *(problem for key in books.keys for problem in _key(key, books)),
    ]
    opened = sum(hold.state == "open" for hold in books.holds)
    return Checked(books.wallet, len(books.entries), len(books.holds), opened, len(books.keys), len(books.slots), wrong)


def _read(stores: Stores, space: Space) -> _Books:
    """Every move of money changes the wallet's version in its own transaction: what stands between two looks at the
    same version was read at one moment, as it were."""
    for _ in range(ATTEMPTS):
        wallet = stores.wallets.read(space)
        table, partition = stores.table, space.partition
        entries = [from_item(Entry, item) for item in table.query_all(partition, "ENTRY#")]
        holds = [from_item(Hold, item) for item in table.query_all(partition, "HOLD#")]
        slots = list(table.query_all(partition, "SLOT#"))
        ids = [item["keyId"] for item in table.query_all(partition, "KEY#")]
        found = (table.get_many([api_key_key(key) for key in ids[at : at + 100]]) for at in range(0, len(ids), 100))
        keys = [item for page in found for item in page if item]
        if stores.wallets.read(space).version == wallet.version:
            return _Books(wallet, entries, holds, slots, keys)
    raise Unavailable("The tenant's money moves faster than it can be read. Try again at a quieter moment.")


def _wallet(books: _Books) -> Iterable[str]:
    wallet = books.wallet
    granted = sum(entry.amount for entry in books.entries if entry.move == "grant")
    charged = -sum(entry.amount for entry in books.entries if entry.move == "charge")
    used = charged + sum(hold.settled for hold in books.holds)
    for name, found, wanted in (
        ("balance", wallet.balance, sum(entry.amount for entry in books.entries)),
        ("reserved", wallet.reserved, sum(hold.amount for hold in books.holds if hold.state == "open")),
        ("lifetime granted", wallet.lifetime_granted, granted),
        ("lifetime used", wallet.lifetime_used, used),
        ("balance + reserved + used", wallet.total + used, granted),
    ):
        if found != wanted:
            yield f"The wallet's {name} is {found}; its lines give {wanted}."
    if wallet.balance < 0 or wallet.reserved < 0:
        yield f"The wallet is below zero: balance {wallet.balance}, reserved {wallet.reserved}."


def _lines(books: _Books) -> Iterable[str]:
    """Each hold's lines give its state."""
    lines: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in books.entries:
        lines[entry.operation_id][entry.move] += entry.amount
    for hold in books.holds:
        wanted = {"reserve": -hold.amount}
        if hold.state == "released":
            wanted["release"] = hold.amount
        elif hold.state == "settled":
            wanted["settle"] = hold.amount - hold.settled
        found = dict(lines.pop(hold.operation_id, {}))
        if found != wanted:
            yield f"The hold of {hold.operation_id} is {hold.state} with {hold.amount}; its lines say {found}."
        if not 0 <= hold.settled <= hold.amount:
            yield f"The hold of {hold.operation_id} was settled with {hold.settled} of {hold.amount}."
    for operation, found in lines.items():
        if not set(found) <= {"grant", "charge", "note"}:
            yield f"{operation} has lines {sorted(found)} and no hold."


def _overdue(holds: list[Hold], now: int) -> Iterable[str]:
    for hold in holds:
        if hold.state == "open" and hold.expires_at + OVERDUE_SECONDS < now:
            late = now - hold.expires_at
            yield f"The hold of {hold.operation_id} is open {late} s past its end: does the sweeper run?"


def _slots(books: _Books, now: int) -> Iterable[str]:
    opened = {hold.operation_id for hold in books.holds if hold.state == "open"}
    for slot in books.slots:
        if slot["expiresAt"] > now and slot["owner"] not in opened:
            yield f"{slot['sk']} is taken by {slot['owner']}, which holds no credit."


def _key(key: Item, books: _Books) -> Iterable[str]:
    name = f"key_{key['keyId']}"
    mine = [hold for hold in books.holds if hold.key_id == key["keyId"]]
    charged = -sum(e.amount for e in books.entries if e.move == "charge" and e.key_id == key["keyId"])
    held = sum(hold.amount for hold in mine if hold.state == "open")
    spent = charged + sum(hold.settled for hold in mine)
    room = key.get("spendLimit", NO_LIMIT) - spent - held
    for what, found, wanted in (
        ("held", key.get("held", 0), held),
        ("spent", key.get("spent", 0), spent),
        ("room", key["room"], room),
    ):
        if found != wanted:
            yield f"{name} has {what} {found}; its holds and lines give {wanted}."
