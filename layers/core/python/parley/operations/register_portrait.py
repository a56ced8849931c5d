"""Make an avatar on the fly from a portrait's picture, and know the same picture when it comes again."""

from parley.domain.assets import Asset
from parley.domain.avatars import Avatar
from parley.operations.caller import Caller
from parley.operations.create_avatar import create_avatar
from parley.store.stores import Stores
from parley.wire.avatars import CreateAvatar

# An avatar made on the fly carries its picture's SHA-256 under this name, so that the next call finds it.
PORTRAIT_MARK = "portraitSha256"
DEFAULT_NAME = "Portrait"


def known_portrait(stores: Stores, caller: Caller, asset: Asset) -> Avatar | None:
    """The ready avatar that was made on the fly from the very same picture."""
    for avatar in stores.avatars.list(caller.space):
        if asset.sha256 and avatar.metadata.get(PORTRAIT_MARK) == asset.sha256 and avatar.status == "ready":
            return avatar
    return None


def register_portrait(stores: Stores, caller: Caller, asset: Asset, avatar_id: str) -> Avatar:
    """A new avatar of the picture. Raises as `create_avatar`."""
    body = CreateAvatar.model_validate(
        {
            "displayName": asset.original_filename or DEFAULT_NAME,
            "sourceKind": "image",
            "sourceAssetId": asset.id,
            "metadata": {PORTRAIT_MARK: asset.sha256},
        }
    )
    return create_avatar(stores, caller, body, avatar_id)
