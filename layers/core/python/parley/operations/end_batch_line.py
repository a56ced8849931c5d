"""Count the end of a batch's line, and write the batch's results when it was the last one."""

from parley.domain.batches import Batch, BatchLine, LineStatus
from parley.domain.errors import NotFound
from parley.domain.object_keys import results_key
from parley.domain.renders import Render, RenderError
from parley.domain.spaces import Space
from parley.operations.open_batch import CONTENT_TYPE
from parley.store.batches import Batches
from parley.store.stores import Stores
from parley.wire import renders
from parley.wire.batches import BatchResult

_ENDS: dict[str, LineStatus] = {"completed": "completed", "failed": "failed", "canceled": "canceled"}


def end_batch_line(stores: Stores, render: Render) -> None:
    """To be called whenever a render has ended; does nothing for one of no batch, and counts a line once only."""
    if render.batch_id is None or render.batch_line is None or not render.ended:
        return
    end_line(stores, render.space, render.batch_id, render.batch_line, _ENDS[render.status], render.error)


def end_line(
    stores: Stores, space: Space, batch_id: str, line: int, status: LineStatus, error: RenderError | None
) -> None:
    """The same for a line that never became a render. Repeating it finishes what a crash left undone."""
    batches = Batches(stores.table)
    batches.end_line(space, batch_id, line, status, error, stores.clock.now())
    try:
        finish_batch(stores, batches.get(space, batch_id))
    except NotFound:
        return


def finish_batch(stores: Stores, batch: Batch) -> bool:
    """Writes the results and completes the batch when its last line has ended; False while it has not."""
    if batch.status != "processing" or batch.ended_lines < batch.lines:
        return False
    batches = Batches(stores.table)
    results = (_result(stores, batch, line) for line in batches.lines(batch.space, batch.id))
    text = "".join(result.model_dump_json(by_alias=True) + "\n" for result in results)
    # The same lines always give the same bytes: two that end at once may both write it.
    stores.uploads.put(results_key(batch.space, batch.id), text.encode(), CONTENT_TYPE)
    batches.complete(batch.space, batch.id, stores.clock.now())
    return True


def _result(stores: Stores, batch: Batch, line: BatchLine) -> BatchResult:
    render = _render(stores, batch, line)
    base_url = batch.base_url or stores.settings.public_base_url
    error = None if line.error is None else renders.RenderError.model_validate(line.error)
    return BatchResult(
        line=line.line,
        status="completed" if line.status == "completed" else "canceled" if line.status == "canceled" else "failed",
        render_id=render.id if render else None,
        render_url=f"{base_url}/api/v1/renders/{render.id}" if render else None,
        frames=render.frames if render else None,
        duration_seconds=render.duration_seconds if render else None,
        billed_credit_micros=render.billed_credit_micros if render else 0,
        error=error,
    )


def _render(stores: Stores, batch: Batch, line: BatchLine) -> Render | None:
    try:
        return stores.renders.get(batch.space, line.render_id)
    except NotFound:
        return None
