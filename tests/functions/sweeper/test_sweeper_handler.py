"""The sweeper: what stands still is moved on, what moves is left alone, and doing it twice changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import names
from parley.domain.errors import Unavailable
from parley.domain.renders import Render
from parley.operations.caller import Caller
from parley.store.render_watch import WATCH_SECONDS
from parley.store.renders import Renders
from tests.functions.batches.batch_stage import LINES, said, uploaded
from tests.functions.batches.batch_stage import renders as renders_of
from tests.functions.events_world import World, events_world
from tests.functions.lipsync.steps_stage import (
    drawn,
    holds_open,
    ledger_is_sound,
    left_behind,
    place,
    slots_taken,
    submitted,
)
from tests.waiting import wait_for

NOTHING = {"released": 0, "resent": 0, "refunded": 0, "batches": 0, "turns": 0, "errors": 0}


@pytest.fixture
def world() -> Iterator[World]:
    """Each test has its own: the sweeper looks at everything there is."""
    with events_world() as opened:
        opened.forget_messages()
        yield opened


def sweep(world: World) -> dict[str, int]:
    return world.invoke("parley-sweeper", {"source": "aws.events", "detail-type": "Scheduled Event"})


def begun(world: World, caller: Caller) -> Render:
    render = submitted(world, caller)
    world.invoke("parley-lipsync-fetch", place(render))
    return render


def kept(world: World, render: Render) -> Render:
    return world.stores.renders.get(render.space, render.id)


def assert_given_back(world: World, caller: Caller) -> None:
    assert holds_open(world, caller) == 0
    assert slots_taken(world, caller) == 0
    assert left_behind(world, caller) == []
    assert world.untouched(caller)
    assert ledger_is_sound(world, caller)


def test_there_is_nothing_to_do_while_everything_moves(world: World) -> None:
    caller = world.tenant()
    submitted(world, caller)
    begun(world, caller)
    assert sweep(world) == NOTHING


def test_a_render_whose_message_was_lost_is_sent_again_until_it_is_taken_up(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.forget_messages()
    world.clock.forward(31)
    assert sweep(world) == {**NOTHING, "resent": 1}
    assert sweep(world) == NOTHING
    (message,) = world.cloud.client("sqs").receive_message(QueueUrl=world.url(names.SUBMITTED_QUEUE))["Messages"]
    assert json.loads(message["Body"]) == place(render)
    world.clock.forward(31)
    assert sweep(world) == {**NOTHING, "resent": 1}
    world.stores.renders.begin(render.space, render.id, world.clock.at)
    world.clock.forward(31)
    assert sweep(world)["resent"] == 0


def test_a_render_past_its_hold_is_refunded_as_a_whole(world: World) -> None:
    caller = world.tenant()
    render = begun(world, caller)
    drawn(world.stores, render)
    world.clock.forward(world.stores.settings.hold_seconds + 1)
    counts = sweep(world)
    assert counts["released"] + counts["refunded"] == 1
    assert kept(world, render).status == "failed"
    assert_given_back(world, caller)
    assert sweep(world) == NOTHING


def test_a_render_whose_workflow_and_worker_are_gone_is_refunded(world: World) -> None:
    caller = world.tenant()
    render = begun(world, caller)
    drawn(world.stores, render)
    world.clock.forward(WATCH_SECONDS + 1)
    assert sweep(world) == {**NOTHING, "refunded": 1}
    ended = kept(world, render)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "render_lost")
    assert_given_back(world, caller)


def test_a_render_whose_worker_lives_is_left_alone(world: World) -> None:
    caller = world.tenant()
    render = begun(world, caller)
    world.clock.forward(WATCH_SECONDS)
    drawn(world.stores, render)
    world.clock.forward(1)
    assert sweep(world) == NOTHING
    assert kept(world, render).status == "processing"


def test_a_render_whose_workflow_runs_is_left_alone_and_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = world.tenant()
    render = begun(world, caller)
    waiting = {"heartbeatSeconds": 60, "timeoutSeconds": 90}
    monkeypatch.setitem(world.cloud.functions, "parley-lipsync-fetch", lambda *_: waiting)
    monkeypatch.setitem(world.cloud.functions, "parley-lipsync-refund", lambda *_: {})
    world.stores.workflow.start(render.id, place(render))
    for _ in range(2):
        world.clock.forward(WATCH_SECONDS + 1)
        assert sweep(world) == NOTHING
        assert kept(world, render).status == "processing"
    (message,) = world.stores.render_queue.receive(wait_seconds=0)
    token = json.loads(message.body)["taskToken"]
    world.cloud.client("stepfunctions").send_task_failure(taskToken=token, error="aborted")
    wait_for(lambda: not world.stores.workflow.is_running(render.id))
    world.clock.forward(WATCH_SECONDS + 1)
    assert sweep(world) == {**NOTHING, "refunded": 1}


def test_holds_of_other_things_are_released_at_their_expiry(world: World) -> None:
    caller = world.tenant()
    now = int(world.clock.at.timestamp())
    operation = world.stores.ids.new("trn")
    world.stores.wallets.reserve(caller.space, operation, 5_000_000, expires_at=now + 60, at=world.clock.at)
    assert sweep(world) == NOTHING
    world.clock.forward(61)
    assert sweep(world) == {**NOTHING, "released": 1}
    assert world.untouched(caller)


def test_a_batch_line_whose_end_nobody_counted_is_counted(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller), said(world, caller))
    world.poll(LINES)
    for render in renders_of(world, caller):
        # As when the process was killed between the end and the count.
        world.stores.renders.refund(render.space, render.id, "canceled", world.clock.at)
    world.clock.forward(301)
    assert sweep(world) == {**NOTHING, "batches": 1}
    ended = world.batches.get(caller.space, batch.id)
    assert (ended.status, ended.canceled) == ("completed", 2)
    world.clock.forward(301)
    assert sweep(world) == NOTHING


def test_a_batch_under_way_is_looked_at_again_later(world: World) -> None:
    caller = world.tenant()
    batch = uploaded(world, caller, said(world, caller))
    world.clock.forward(301)
    assert sweep(world)["batches"] == 0
    assert world.batches.get(caller.space, batch.id).status == "processing"


def test_one_thing_that_cannot_be_swept_does_not_hold_up_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = world.tenant()
    first, second = submitted(world, caller), submitted(world, caller)
    world.clock.forward(31)
    postpone = Renders.postpone

    def fail_for_the_first(self: Renders, space: Any, render_id: str, at: Any) -> Any:
        if render_id == first.id:
            raise Unavailable("The store is busy.")
        return postpone(self, space, render_id, at)

    monkeypatch.setattr(Renders, "postpone", fail_for_the_first)
    assert sweep(world) == {**NOTHING, "resent": 1, "errors": 1}
    monkeypatch.undo()
    assert sweep(world) == {**NOTHING, "resent": 1}
    assert {kept(world, one).status for one in (first, second)} == {"queued"}
