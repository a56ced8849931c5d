"""Take away the files that a render leaves behind once it has ended: its speech, and what was drawn in vain."""

from parley.domain.object_keys import outputs_prefix, speech_keys
from parley.domain.spaces import Space
from parley.store.stores import Stores


def clear_speech(stores: Stores, space: Space, render_id: str) -> None:
    """The canonical sound and its phonemes. What is not there is no error."""
    for key in speech_keys(space, render_id):
        stores.media.delete(key)


def clear_outputs(stores: Stores, space: Space, render_id: str, *, but: str | None = None) -> None:
    """Every worker's file but one."""
    for found in stores.media.list(outputs_prefix(space, render_id)):
        if found.key != but:
            stores.media.delete(found.key)
