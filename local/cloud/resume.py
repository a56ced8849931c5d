"""After a start: what was under way goes on, by putting its message into its queue again."""

import json
import logging
from typing import Any

from local.cloud import names, queues, tables
from local.cloud.objects import send_created_event

_log = logging.getLogger(__name__)
_UNFINISHED_RENDER = frozenset({"queued", "processing"})
_UNINSPECTED_ASSET = frozenset({"pending_upload", "uploaded", "processing"})


def resume_work(object_exists: Any) -> None:
    """Renders that did not end are submitted again; assets that lie in the bucket uninspected are announced again.

    The state machine's executions and the workers' leases died with the processes that held them. Doing any of this
    twice is harmless: an execution is named after its render, an inspected asset is passed over.
    """
    submitted, announced = queues.bodies(names.SUBMITTED_QUEUE), queues.bodies(names.INSPECT_QUEUE)
    renders = assets = 0
    for item in tables.items_of(names.TABLE):
        attributes = item.to_json()["Attributes"]
        kind, _, identity = attributes["sk"].get("S", "").partition("#")
        status = attributes.get("status", {}).get("S")
        if kind == "RENDER" and status in _UNFINISHED_RENDER:
            _end_lease(attributes)
            if not any(identity in body for body in submitted):
                _submit(attributes, identity)
                renders += 1
        elif kind == "ASSET" and status in _UNINSPECTED_ASSET:
            key = attributes.get("s3Key", {}).get("S", "")
            if object_exists(names.UPLOADS_BUCKET, key) and not any(identity in body for body in announced):
                send_created_event(key)
                assets += 1
    if renders or assets:
        _log.info("resumed", extra={"renders": renders, "assets": assets})


def _submit(attributes: dict[str, Any], render_id: str) -> None:
    _, tenant, environment = attributes["pk"]["S"].split("#")
    body = {"renderId": render_id, "tenant": tenant, "environment": environment}
    queues.send(names.SUBMITTED_QUEUE, json.dumps(body))


def _end_lease(attributes: dict[str, Any]) -> None:
    if "N" in attributes.get("leaseExpires", {}):
        tables.put_back({"table": names.TABLE, "item": {**attributes, "leaseExpires": {"N": "0"}}})
