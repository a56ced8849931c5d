"""Delete an avatar: it vanishes from every read and makes room for another."""

from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.store.video_caches import VideoCaches


def delete_avatar(stores: Stores, caller: Caller, avatar_id: str) -> None:
    """Raises NotFound, also for one deleted before. Its picture or clip stays as an asset."""
    stores.avatars.delete(caller.space, avatar_id, stores.clock.now())
    VideoCaches(stores.table).forget(caller.space, avatar_id)
