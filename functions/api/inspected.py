"""Wait for the verdict on an upload: what is refused is taken away again."""

from starlette.concurrency import run_in_threadpool

from functions.api.services import Ask
from functions.api.waiting import wait_until
from parley.domain.assets import Asset
from parley.domain.errors import MediaRejected
from parley.operations.delete_asset import discard_asset


async def inspected(asked: Ask, asset: Asset, seconds: float) -> Asset:
    """The asset once its inspection has spoken, or as it is when `seconds` are over.

    Raises MediaRejected with the advice; neither the asset nor its bytes are left then.
    """

    def read() -> Asset:
        return asked.stores.assets.get(asked.caller.space, asset.id)

    seen = await wait_until(read, lambda now: now.status in ("ready", "failed"), seconds)
    if seen.status != "failed":
        return seen
    await run_in_threadpool(discard_asset, asked.stores, asked.caller, seen)
    raise MediaRejected(seen.advice or "The file was refused. Send another one.", seen.failure_code)
