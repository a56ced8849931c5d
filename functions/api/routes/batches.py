"""/api/v1/batches: many renders from one uploaded manifest."""

from typing import Annotated

from fastapi import APIRouter, Path

from functions.api.present import batch_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.open_batch import open_batch
from parley.store.batches import Batches
from parley.wire.assets import UploadTarget
from parley.wire.batches import Batch, BatchId, OpenedBatch

router = APIRouter(prefix="/api/v1/batches", tags=["batches"], route_class=ProtectedRoute)
InPath = Annotated[BatchId, Path(alias="batchId", description="A batch's id; it begins with `bat_`.")]


@router.post("", status_code=201, operation_id="openBatch", summary="Get an address for a manifest of renders")
@needs("realtime:write")
def open_one(asked: Asked) -> OpenedBatch:
    """PUT a JSON Lines file to `upload.url` with exactly `upload.headers`: each line is a body of `POST /renders`.

    The lines start by themselves when the file arrives, as many at once as the plan allows; up to 1,000 lines, 1 MB.
    """
    door = open_batch(asked.stores, asked.caller, asked.batch_id())
    target = UploadTarget(url=door.url, headers=door.headers, expires_at=door.expires_at)
    return OpenedBatch(batch=batch_out(asked.stores, door.batch), upload=target)


@router.get("/{batchId}", operation_id="getBatch", summary="Read a batch's progress and its results")
@needs("realtime:write", "avatars:read", refuses=(404, 422))
def read(batch_id: InPath, asked: Asked) -> Batch:
    """`resultsUrl` is there once it is `completed`. Either `realtime:write` or `avatars:read` opens it."""
    return batch_out(asked.stores, Batches(asked.stores.table).get(asked.caller.space, batch_id))
