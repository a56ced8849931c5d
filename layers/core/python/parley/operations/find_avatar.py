"""The avatars a caller may use: its own, and the platform's."""

from parley.domain.avatars import Avatar
from parley.domain.errors import InsufficientScope, NotFound
from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.store.system_avatars import SystemAvatars


def find_avatar(stores: Stores, caller: Caller, avatar_id: str) -> Avatar:
    """The caller's own avatar, else the platform's. Raises NotFound."""
    try:
        return stores.avatars.get(caller.space, avatar_id)
    except NotFound:
        if (ours := SystemAvatars(stores.table).get(avatar_id)) is not None:
            return ours
        raise


def list_avatars(stores: Stores, caller: Caller) -> list[Avatar]:
    """The caller's own, most recently updated first and at most 100; behind them all of the platform's."""
    return [*stores.avatars.list(caller.space), *SystemAvatars(stores.table).list()]


def refuse_system_avatar(stores: Stores, avatar_id: str) -> None:
    """Raises InsufficientScope (`system_avatar`) for one of the platform's own, which nobody changes or deletes."""
    if SystemAvatars(stores.table).get(avatar_id) is not None:
        raise InsufficientScope(
            f"Avatar {avatar_id} is one of the platform's own: it can be used, not changed or deleted. "
            "Make your own avatar with POST /api/v1/avatars.",
            "system_avatar",
        )
