"""The moves of money as DynamoDB writes, to be joined with others into ONE transaction.

A key's item carries `room` = spend limit - spent - held beside these three, because a condition can compare
attributes but not add them. A key without a limit has NO_LIMIT there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parley.domain import billing, wallet
from parley.domain.spaces import Space
from parley.domain.times import iso
from parley.domain.wallet import Hold, Move
from parley.store.mapping import set_clause, to_item
from parley.store.ports import Item, ItemKey, Write
from parley.store.schema import due_attributes

NO_LIMIT = 10**18  # credit micros: 31,000 years of speech


class Replayed(Exception):
    """This very move was made before; nothing was changed now."""


class Overtaken(Exception):
    """What was read has changed since; read again and decide anew."""

    def __init__(self, old: Item | None = None) -> None:
        super().__init__("overtaken by another change")
        self.old = old


def wallet_key(space: Space) -> ItemKey:
    return ItemKey(space.partition, "WALLET")


def hold_key(space: Space, operation_id: str) -> ItemKey:
    return ItemKey(space.partition, f"HOLD#{operation_id}")


def entry_key(space: Space, entry_id: str) -> ItemKey:
    return ItemKey(space.partition, f"ENTRY#{entry_id}")


def api_key_key(key_id: str) -> ItemKey:
    return ItemKey(f"KEY#{key_id}", "KEY")


def money_writes(space: Space, moves: Sequence[Move], at: datetime, *, seen_version: int | None = None) -> list[Write]:
    """All that `moves` change: holds, ledger lines, keys, and the wallet once. Empty for no moves.

    Refusals: Replayed for a move made before, Overtaken for a hold that changed (or, where `seen_version` is given, a
    wallet that did), SpendLimitExceeded, InsufficientCredits. Their order is the order in which they speak.
    """
    if not moves:
        return []
    writes = [_hold_write(space, move.hold, move.held_before, at) for move in moves if move.hold is not None]
    writes += [_entry_write(space, move) for move in moves]
    for key_id in sorted({move.entry.key_id for move in moves if move.entry.key_id}):
        writes.append(_key_write(key_id, [move for move in moves if move.entry.key_id == key_id], at))
    return [*writes, _wallet_write(space, moves, at, seen_version)]


def _replayed(_: Item | None) -> Exception:
    return Replayed()


def _hold_write(space: Space, hold: Hold, held_before: int, at: datetime) -> Write:
    key = hold_key(space, hold.operation_id)
    if hold.state == "open" and held_before:
        clause, values = set_clause(
            {"amount": hold.amount, "expiresAt": hold.expires_at} | due_attributes(hold.operation_id, hold.expires_at)
        )
        return Write(
            kind="update",
            key=key,
            update=clause,
            condition="#state = :open AND #amount = :before",
            values={**values, "open": "open", "before": held_before},
            refused=Overtaken,
        )
    if hold.state == "open":
        item = {**to_item(hold), **due_attributes(hold.operation_id, hold.expires_at)}
        return Write(kind="put", key=key, item=item, condition="attribute_not_exists(pk)", refused=_replayed)
    return Write(
        kind="update",
        key=key,
        update="SET #state = :state, #settled = :settled, #endedAt = :at REMOVE #dueShard, #dueAt",
        condition="#state = :open AND #amount = :amount",
        values={
            "state": hold.state,
            "settled": hold.settled,
            "at": iso(at),
            "open": "open",
            "amount": hold.amount,
        },
        refused=Overtaken,
    )


def _entry_write(space: Space, move: Move) -> Write:
    return Write(
        kind="put",
        key=entry_key(space, move.entry.id),
        item=to_item(move.entry),
        condition="attribute_not_exists(pk)",
        refused=_replayed,
    )


def _key_write(key_id: str, moves: Sequence[Move], at: datetime) -> Write:
    spent = sum(move.key_spent for move in moves)
    held = sum(move.key_held for move in moves)
    needed = spent + held
    values: dict[str, Any] = {"spent": spent, "held": held, "room": -needed, "at": iso(at)}
    condition = "attribute_exists(pk)"
    if needed > 0:
        condition, values = condition + " AND #room >= :needed", {**values, "needed": needed}
    return Write(
        kind="update",
        key=api_key_key(key_id),
        update="SET #updatedAt = :at ADD #spent :spent, #held :held, #room :room",
        condition=condition,
        values=values,
        refused=lambda old: billing.spend_limit_exceeded(needed, int((old or {}).get("room", 0))),
    )


def _wallet_write(space: Space, moves: Sequence[Move], at: datetime, seen_version: int | None) -> Write:
    balance = sum(move.balance for move in moves)
    reserved = sum(move.reserved for move in moves)
    values: dict[str, Any] = {
        "balance": balance,
        "reserved": reserved,
        "granted": sum(move.granted for move in moves),
        "used": sum(move.used for move in moves),
        "one": 1,
        "at": iso(at),
    }
    sets = "SET #updatedAt = :at"
    conditions: list[str] = []
    if balance < 0:
        conditions.append("#balance >= :needed")
        values["needed"] = -balance
    if reserved < 0:
        conditions.append("#reserved >= :unheld")
        values["unheld"] = -reserved
    if seen_version is not None:
        # Version 0 is a wallet that was never written.
        conditions.append("#version = :seen" if seen_version else "attribute_not_exists(#version)")
        if seen_version:
            values["seen"] = seen_version
    if period := next((move.period for move in moves if move.period), None):
        sets += ", #period = :period"
        values["period"] = period
    adds = "#balance :balance, #reserved :reserved, #lifetimeGranted :granted, #lifetimeUsed :used, #version :one"

    def refused(old: Item | None) -> Exception:
        available = int((old or {}).get("balance", 0))
        return wallet.insufficient(-balance, available) if available < -balance else Overtaken(old)

    return Write(
        kind="update",
        key=wallet_key(space),
        update=f"{sets} ADD {adds}",
        condition=" AND ".join(conditions) or None,
        values=values,
        refused=refused,
    )
