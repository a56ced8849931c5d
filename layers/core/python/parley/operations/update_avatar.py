"""Change an avatar: its name, voice, free-form fields, or the picture it is made from."""

from typing import Any

from parley.domain.avatars import Avatar
from parley.operations.caller import Caller
from parley.operations.create_avatar import catch_up, own_voice, source_state
from parley.store.stores import Stores
from parley.wire.avatars import UpdateAvatar

KEPT_AS_SENT = ("display_name", "default_voice_id", "settings", "metadata")


def update_avatar(stores: Stores, caller: Caller, avatar_id: str, body: UpdateAvatar) -> Avatar:
    """The avatar as it is afterwards. Fields that were not sent stay. Raises NotFound, InvalidInput, MediaRejected."""
    sent = body.model_fields_set
    changes: dict[str, Any] = {name: getattr(body, name) for name in KEPT_AS_SENT if name in sent}
    if "default_voice_id" in sent:
        changes["default_voice_id"] = own_voice(stores, body.default_voice_id)
    if body.source_asset_id is not None:
        kind = stores.avatars.get(caller.space, avatar_id).source_kind
        source = source_state(stores, caller, body.source_asset_id, kind)
        changes |= {"source_asset_id": body.source_asset_id, "cache_manifest_id": None, **source}
    avatar = stores.avatars.update(caller.space, avatar_id, changes, stores.clock.now())
    return catch_up(stores, caller, avatar)
