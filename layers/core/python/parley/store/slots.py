"""Concurrency: one leased item per slot, never a counter, so that a holder that dies leaks nothing."""

from collections.abc import Mapping

from parley.domain.spaces import Space
from parley.store.ports import Item, ItemKey, Write


class SlotTaken(Exception):
    """Another took this slot first."""


class SlotLost(Exception):
    """The slot had expired and is another's now; there is nothing to give back."""


def slot_key(space: Space, number: int) -> ItemKey:
    return ItemKey(space.partition, f"SLOT#{number}")


def free_slots(held: Mapping[int, Item | None], now: int) -> list[int]:
    """Of the slots read, those that nobody holds at `now` (epoch seconds)."""
    return [number for number, item in held.items() if item is None or item["expiresAt"] <= now]


def take(space: Space, number: int, owner: str, *, now: int, expires_at: int) -> Write:
    """The write that takes a slot. Refusal: SlotTaken."""
    return Write(
        kind="put",
        key=slot_key(space, number),
        item={"owner": owner, "expiresAt": expires_at},
        condition="attribute_not_exists(pk) OR #expiresAt <= :now",
        values={"now": now},
        refused=lambda _: SlotTaken(),
    )


def give_back(space: Space, number: int, owner: str) -> Write:
    """The write that frees a slot. Refusal: SlotLost."""
    return Write(
        kind="delete",
        key=slot_key(space, number),
        condition="attribute_not_exists(pk) OR #owner = :owner",
        values={"owner": owner},
        refused=lambda _: SlotLost(),
    )
