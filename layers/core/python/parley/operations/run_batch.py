"""Take a batch's manifest apart: one message per line, and a verdict at once for lines that say nothing usable."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from parley.domain.batches import MAX_LINES, MAX_MANIFEST_BYTES, Batch, BatchLine
from parley.domain.errors import NotFound
from parley.domain.object_keys import manifest_key
from parley.domain.renders import RenderError
from parley.domain.spaces import Space
from parley.operations.end_batch_line import finish_batch
from parley.store.batches import Batches
from parley.store.stores import Stores
from parley.wire.renders import SubmitRender

_PLAIN_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of a render",
    "model_type": "must be a JSON object, like the body of POST /api/v1/renders",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """A line of the manifest: its number, and its body or what is wrong with it."""

    number: int
    body: dict[str, Any] | None
    error: RenderError | None


def run_batch(stores: Stores, space: Space, batch_id: str) -> Batch | None:
    """The batch, its lines stored and on their way. Safe to repeat; another manifest under the same id is ignored.

    None for a manifest of no batch.
    """
    batches = Batches(stores.table)
    info = stores.uploads.head(manifest_key(space, batch_id))
    try:
        batch = batches.get(space, batch_id)
    except NotFound:
        return None
    if info is None or batch.status in ("completed", "failed") or batch.manifest_etag not in (None, info.etag):
        return batch
    if info.size_bytes > MAX_MANIFEST_BYTES:
        text = f"The manifest is {info.size_bytes} bytes: send at most {MAX_MANIFEST_BYTES}, or split it."
        return batches.refuse(space, batch_id, _refusal(text), stores.clock.now())
    lines = _read(stores.uploads.get(manifest_key(space, batch_id)))
    if isinstance(lines, RenderError):
        return batches.refuse(space, batch_id, lines, stores.clock.now())
    stored = [_line(stores, batch_id, line) for line in lines]
    batch = batches.begin(space, batch_id, info.etag, stored, stores.clock.now())
    _send(stores, space, batch, lines)
    finish_batch(stores, batch)
    return batch


def _read(data: bytes) -> list[_Read] | RenderError:
    try:
        rows = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return _refusal("The manifest is not UTF-8 text: save it as UTF-8, one JSON object per line.")
    lines = [_read_line(number, row) for number, row in enumerate(rows, 1) if row.strip()]
    if not lines:
        return _refusal("The manifest is empty: send one JSON object per line, each like the body of POST /renders.")
    if len(lines) > MAX_LINES:
        return _refusal(f"The manifest has {len(lines)} lines: send at most {MAX_LINES}, or split it.")
    return lines


def _read_line(number: int, row: str) -> _Read:
    """The first thing wrong with the line, in words that name the field."""
    try:
        body = json.loads(row)
        SubmitRender.model_validate(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in problem["loc"]) or "The line"
        what = _PLAIN_WORDS.get(problem["type"]) or "is wrong: " + problem["msg"].removeprefix("Value error, ")
        return _Read(number, None, _refusal(f"{where} {what}."))
    except (ValueError, RecursionError) as error:
        return _Read(number, None, _refusal(f"The line is not valid JSON: {error}."))
    return _Read(number, body, None)


def _line(stores: Stores, batch_id: str, read: _Read) -> BatchLine:
    return BatchLine(
        batch_id=batch_id,
        line=read.number,
        render_id=stores.ids.new("rnd"),
        status="queued" if read.error is None else "failed",
        error=read.error,
    )


def _send(stores: Stores, space: Space, batch: Batch, lines: list[_Read]) -> None:
    """Every line that still waits; a line sent twice is submitted once, under the id that was stored for it."""
    bodies = {line.number: line.body for line in lines}
    for line in Batches(stores.table).lines(space, batch.id):
        body = bodies.get(line.line)
        if line.status == "queued" and body is not None:
            stores.batch_lines_queue.send(
                {
                    "tenant": space.tenant,
                    "environment": space.environment,
                    "batchId": batch.id,
                    "line": line.line,
                    "body": body,
                }
            )


def _refusal(message: str) -> RenderError:
    return RenderError(code="invalid_request", message=message, status=422)
