"""Take away the files that a render leaves behind once it has ended: its speech, and what was drawn in vain."""

from collections.abc import Collection

from parley.domain.object_keys import background_key, outputs_prefix, speech_keys
from parley.domain.spaces import Space
from parley.store.stores import Stores


def clear_speech(stores: Stores, space: Space, render_id: str) -> None:
    """The canonical sound, its phonemes and the picture behind the speaker. What is not there is no error."""
    for key in (*speech_keys(space, render_id), background_key(space, render_id)):
        stores.media.delete(key)


def clear_outputs(stores: Stores, space: Space, render_id: str, *, but: Collection[str | None] = ()) -> None:
    """Every worker's files but those."""
    for found in stores.media.list(outputs_prefix(space, render_id)):
        if found.key not in but:
            stores.media.delete(found.key)
