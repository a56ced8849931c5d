"""Start: each submitted render gets one workflow, whatever its queue delivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import names
from tests.functions.events_world import World, events_world
from tests.functions.lipsync.steps_stage import place, submitted


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    with events_world() as world:
        # Nothing is to be fetched here: the workflows wait at their first worker.
        world.cloud.functions["parley-lipsync-fetch"] = lambda *_: {"heartbeatSeconds": 60, "timeoutSeconds": 90}
        yield world
        for execution in executions(world):
            world.stores.workflow.stop(execution["name"], error="over", cause="")


@pytest.fixture
def world(opened: World) -> World:
    return opened


def executions(world: World) -> list[Any]:
    machine = world.stores.settings.state_machine_arn
    return world.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]


def send(world: World, body: str) -> None:
    world.cloud.client("sqs").send_message(QueueUrl=world.url(names.SUBMITTED_QUEUE), MessageBody=body)


def test_a_submitted_render_starts_one_workflow_however_often_it_is_delivered(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    for _ in range(2):
        send(world, json.dumps(place(render)))
    world.poll(names.SUBMITTED_QUEUE)
    assert [one["name"] for one in executions(world)].count(render.id) == 1
    assert world.stores.workflow.is_running(render.id)
    assert world.left(names.SUBMITTED_QUEUE) == 0


def test_a_render_that_has_ended_or_is_gone_starts_nothing(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.stores.renders.refund(caller.space, render.id, "canceled", world.clock.at)
    send(world, json.dumps({**place(render), "renderId": "rnd_gone"}))
    world.poll(names.SUBMITTED_QUEUE)
    assert not world.stores.workflow.is_running(render.id)
    assert not world.stores.workflow.is_running("rnd_gone")
    assert world.left(names.SUBMITTED_QUEUE) == 0


def test_one_message_that_cannot_be_read_fails_alone(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    send(world, '{"renderId": 1}')
    world.poll(names.SUBMITTED_QUEUE)
    assert world.stores.workflow.is_running(render.id)
    assert world.left(names.SUBMITTED_QUEUE) == 1
