"""The face of a lipsync call: the avatar it names, or one made on the fly from a picture's URL."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from functions.api.inspected import inspected
from functions.api.services import Ask
from parley.domain.assets import Asset
from parley.domain.billing import render_prices
from parley.domain.errors import ParleyError, Unavailable
from parley.domain.wallet import insufficient
from parley.operations.asset_links import own_asset_id
from parley.operations.delete_asset import discard_asset
from parley.operations.delete_avatar import delete_avatar
from parley.operations.ingest_remote_asset import ingest_remote_asset
from parley.operations.read_balance import read_balance
from parley.operations.register_portrait import known_portrait, register_portrait
from parley.wire.lipsync import Lipsync


@dataclass(frozen=True, slots=True)
class Registered:
    """The avatar to render, and what of it this call made and can take back."""

    avatar_id: str
    made: bool = False
    brought: Asset | None = None


async def registered(asked: Ask, body: Lipsync) -> Registered:
    """The avatar of the call. What can be refused without fetching the picture is refused before it is fetched."""
    if body.avatar_id is not None:
        return Registered(body.avatar_id)
    assert body.portrait_url is not None  # Lipsync holds exactly one of the two
    await run_in_threadpool(_refuse_early, asked, body)
    asset = await run_in_threadpool(_picture, asked, body.portrait_url)
    seen = await inspected(asked, asset, asked.services.options.upload_wait_seconds)
    return await run_in_threadpool(_avatar, asked, seen)


def unregister(asked: Ask, face: Registered) -> None:
    """Takes back what `registered` made for a call that came to nothing.

    An avatar beyond the plan's included ones was paid for, so it stays: the next call with the same picture finds it.
    """
    if not face.made:
        return
    if asked.stores.tenants.active(asked.caller.space).avatars > asked.caller.plan.avatars:
        return
    delete_avatar(asked.stores, asked.caller, face.avatar_id)
    if face.brought is not None:
        discard_asset(asked.stores, asked.caller, face.brought)


def _refuse_early(asked: Ask, body: Lipsync) -> None:
    if own_asset_id(asked.stores, asked.caller.space, body.audio_url) is None:
        asked.services.fetcher.check(body.audio_url)
    available = read_balance(asked.stores, asked.caller).balance
    if available < (least := render_prices().least_reserve_micros):
        raise insufficient(least, available)


def _picture(asked: Ask, url: str) -> Asset:
    """The asset behind the URL: our own as it is, any other brought here."""
    stores, caller = asked.stores, asked.caller
    if (own := own_asset_id(stores, caller.space, url)) is not None:
        return stores.assets.get(caller.space, own)
    return ingest_remote_asset(stores, asked.services.fetcher, caller, url=url, kind="image", asset_id=asked.asset_id())


def _avatar(asked: Ask, asset: Asset) -> Registered:
    stores, caller = asked.stores, asked.caller
    brought = asset.id == asked.asset_id()
    if (known := known_portrait(stores, caller, asset)) is not None:
        if brought:
            discard_asset(stores, caller, asset)
        return Registered(known.id)
    try:
        if asset.status != "ready":
            raise Unavailable("The portrait could not be checked in time. Try again in a moment.")
        avatar = register_portrait(stores, caller, asset, asked.avatar_id())
    except ParleyError:
        if brought:
            discard_asset(stores, caller, asset)
        raise
    return Registered(avatar.id, made=True, brought=asset if brought else None)
