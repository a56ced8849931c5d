"""A turn's own writes: what each change of its state demands of the item as it stands."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from parley.domain.errors import Conflict, IdempotencyConflict, NotFound
from parley.domain.spaces import Space
from parley.domain.times import epoch, iso
from parley.domain.turns import LEASE_SECONDS, STREAMING, EndedStatus, Turn
from parley.store.idempotency import KEPT_SECONDS
from parley.store.mapping import set_clause, to_item
from parley.store.ports import Item, ItemKey, Write
from parley.store.schema import TTL_ATTRIBUTE, due_attributes
from parley.store.slots import SlotLost, slot_key
from parley.store.wallet_writes import Overtaken, Replayed

_STREAMING = "#status = :streaming"


def turn_key(space: Space, turn_id: str) -> ItemKey:
    return ItemKey(space.partition, f"TURN#{turn_id}")


def used_key_key(space: Space, idempotency_key: str) -> ItemKey:
    """Where it is written that an Idempotency-Key was used for a turn."""
    return ItemKey(space.partition, f"IDEMPOTENCY#turn#{idempotency_key}")


def absent(turn_id: str) -> NotFound:
    return NotFound(f"There is no turn {turn_id}.")


def ended(turn_id: str, status: object) -> Conflict:
    return Conflict(f"Turn {turn_id} is {status}: nothing can be changed any more.", "turn_ended")


def key_reused() -> IdempotencyConflict:
    return IdempotencyConflict("This Idempotency-Key was used for a turn before. Each turn needs a key of its own.")


def leased_until(at: datetime) -> int:
    return epoch(at) + LEASE_SECONDS


def started(turn: Turn, at: datetime) -> Write:
    """A new turn, due for the sweeper should its relay fall silent. Refusal: Replayed."""
    return Write(
        kind="put",
        key=turn_key(turn.space, turn.id),
        item={**to_item(turn), **due_attributes(turn.id, leased_until(at))},
        condition="attribute_not_exists(pk)",
        refused=lambda _: Replayed(),
    )


def key_used(turn: Turn, key: str, at: datetime) -> Write:
    """The key is this turn's for 24 hours. Refusals: Replayed when it is already, IdempotencyConflict."""
    now = epoch(at)

    def refused(old: Item | None) -> Exception:
        return Replayed() if old and old.get("operationId") == turn.id else key_reused()

    # The attributes that other requests' keys have, so that whoever meets this one reads a conflict.
    item = {"requestHash": "turn", "operationId": turn.id, "state": "done", TTL_ATTRIBUTE: now + KEPT_SECONDS}
    return Write(
        kind="put",
        key=used_key_key(turn.space, key),
        item=item,
        condition="attribute_not_exists(pk) OR #ttl <= :now",
        values={"now": now},
        refused=refused,
    )


def key_given_up(turn: Turn, key: str) -> Write:
    """The key may be used again: nothing came of the turn. Refused by nothing that matters."""
    return Write(
        kind="delete",
        key=used_key_key(turn.space, key),
        condition="attribute_not_exists(pk) OR #operationId = :turn",
        values={"turn": turn.id},
        refused=Overtaken,
    )


def alive(turn: Turn, changes: Mapping[str, Any], at: datetime) -> Write:
    """Its relay gives a sign: the lease grows. Refusals: NotFound, Conflict `turn_ended`."""
    until = leased_until(at)
    sign = {**changes, "leaseExpires": until, "updatedAt": iso(at), **due_attributes(turn.id, until)}

    def refused(old: Item | None) -> Exception:
        return absent(turn.id) if old is None else ended(turn.id, old["status"])

    return _update(turn, sign, refused)


def extended(turn: Turn, amount: int, at: datetime) -> Write:
    """It may cost so much more. Refusals: NotFound, Overtaken when it ended or grew meanwhile."""

    def refused(old: Item | None) -> Exception:
        return absent(turn.id) if old is None else Overtaken(old)

    before = turn.reserved_credit_micros
    write = _update(turn, {"reservedCreditMicros": before + amount, "updatedAt": iso(at)}, refused)
    return replace(
        write,
        condition=f"{_STREAMING} AND #reservedCreditMicros = :before",
        values={**(write.values or {}), "before": before},
    )


def slot_kept(turn: Turn, slot: int, at: datetime) -> Write:
    """The slot is leased for as long again. Refusal: SlotLost."""
    return Write(
        kind="update",
        key=slot_key(turn.space, slot),
        update="SET #expiresAt = :until",
        condition="#owner = :turn",
        values={"until": leased_until(at), "turn": turn.id},
        refused=lambda _: SlotLost(),
    )


def finished(turn: Turn, status: EndedStatus, samples: int, billed: int, error_code: str | None, at: datetime) -> Write:
    """streaming -> ended. Refusals: NotFound, Replayed when it had ended."""
    changes: dict[str, Any] = {
        "status": status,
        "samples": samples,
        "billedCreditMicros": billed,
        "errorCode": error_code,
        "updatedAt": iso(at),
        "endedAt": iso(at),
        "dueShard": None,
        "dueAt": None,
    }

    def refused(old: Item | None) -> Exception:
        return absent(turn.id) if old is None else Replayed()

    return _update(turn, changes, refused)


def _update(turn: Turn, changes: Mapping[str, Any], refused: Callable[[Item | None], Exception]) -> Write:
    clause, values = set_clause(changes)
    return Write(
        kind="update",
        key=turn_key(turn.space, turn.id),
        update=clause,
        condition=_STREAMING,
        values={**values, "streaming": STREAMING},
        refused=refused,
    )
