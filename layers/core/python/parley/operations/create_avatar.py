"""Make an avatar from an uploaded picture, within the plan's allowance."""

from collections.abc import Mapping
from typing import Any

from parley.domain.assets import Asset
from parley.domain.avatars import IMAGE_MODEL, Avatar, SourceKind
from parley.domain.errors import InvalidInput, MediaRejected
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.wire.avatars import CreateAvatar


def create_avatar(stores: Stores, caller: Caller, body: CreateAvatar, avatar_id: str) -> Avatar:
    """The new avatar: `ready` when its picture is, `preprocessing` until then, `draft` without one.

    Raises InvalidInput, MediaRejected, NotFound (of the asset), PlanLimitReached, and InsufficientCredits where the
    plan charges for one more. A second call with the same id gives what the first one made.
    """
    require_picture_kind(body.source_kind)
    now = stores.clock.now()
    source = source_state(stores, caller, body.source_asset_id)
    avatar = Avatar(
        id=avatar_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        display_name=body.display_name,
        source_kind=body.source_kind,
        model_id=body.model_id or IMAGE_MODEL,
        source_asset_id=body.source_asset_id,
        default_voice_id=body.default_voice_id,
        settings=body.settings,
        metadata=body.metadata,
        created_at=iso(now),
        updated_at=iso(now),
        **source,
    )
    # The price of an avatar beyond the plan's may be paid from an allowance that nobody has touched this month.
    stores.wallets.touch(caller.space, caller.plan, now)
    made = stores.avatars.create(avatar, caller.plan, now, key_id=caller.key_id)
    return catch_up(stores, caller, made)


def require_picture_kind(kind: SourceKind) -> None:
    """Raises InvalidInput for what cannot be made to speak yet."""
    if kind == "video":
        raise InvalidInput(
            "Avatars are made from one image; source videos are not supported yet. "
            "Upload a picture of the face and send sourceKind image.",
            "not_supported_yet",
        )


def source_state(stores: Stores, caller: Caller, asset_id: str | None) -> dict[str, Any]:
    """What an avatar takes over from its picture: status, rig_key, error. Raises for a picture that cannot be used."""
    if asset_id is None:
        return {"status": "draft", "rig_key": None, "error": None}
    asset = stores.assets.get(caller.space, asset_id)
    if asset.kind != "image":
        raise InvalidInput(f"Asset {asset_id} is of kind {asset.kind}. An avatar needs an image.")
    if asset.status == "failed":
        raise MediaRejected(asset.advice or "The picture was refused. Upload another one.", asset.failure_code)
    return dict(_inherited(asset))


def catch_up(stores: Stores, caller: Caller, avatar: Avatar) -> Avatar:
    """The avatar, brought up to date when its picture's inspection ended while the avatar was being stored.

    The inspection writes its verdict first and then looks for waiting avatars; we store the avatar first and then look
    for a verdict: one of the two always sees the other.
    """
    if avatar.status != "preprocessing" or avatar.source_asset_id is None:
        return avatar
    state = _inherited(stores.assets.get(caller.space, avatar.source_asset_id))
    if state["status"] == "preprocessing":
        return avatar
    return stores.avatars.update(caller.space, avatar.id, state, stores.clock.now())


def _inherited(asset: Asset) -> Mapping[str, Any]:
    if asset.status == "ready" and asset.rig_key is not None:
        return {"status": "ready", "rig_key": asset.rig_key, "error": None}
    if asset.status == "failed":
        return {"status": "failed", "rig_key": None, "error": asset.advice}
    return {"status": "preprocessing", "rig_key": None, "error": None}
