"""The platform's own avatars in the table: the partition that every tenant sees."""

from parley.domain.avatars import Avatar
from parley.store.mapping import from_item, to_item
from parley.store.ports import ItemKey, Table, Write

PARTITION = "SYSTEM"


def system_avatar_key(avatar_id: str) -> ItemKey:
    return ItemKey(PARTITION, f"AVATAR#{avatar_id}")


class SystemAvatars:
    """All of them; there is one copy, for live and test alike."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, avatar_id: str) -> Avatar | None:
        item = self._table.get(system_avatar_key(avatar_id))
        return None if item is None else from_item(Avatar, item)

    def list(self) -> list[Avatar]:
        """In the order of their names."""
        found = [from_item(Avatar, item) for item in self._table.query_all(PARTITION, "AVATAR#")]
        return sorted(found, key=lambda avatar: (avatar.display_name, avatar.id))

    def put(self, avatar: Avatar) -> None:
        """Stores it, in place of what had its id."""
        self._table.write(Write(kind="put", key=system_avatar_key(avatar.id), item=to_item(avatar)))
