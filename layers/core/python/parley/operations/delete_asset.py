"""Delete an asset: its item, its bytes and the rig made of it."""

from parley.domain.assets import Asset
from parley.domain.errors import Conflict
from parley.operations.caller import Caller
from parley.store.stores import Stores


def delete_asset(stores: Stores, caller: Caller, asset_id: str) -> None:
    """Raises NotFound, or Conflict (`asset_in_use`) while an avatar is made from it."""
    asset = stores.assets.get(caller.space, asset_id)
    users = [avatar for avatar in stores.avatars.list(caller.space) if avatar.source_asset_id == asset_id]
    if users:
        raise Conflict(f"Avatar {users[0].id} is made from this asset. Delete the avatar first.", "asset_in_use")
    discard_asset(stores, caller, asset)


def discard_asset(stores: Stores, caller: Caller, asset: Asset) -> None:
    """Leaves nothing of it behind. The item goes first, so that nobody is given a link to bytes that are gone."""
    stores.assets.delete(caller.space, asset.id, stores.clock.now())
    stores.uploads.delete(asset.s3_key)
    if asset.rig_key is not None:
        # A clip's caches lie beside its rig.
        for made in stores.media.list(asset.rig_key.removesuffix("npz")):
            stores.media.delete(made.key)
