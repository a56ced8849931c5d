"""API keys in the table: found by key id alone, listed by space."""

from datetime import datetime

from parley.domain.errors import Conflict, NotFound
from parley.domain.keys import ApiKey
from parley.domain.spaces import Space
from parley.domain.times import iso
from parley.store.mapping import from_item, to_item
from parley.store.ports import ConditionRefused, Item, ItemKey, Table, Write
from parley.store.wallet_writes import NO_LIMIT, api_key_key


class ApiKeys:
    """The keys of all tenants. The item of a key is never deleted: open holds still count against it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, key_id: str) -> ApiKey | None:
        """The key that callers name by this id, whoever's it is: only the check of its secret tells."""
        item = self._table.get(api_key_key(key_id))
        return _key(item) if item else None

    def create(self, key: ApiKey) -> ApiKey:
        """Stores a new key and a pointer to it in its space; a replay gives the stored one. Conflict: another's id."""
        item = {**to_item(key), "room": NO_LIMIT if key.spend_limit is None else key.spend_limit}
        absent = "attribute_not_exists(pk)"
        try:
            self._table.transact(
                [
                    Write(kind="put", key=api_key_key(key.key_id), item=item, condition=absent),
                    Write(
                        kind="put", key=_pointer(key.space, key.key_id), item={"keyId": key.key_id}, condition=absent
                    ),
                ]
            )
        except ConditionRefused as refusal:
            if refusal.old is None or refusal.old.get("hash") != key.hash:
                raise Conflict(f"There is another key of the id {key.key_id}.") from None
            return _key(refusal.old)
        return key

    def list(self, space: Space) -> list[ApiKey]:
        """The keys of a space, newest first, revoked ones too."""
        ids = [item["keyId"] for item in self._table.query_all(space.partition, "KEY#")]
        keys: list[ApiKey] = []
        for start in range(0, len(ids), 100):
            found = self._table.get_many([api_key_key(key_id) for key_id in ids[start : start + 100]])
            keys += [_key(item) for item in found if item]
        return sorted(keys, key=lambda key: key.created_at, reverse=True)

    def revoke(self, space: Space, key_id: str, at: datetime) -> ApiKey:
        """Makes the key useless from now on. Raises NotFound for a key of another space."""
        item = self._table.write(
            Write(
                kind="update",
                key=api_key_key(key_id),
                update="SET #status = :revoked, #updatedAt = :at",
                condition="#tenantId = :tenant AND #environment = :environment",
                values={
                    "revoked": "revoked",
                    "at": iso(at),
                    "tenant": space.tenant,
                    "environment": space.environment,
                },
                refused=lambda _: NotFound(f"There is no key {key_id}."),
            )
        )
        return _key(item)

    def rehash(self, key: ApiKey, hash: str) -> ApiKey:
        """The key with another hash of the same secret, unless it changed meanwhile: then nothing is written."""
        write = Write(
            kind="update",
            key=api_key_key(key.key_id),
            update="SET #hash = :hash",
            condition="#hash = :old",
            values={"hash": hash, "old": key.hash},
        )
        try:
            return _key(self._table.write(write))
        except ConditionRefused:
            # Another request with the same key was first.
            return key


def _pointer(space: Space, key_id: str) -> ItemKey:
    return ItemKey(space.partition, f"KEY#{key_id}")


def _key(item: Item) -> ApiKey:
    return from_item(ApiKey, item)
