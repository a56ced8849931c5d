"""Batches at each point of their way, for tests of their handlers."""

from __future__ import annotations

import json
from typing import Any

from local.cloud import names
from parley.domain.batches import Batch, BatchLine
from parley.domain.object_keys import manifest_key, results_key
from parley.domain.renders import Render
from parley.operations.caller import Caller
from parley.operations.open_batch import open_batch
from tests.functions.events_world import World
from tests.functions.lipsync.steps_stage import drawn, place

LINES, MANIFESTS = names.BATCH_LINES_QUEUE, names.BATCHES_QUEUE


def uploaded(world: World, caller: Caller, *rows: Any) -> Batch:
    """A batch whose manifest was put to its address and read."""
    batch = open_batch(world.stores, caller, world.stores.ids.new("bat")).batch
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    world.stores.uploads.put(manifest_key(caller.space, batch.id), text.encode(), "application/jsonl")
    world.poll(MANIFESTS)
    return world.batches.get(caller.space, batch.id)


def said(world: World, caller: Caller, text: str = "Hello.") -> dict[str, Any]:
    return {"avatarId": world.avatar(caller).id, "text": text}


def lines(world: World, caller: Caller, batch: Batch) -> list[BatchLine]:
    return list(world.batches.lines(caller.space, batch.id))


def renders(world: World, caller: Caller) -> list[Render]:
    return sorted(world.stores.renders.list(caller.space)[0], key=lambda render: render.batch_line or 0)


def complete(world: World, render: Render) -> None:
    world.invoke("parley-lipsync-fetch", place(render))
    world.invoke("parley-lipsync-settle", place(render, result=drawn(world.stores, render, frames=10)))


def results(world: World, caller: Caller, batch: Batch) -> list[Any]:
    return [json.loads(row) for row in world.stores.uploads.get(results_key(caller.space, batch.id)).splitlines()]


def announce(world: World, caller: Caller, batch: Batch) -> None:
    """S3 tells of the same manifest once more."""
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "parley-uploads"}, "object": {"key": manifest_key(caller.space, batch.id)}},
    }
    body = json.dumps({"Records": [record]})
    world.cloud.client("sqs").send_message(QueueUrl=world.url(MANIFESTS), MessageBody=body)
    world.poll(MANIFESTS)


def waiting(world: World) -> list[Any]:
    return world.cloud.client("sqs").receive_message(QueueUrl=world.url(LINES), MaxNumberOfMessages=10)["Messages"]
