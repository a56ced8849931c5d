"""Batches: a manifest fans out into renders, each line ends on its own, and the results lie beside it at the end."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.batches import handler
from parley.domain.object_keys import manifest_key
from parley.operations.cancel_render import cancel_render
from parley.operations.open_batch import open_batch
from parley.operations.submit_batch_line import NOT_READY_TRIES
from tests.functions.batches.batch_stage import (
    LINES,
    MANIFESTS,
    announce,
    complete,
    lines,
    renders,
    results,
    said,
    uploaded,
    waiting,
)
from tests.functions.events_world import World
from tests.functions.lipsync.steps_stage import place, slots_taken
from tests.waiting import HANG_SECONDS


@pytest.fixture
def world(opened: World) -> World:
    opened.forget_messages()
    return opened


def test_a_manifest_put_to_its_address_becomes_renders_and_in_the_end_results(world: World) -> None:
    caller = world.tenant()
    door = open_batch(world.stores, caller, world.stores.ids.new("bat"))
    manifest = "".join(json.dumps(said(world, caller, text)) + "\n" for text in ("One.", "Two.", "Three."))
    assert httpx.put(door.url, content=manifest.encode(), headers=door.headers, timeout=HANG_SECONDS).status_code == 200
    world.poll(MANIFESTS)
    world.poll(LINES)
    made = renders(world, caller)
    assert [(render.batch_id, render.batch_line, render.source.text) for render in made] == [
        (door.batch.id, 1, "One."),
        (door.batch.id, 2, "Two."),
        (door.batch.id, 3, "Three."),
    ]
    assert world.left(LINES) == 0
    complete(world, made[0])
    world.invoke("parley-lipsync-refund", place(made[1], failure={"Error": "render_crashed"}))
    assert world.batches.get(caller.space, door.batch.id).status == "processing"
    cancel_render(world.stores, caller, made[2].id)
    batch = world.batches.get(caller.space, door.batch.id)
    assert (batch.status, batch.lines, batch.completed, batch.failed, batch.canceled) == ("completed", 3, 1, 1, 1)
    first, second, third = results(world, caller, batch)
    assert first == {
        "line": 1,
        "status": "completed",
        "renderId": made[0].id,
        "renderUrl": f"https://parley.test/api/v1/renders/{made[0].id}",
        "frames": 10,
        "durationSeconds": 0.4,
        "billedCreditMicros": 400_000,
        "error": None,
    }
    assert (second["status"], second["error"]["code"], second["billedCreditMicros"]) == ("failed", "render_crashed", 0)
    assert (third["status"], third["error"]) == ("canceled", None)


def test_results_do_not_start_another_batch(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, {"text": "no avatar"})
    assert batch.status == "completed"
    world.poll(MANIFESTS)
    assert world.left(MANIFESTS) == 0
    assert world.batches.get(caller.space, batch.id) == batch


def test_a_line_that_says_nothing_usable_fails_alone_and_says_why(world: World) -> None:
    caller = world.tenant()
    good = said(world, caller)
    batch = uploaded(
        world, caller, "{not json", good, "", {**good, "colour": "red"}, "[1]", {**good, "fps": 7}, {"text": "x"}
    )
    assert (batch.status, batch.lines, batch.failed) == ("processing", 6, 5)
    world.poll(LINES)
    (render,) = renders(world, caller)
    complete(world, render)
    found = results(world, caller, batch)
    assert [(row["line"], row["status"]) for row in found] == [
        (1, "failed"),
        (2, "completed"),
        (4, "failed"),
        (5, "failed"),
        (6, "failed"),
        (7, "failed"),
    ]
    messages = [row["error"]["message"] for row in found if row["error"]]
    assert "not valid JSON" in messages[0]
    for message, word in zip(messages[1:], ("colour", "object", "fps", "avatarId"), strict=True):
        assert word in message
    assert all(row["error"]["status"] == 422 for row in found if row["error"])


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"", "empty"),
        (b"\n \n\n", "empty"),
        (b"\xff\xfe\x00{}", "UTF-8"),
        (b"{}\n" * 1001, "1001 lines"),
        (b'{"text": "' + b"a" * 1024 * 1024 + b'"}', "bytes"),
    ],
    ids=["empty", "blank", "not text", "too many lines", "too large"],
)
def test_a_manifest_that_cannot_be_used_as_a_whole_fails_its_batch(world: World, manifest: bytes, words: str) -> None:
    caller = world.tenant()
    batch = open_batch(world.stores, caller, world.stores.ids.new("bat")).batch
    world.stores.uploads.put(manifest_key(caller.space, batch.id), manifest, "application/jsonl")
    world.poll(MANIFESTS)
    failed = world.batches.get(caller.space, batch.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert words in failed.error.message
    assert world.left(LINES) == 0
    assert lines(world, caller, batch) == []


def test_a_manifest_delivered_twice_makes_each_render_once(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller), said(world, caller))
    announce(world, caller, batch)
    assert world.left(LINES) == 4
    world.poll(LINES)
    assert len(renders(world, caller)) == 2
    assert world.left(LINES) == 0


def test_another_manifest_under_the_same_batch_is_ignored(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller))
    other = json.dumps(said(world, caller)) + "\n"
    world.stores.uploads.put(manifest_key(caller.space, batch.id), (other * 3).encode(), "application/jsonl")
    world.poll(MANIFESTS)
    assert len(lines(world, caller, batch)) == 1
    assert world.left(LINES) == 1


def test_a_line_without_a_free_slot_stays_in_its_queue_and_fails_alone(world: World) -> None:
    caller = world.tenant("sandbox")
    avatar = world.avatar(caller).id
    uploaded(world, caller, *({"avatarId": avatar, "text": text} for text in ("One.", "Two.", "Three.")))
    world.poll(LINES)
    (first,) = renders(world, caller)
    assert world.left(LINES) == 2
    assert slots_taken(world, caller) == 1
    complete(world, first)
    world.show_hidden(LINES)
    world.poll(LINES)
    assert len(renders(world, caller)) == 2
    assert world.left(LINES) == 1


def test_a_line_that_waits_is_hidden_longer_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = world.tenant("sandbox")
    avatar = world.avatar(caller).id
    uploaded(world, caller, {"avatarId": avatar, "text": "One."}, {"avatarId": avatar, "text": "Two."})
    pauses: list[int] = []
    extend = type(world.stores.batch_lines_queue).extend

    def note(self: Any, receipt: str, seconds: int) -> None:
        pauses.append(seconds)
        extend(self, receipt, seconds)

    monkeypatch.setattr(type(world.stores.batch_lines_queue), "extend", note)
    monkeypatch.setattr(handler.random, "uniform", lambda _low, high: high)
    for _ in range(4):
        world.poll(LINES)
        world.show_hidden(LINES)
    assert pauses == [5, 10, 15, 20]


def test_a_line_that_can_never_be_paid_fails_with_402_and_the_others_go_on(world: World) -> None:
    caller = world.tenant("sandbox")
    avatar, balance = world.avatar(caller).id, world.wallet(caller).balance
    world.stores.wallets.charge(caller.space, world.stores.ids.new("chg"), balance, world.clock.at)
    batch = uploaded(world, caller, {"avatarId": avatar, "text": "One."})
    world.poll(LINES)
    (row,) = results(world, caller, batch)
    assert (row["status"], row["error"]["code"], row["error"]["status"]) == ("failed", "insufficient_credits", 402)
    assert row["renderId"] is None


def test_what_a_line_names_and_is_not_there_fails_that_line(world: World) -> None:
    caller, stranger = world.tenant(), world.tenant()
    foreign = world.avatar(stranger).id
    batch = uploaded(world, caller, {"avatarId": foreign, "text": "Hello."})
    world.poll(LINES)
    (row,) = results(world, caller, batch)
    assert (row["error"]["code"], row["error"]["status"]) == ("not_found", 404)


def test_an_avatar_that_never_becomes_ready_fails_its_line_after_a_while(world: World) -> None:
    caller = world.tenant()
    avatar = world.avatar(caller, status="preprocessing", rig_key=None)
    batch = uploaded(world, caller, {"avatarId": avatar.id, "text": "Hello."})
    for _ in range(NOT_READY_TRIES - 1):
        world.poll(LINES)
        assert world.batches.get(caller.space, batch.id).status == "processing"
        world.show_hidden(LINES)
    world.poll(LINES)
    (row,) = results(world, caller, batch)
    assert row["error"]["code"] == "avatar_not_ready"


def test_once_its_key_is_revoked_no_more_of_a_batchs_lines_begin(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller))
    assert caller.key_id is not None
    world.stores.keys.revoke(caller.space, caller.key_id, world.clock.at)
    world.poll(LINES)
    (row,) = results(world, caller, batch)
    assert (row["error"]["code"], row["error"]["status"]) == ("key_revoked", 401)
    assert world.untouched(caller)


def test_a_line_delivered_again_after_its_render_ended_is_counted_once(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller), said(world, caller))
    bodies = [row["Body"] for row in waiting(world)]
    world.show_hidden(LINES)
    world.poll(LINES)
    for render in renders(world, caller):
        complete(world, render)
    for body in bodies:
        world.cloud.client("sqs").send_message(QueueUrl=world.url(LINES), MessageBody=body)
    world.poll(LINES)
    ended = world.batches.get(caller.space, batch.id)
    assert (ended.status, ended.completed, ended.ended_lines) == ("completed", 2, 2)


def test_one_line_message_that_cannot_be_read_fails_alone(world: World) -> None:
    caller = world.tenant()
    uploaded(world, caller, said(world, caller))
    world.cloud.client("sqs").send_message(QueueUrl=world.url(LINES), MessageBody='{"line": "x"}')
    world.poll(LINES)
    assert len(renders(world, caller)) == 1
    assert world.left(LINES) == 1


def test_a_manifest_of_no_batch_is_passed_over(world: World) -> None:
    world.stores.uploads.put("batches/ten_1/test/bat_nobody.jsonl", b"{}\n", "application/jsonl")
    world.poll(MANIFESTS)
    assert world.left(MANIFESTS) == 0
    assert world.left(LINES) == 0
