"""Batches through the API: a door for the manifest, and what became of it."""

import requests

from parley.domain.spaces import Space
from parley.store.batches import Batches
from tests.functions.api.world import World, refused
from tests.waiting import HANG_SECONDS

URL = "/api/v1/batches"


def test_a_batch_opens_a_door_for_its_manifest(world: World, space: Space, key: str) -> None:
    answer = world.call("POST", URL, key)
    assert answer.status_code == 201
    batch, door = answer.json()["batch"], answer.json()["upload"]
    assert (batch["status"], batch["lines"], batch["resultsUrl"], batch["error"]) == ("pending_upload", 0, None, None)
    assert door["expiresAt"] == "2026-06-10T13:00:00.000Z"
    assert requests.put(door["url"], data=b"{}\n", headers=door["headers"], timeout=HANG_SECONDS).status_code == 200
    assert world.stores.uploads.get(f"batches/{space.path}/{batch['id']}.jsonl") == b"{}\n"
    assert world.call("GET", f"{URL}/{batch['id']}", key).json() == batch


def test_a_finished_batch_links_its_results(world: World, space: Space, key: str) -> None:
    batch = world.call("POST", URL, key).json()["batch"]
    batches = Batches(world.stores.table)
    batches.begin(space, batch["id"], "etag", [], world.clock.at)
    batches.complete(space, batch["id"], world.clock.at)
    world.stores.uploads.put(f"batches/{space.path}/{batch['id']}.results.jsonl", b"", "application/jsonl")
    seen = world.call("GET", f"{URL}/{batch['id']}", key).json()
    assert seen["status"] == "completed"
    assert requests.get(seen["resultsUrl"], timeout=HANG_SECONDS).status_code == 200


def test_another_tenants_batch_reads_as_absent(world: World, key: str) -> None:
    batch = world.call("POST", URL, key).json()["batch"]
    refused(world.call("GET", f"{URL}/{batch['id']}", world.key(world.tenant())), 404, "not_found")
