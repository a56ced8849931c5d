"""Find what stands still and move it on: holds past their time, renders and turns that were lost, batches uncounted."""

import logging
from collections import Counter
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from parley.domain.batches import BatchLine
from parley.domain.errors import NotFound, ParleyError
from parley.domain.ids import is_id
from parley.domain.renders import Render, RenderError
from parley.domain.spaces import Space
from parley.domain.times import epoch
from parley.operations.end_batch_line import end_batch_line, finish_batch
from parley.operations.refund_render import refund_render
from parley.operations.settle_turn import settle_lost_turn, settle_turn
from parley.store.batches import Batches
from parley.store.due import Due, due
from parley.store.render_watch import watch
from parley.store.stores import Stores

log = logging.getLogger(__name__)
OUTCOMES = ("released", "resent", "refunded", "batches", "turns", "errors")
_LATE = RenderError(
    code="render_timeout",
    message="The render was not finished in time. Nothing was charged: submit it again.",
    status=503,
)
_LOST = RenderError(
    code="render_lost",
    message="The render was interrupted on our side. Nothing was charged: submit it again.",
    status=503,
)


def sweep(stores: Stores) -> Counter[str]:
    """What was done, counted by OUTCOMES. One thing that fails does not hold up the rest."""
    done: Counter[str] = Counter()
    acts: dict[str, Callable[[Stores, Due], str | None]] = {
        "hold": _hold,
        "render": _render,
        "batch": _batch,
        "turn": _turn,
    }
    for found in due(stores.table, stores.clock.now()):
        try:
            outcome = acts[found.kind](stores, found)
        except (ParleyError, ClientError, BotoCoreError):
            log.exception("could not be swept", extra={"kind": found.kind, "id": found.id})
            outcome = "errors"
        if outcome is not None:
            done[outcome] += 1
    return done


def _hold(stores: Stores, found: Due) -> str | None:
    """An open hold past its expiry. A render's or turn's ends with it, so that it never goes on unpaid."""
    if is_id("trn", found.id):
        return _turn_hold(stores, found)
    try:
        render = stores.renders.get(found.space, found.id.removesuffix(".more"))
    except NotFound:
        stores.wallets.release(found.space, found.id, stores.clock.now())
        return "released"
    if render.ended:
        return None
    _refund(stores, found.space, render, _LATE)
    return "released"


def _turn_hold(stores: Stores, found: Due) -> str | None:
    try:
        turn = stores.turns.get(found.space, found.id)
    except NotFound:
        stores.wallets.release(found.space, found.id, stores.clock.now())
        return "released"
    if turn.ended:
        return None
    settle_turn(stores, turn, turn.samples, "failed", error_code="turn_timeout")
    return "turns"


def _turn(stores: Stores, found: Due) -> str | None:
    """Its relay fell silent: what it last recorded is paid."""
    return None if settle_lost_turn(stores, found.space, found.id) is None else "turns"


def _render(stores: Stores, found: Due) -> str | None:
    try:
        render = stores.renders.get(found.space, found.id)
    except NotFound:
        return None
    if render.status == "queued":
        return _resend(stores, render)
    return None if render.ended else _look_after(stores, render)


def _resend(stores: Stores, render: Render) -> str | None:
    """Nobody took it up: its message, or the workflow's start, was lost. A second start changes nothing."""
    place = {"tenant": render.tenant_id, "environment": render.environment}
    stores.submitted_queue.send({"renderId": render.id, **place})
    return "resent" if stores.renders.postpone(render.space, render.id, stores.clock.now()) else None


def _look_after(stores: Stores, render: Render) -> str | None:
    """It is being made, unless its workflow is gone and no worker lives."""
    now = stores.clock.now()
    alive = render.lease_expires is not None and render.lease_expires > epoch(now)
    if alive or stores.workflow.is_running(render.id):
        watch(stores.table, render.space, render.id, now)
        return None
    _refund(stores, render.space, render, _LOST)
    return "refunded"


def _refund(stores: Stores, space: Space, render: Render, error: RenderError) -> None:
    refund_render(stores, space, render.id, error)
    stores.workflow.stop(render.id, error=error.code, cause=error.message)


def _count(stores: Stores, space: Space, line: BatchLine) -> None:
    try:
        end_batch_line(stores, stores.renders.get(space, line.render_id))
    except NotFound:
        return


def _batch(stores: Stores, found: Due) -> str | None:
    """Counts lines whose renders ended unheard: a crash between the end and the count."""
    batches = Batches(stores.table)
    if batches.get(found.space, found.id).status != "processing":
        return None
    for line in batches.lines(found.space, found.id):
        if line.status == "submitted":
            _count(stores, found.space, line)
    finish_batch(stores, batches.get(found.space, found.id))
    still = batches.watch(found.space, found.id, stores.clock.now())
    return None if still.status == "processing" else "batches"
