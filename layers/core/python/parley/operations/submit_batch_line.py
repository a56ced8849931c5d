"""Submit the render of one line of a batch, for the key that opened the batch."""

from typing import Any

from pydantic import ValidationError

from parley.domain.batches import Batch, BatchLine
from parley.domain.errors import InvalidInput, NotReady, ParleyError, RateLimited, Unauthorized
from parley.domain.keys import effective_status
from parley.domain.plans import plan_named
from parley.domain.renders import Render, RenderError
from parley.domain.scopes import require
from parley.domain.spaces import Space
from parley.operations.caller import Caller
from parley.operations.end_batch_line import end_batch_line, end_line
from parley.operations.submit_render import submit_render
from parley.store.batches import Batches
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores
from parley.wire.renders import SubmitRender

# Before its queue would give the line up (its redrive policy allows 1,000 receipts), it is counted as failed.
MOST_TRIES = 900
# An avatar that is not ready after so many is not going to be.
NOT_READY_TRIES = 20


class LineMustWait(Exception):
    """The line cannot be submitted now: all slots are taken, or something is down. It stays in its queue."""

    def __init__(self, why: ParleyError) -> None:
        super().__init__(why.message)
        self.why = why
        self.retry_after_seconds = why.retry_after_seconds if isinstance(why, RateLimited) else 5


def submit_batch_line(
    stores: Stores,
    fetcher: GuardedFetcher,
    space: Space,
    batch_id: str,
    line: int,
    body: Any,
    *,
    tries: int = 1,
) -> Render | None:
    """The line's render; None for a line that is refused (which the batch then counts as failed) or had ended.

    Safe to repeat: the render's id was stored before. Raises LineMustWait for what passes; after so many `tries` that
    too is a refusal.
    """
    batches = Batches(stores.table)
    held = batches.line(space, batch_id, line)
    if held is None or held.ended:
        return None
    try:
        render = _submit(stores, fetcher, batches.get(space, batch_id), held, body)
    except ParleyError as refusal:
        if refusal.retryable and tries < (NOT_READY_TRIES if isinstance(refusal, NotReady) else MOST_TRIES):
            raise LineMustWait(refusal) from refusal
        return _refuse(stores, space, held, refusal)
    batches.mark_submitted(space, batch_id, line)
    end_batch_line(stores, render)
    return render


def _submit(stores: Stores, fetcher: GuardedFetcher, batch: Batch, line: BatchLine, body: Any) -> Render:
    try:
        asked = SubmitRender.model_validate(body)
    except ValidationError as error:
        # Lines were checked when the manifest was read: only a deployment between the two can come here.
        raise InvalidInput(f"The line is not a render any more: {error.error_count()} problems.") from error
    caller = _caller(stores, batch)
    return submit_render(stores, fetcher, caller, asked, line.render_id, batch_id=batch.id, batch_line=line.line)


def _caller(stores: Stores, batch: Batch) -> Caller:
    """The batch acts for the key that opened it: once that is revoked, no more of its lines begin."""
    key = stores.keys.get(batch.key_id)
    if key is None or key.space != batch.space:
        raise Unauthorized("The key that opened this batch is gone.")
    status = effective_status(key, stores.clock.now())
    if status != "active":
        raise Unauthorized(f"The key that opened this batch is {status}. Open a new batch.", f"key_{status}")
    require(key.scopes, "realtime:write")
    plan = plan_named(stores.tenants.active(batch.space).plan)
    return Caller(space=batch.space, plan=plan, key_id=key.key_id, scopes=key.scopes, spend_limit=key.spend_limit)


def _refuse(stores: Stores, space: Space, line: BatchLine, why: ParleyError) -> None:
    error = RenderError(code=why.code, message=why.message, status=why.status)
    end_line(stores, space, line.batch_id, line.line, "failed", error)
