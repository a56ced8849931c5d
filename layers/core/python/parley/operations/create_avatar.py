"""Make an avatar from an uploaded picture or clip, within the plan's allowance."""

from collections.abc import Mapping
from typing import Any

from parley.domain.assets import Asset
from parley.domain.avatars import MODELS, Avatar, SourceKind
from parley.domain.errors import InvalidInput, MediaRejected
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.wire.avatars import CreateAvatar

_A: Mapping[SourceKind, str] = {"image": "an image", "video": "a video"}


def create_avatar(stores: Stores, caller: Caller, body: CreateAvatar, avatar_id: str) -> Avatar:
    """The new avatar: `ready` when its picture or clip is, `preprocessing` until then, `draft` without one.

    Raises InvalidInput, MediaRejected, NotFound (of the asset), PlanLimitReached, and InsufficientCredits where the
    plan charges for one more. A second call with the same id gives what the first one made.
    """
    now = stores.clock.now()
    source = source_state(stores, caller, body.source_asset_id, body.source_kind)
    avatar = Avatar(
        id=avatar_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        display_name=body.display_name,
        source_kind=body.source_kind,
        model_id=body.model_id or MODELS[body.source_kind],
        source_asset_id=body.source_asset_id,
        default_voice_id=own_voice(stores, body.default_voice_id),
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


def own_voice(stores: Stores, voice_id: str | None) -> str | None:
    """The full id of the voice an avatar is to have. Raises InvalidInput voice_unknown."""
    return None if voice_id is None else stores.settings.voices.find(voice_id).id


def source_state(stores: Stores, caller: Caller, asset_id: str | None, kind: SourceKind) -> dict[str, Any]:
    """What an avatar takes over from its picture or clip: status, rig_key, error. Raises for one it cannot use."""
    if asset_id is None:
        return {"status": "draft", "rig_key": None, "error": None}
    asset = stores.assets.get(caller.space, asset_id)
    if asset.kind != kind:
        raise InvalidInput(
            f"Asset {asset_id} is of kind {asset.kind}. An avatar of sourceKind {kind} needs {_A[kind]}."
        )
    if asset.purpose == "background":
        raise InvalidInput(f"Asset {asset_id} was uploaded as a background. Upload the picture again as a portrait.")
    if _is_refused(asset):
        raise MediaRejected(asset.advice or "The file was refused. Upload another one.", asset.failure_code)
    return dict(_inherited(asset))


def _is_refused(asset: Asset) -> bool:
    """Also a video that is ready for its sound alone."""
    return asset.status == "failed" or (asset.status == "ready" and asset.failure_code is not None)


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
    if _is_refused(asset):
        return {"status": "failed", "rig_key": None, "error": asset.advice}
    return {"status": "preprocessing", "rig_key": None, "error": None}
