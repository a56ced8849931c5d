"""Open a door for a batch's manifest: a batch that waits, and an address the file may be PUT to."""

from dataclasses import dataclass
from datetime import timedelta

from parley.domain.batches import Batch
from parley.domain.errors import InsufficientScope
from parley.domain.object_keys import manifest_key, results_key
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.store.batches import Batches
from parley.store.stores import Stores

DOOR_SECONDS = 3600
LINK_SECONDS = 3600
CONTENT_TYPE = "application/jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDoor:
    """PUT the manifest to `url` with exactly `headers` before `expires_at`."""

    batch: Batch
    url: str
    headers: dict[str, str]
    expires_at: str


def open_batch(stores: Stores, caller: Caller, batch_id: str) -> ManifestDoor:
    """The batch, `pending_upload`. Its renders are submitted for the calling key and within its limits."""
    if caller.key_id is None:
        raise InsufficientScope("A batch is opened with an API key of its own.")
    now = stores.clock.now()
    batch = Batches(stores.table).create(
        Batch(
            id=batch_id,
            tenant_id=caller.space.tenant,
            environment=caller.space.environment,
            key_id=caller.key_id,
            status="pending_upload",
            base_url=stores.settings.public_base_url,
            created_at=iso(now),
            updated_at=iso(now),
        ),
        now,
    )
    url = stores.uploads.presign_put(
        manifest_key(caller.space, batch_id), seconds=DOOR_SECONDS, content_type=CONTENT_TYPE
    )
    headers = {"Content-Type": CONTENT_TYPE}
    return ManifestDoor(batch=batch, url=url, headers=headers, expires_at=iso(now + timedelta(seconds=DOOR_SECONDS)))


def results_url(stores: Stores, batch: Batch) -> str | None:
    """A link to the results of a completed batch, good for an hour."""
    if batch.status != "completed":
        return None
    return stores.uploads.presign_get(
        results_key(batch.space, batch.id), seconds=LINK_SECONDS, content_type=CONTENT_TYPE
    )
