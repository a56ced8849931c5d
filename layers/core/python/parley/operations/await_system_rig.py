"""Let a render of a system avatar wait until that avatar's rig is there."""

import time
from collections.abc import Callable

from parley.domain.errors import Unavailable
from parley.domain.system_avatars import is_system_rig
from parley.store.stores import Stores

LOOKS = 240
PAUSE_SECONDS = 0.5
"""Two minutes: all six presenters are drawn in a quarter of a minute on one core."""


def await_system_rig(stores: Stores, rig_key: str, pause: Callable[[float], None] = time.sleep) -> None:
    """Returns once the rig can be read, at once for any other than a system avatar's. Raises Unavailable."""
    if not is_system_rig(rig_key):
        return
    for _ in range(LOOKS):
        if stores.media.head(rig_key) is not None:
            return
        pause(PAUSE_SECONDS)
    raise Unavailable("The avatar is still being prepared. Try again in a minute.")
