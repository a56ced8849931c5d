"""Avatars in the table, and the plan's cap on how many a tenant keeps."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from parley.domain import wallet
from parley.domain.avatars import Avatar
from parley.domain.errors import InsufficientScope, NotFound, PlanLimitReached, Unavailable
from parley.domain.plans import Plan
from parley.domain.spaces import Space, Tenant
from parley.domain.times import epoch, iso
from parley.domain.wallet import Move
from parley.store.mapping import camel, from_item, set_clause, to_item
from parley.store.ports import Item, ItemKey, Table, Write
from parley.store.schema import TTL_ATTRIBUTE
from parley.store.tenants import tenant_key
from parley.store.wallet_writes import Overtaken, Replayed, money_writes

LIST_LIMIT = 100
KEPT_DELETED = timedelta(days=30)
ATTEMPTS = 8


def avatar_key(space: Space, avatar_id: str) -> ItemKey:
    return ItemKey(space.partition, f"AVATAR#{avatar_id}")


class Avatars:
    """The avatars of every space. A deleted one reads as absent and is really gone after 30 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, space: Space, avatar_id: str) -> Avatar:
        """Raises NotFound for a deleted one as for one that never was."""
        item = self._table.get(avatar_key(space, avatar_id))
        if item is None or item["status"] == "deleted":
            raise _absent(avatar_id)
        return from_item(Avatar, item)

    def list(self, space: Space) -> list[Avatar]:
        """At most 100, most recently updated first."""
        items = self._table.query_all(space.partition, "AVATAR#")
        found = [from_item(Avatar, item) for item in items if item["status"] != "deleted"]
        return sorted(found, key=lambda avatar: (avatar.updated_at, avatar.id), reverse=True)[:LIST_LIMIT]

    def create(self, avatar: Avatar, plan: Plan, at: datetime, *, key_id: str | None = None) -> Avatar:
        """Stores a new avatar and counts it, in one transaction; a replay gives the stored one.

        Beyond the plan's included avatars it raises PlanLimitReached, or charges the plan's price for one more
        (InsufficientCredits, SpendLimitExceeded).
        """
        space = Space(avatar.tenant_id, avatar.environment)
        for _ in range(ATTEMPTS):
            kept, held = self._table.get_many([avatar_key(space, avatar.id), tenant_key(space)])
            if kept is not None:
                return from_item(Avatar, kept)
            if held is None:
                raise InsufficientScope("The tenant of this key is not active.", "tenant_inactive")
            count = from_item(Tenant, held).avatars
            try:
                self._table.transact(
                    [
                        Write(
                            kind="put",
                            key=avatar_key(space, avatar.id),
                            item=to_item(avatar),
                            condition="attribute_not_exists(pk)",
                            refused=Overtaken,
                        ),
                        _count(space, 1, count, at),
                        *money_writes(space, _price(avatar, plan, count, at, key_id), at),
                    ]
                )
            except (Overtaken, Replayed):
                continue
            return avatar
        raise Unavailable("Too many avatars are being made at once. Try again in a moment.")

    def update(self, space: Space, avatar_id: str, changes: Mapping[str, Any], at: datetime) -> Avatar:
        """Sets fields, named as in Avatar (None clears one). Raises NotFound."""
        clause, values = set_clause({**{camel(name): value for name, value in changes.items()}, "updatedAt": iso(at)})
        item = self._table.write(
            Write(
                kind="update",
                key=avatar_key(space, avatar_id),
                update=clause,
                condition="attribute_exists(pk) AND #status <> :deleted",
                values={**values, "deleted": "deleted"},
                refused=lambda _: _absent(avatar_id),
            )
        )
        return from_item(Avatar, item)

    def delete(self, space: Space, avatar_id: str, at: datetime) -> None:
        """Makes room for another. Raises NotFound, also for one deleted before."""
        for _ in range(ATTEMPTS):
            held = self._table.get(tenant_key(space)) or {}
            try:
                self._table.transact(
                    [_deletion(space, avatar_id, at), _count(space, -1, int(held.get("avatars", 0)), at)]
                )
            except Overtaken:
                continue
            return
        raise Unavailable("Too many avatars are being changed at once. Try again in a moment.")


def _absent(avatar_id: str) -> NotFound:
    return NotFound(f"There is no avatar {avatar_id}.")


def _count(space: Space, change: int, seen: int, at: datetime) -> Write:
    return Write(
        kind="update",
        key=tenant_key(space),
        update="SET #avatars = :count, #updatedAt = :at",
        condition="#avatars = :seen",
        values={"count": max(0, seen + change), "seen": seen, "at": iso(at)},
        refused=Overtaken,
    )


def _price(avatar: Avatar, plan: Plan, count: int, at: datetime, key_id: str | None) -> list[Move]:
    if count < plan.avatars:
        return []
    if plan.extra_avatar_micros is None:
        raise PlanLimitReached(
            f"The {plan.name} plan keeps {plan.avatars} avatar(s). Delete one, or move to a larger plan."
        )
    return [wallet.charge(avatar.id, plan.extra_avatar_micros, at, key_id)]


def _deletion(space: Space, avatar_id: str, at: datetime) -> Write:
    def refused(_: Item | None) -> Exception:
        return _absent(avatar_id)

    return Write(
        kind="update",
        key=avatar_key(space, avatar_id),
        update="SET #status = :deleted, #updatedAt = :at, #ttl = :ttl",
        condition="attribute_exists(pk) AND #status <> :deleted",
        values={"deleted": "deleted", "at": iso(at), TTL_ATTRIBUTE: epoch(at + KEPT_DELETED)},
        refused=refused,
    )
