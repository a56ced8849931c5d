"""Turns and workers that are asleep: who speaks wakes one, hears how long that takes, and keeps it warm."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from functions.turn.relay import RelayTimes
from functions.turn.worker_link import LinkTimes
from parley.store.fleet import KEY
from parley.store.ports import Write
from parley.store.stores import stores_on
from tests.functions.api.world import World
from tests.functions.turn.turn_stage import Stage, turn_app
from tests.functions.turn.turn_worker import working

FLEET = {"cluster": "parley", "service": "renderer"}
SPOKEN = {"mode": "speak_text", "text": "Hello there."}


@pytest.fixture
def stage(opened: World) -> Iterator[Stage]:
    """An app that was told of a service, which runs nothing yet."""
    opened.begin()
    opened.stores.table.write(Write(kind="delete", key=KEY))
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName=FLEET["cluster"])
    ecs.register_task_definition(
        family="renderer", containerDefinitions=[{"name": "worker", "image": "x", "memory": 9}]
    )
    ecs.create_service(
        cluster=FLEET["cluster"], serviceName=FLEET["service"], taskDefinition="renderer", desiredCount=0
    )
    named = {"fleet_cluster": FLEET["cluster"], "fleet_service": FLEET["service"], "fleet_start_seconds": 240}
    settings = opened.stores.settings.model_copy(update=named)
    world = replace(opened, stores=stores_on(opened.stores.table, settings, opened.clock))
    times = RelayTimes(sign_of_life=0.05, stalled=0.5, overtime=60, last_words=0.5)
    with turn_app(world, times, LinkTimes(connect=1, silent=0.5, interrupt=1, prepare=1)) as staging:
        yield staging()
    ecs.delete_service(**FLEET, force=True)


def wanted() -> int:
    (service,) = boto3.client("ecs").describe_services(cluster=FLEET["cluster"], services=[FLEET["service"]])[
        "services"
    ]
    return service["desiredCount"]


@pytest.mark.parametrize("path", ["turn", "prepare"])
def test_who_comes_first_hears_that_a_worker_is_starting(stage: Stage, path: str) -> None:
    body = {"avatar_id": stage.avatar_id, **(SPOKEN if path == "turn" else {})}
    for passed, wait in ((0, "240"), (100, "140")):
        stage.world.clock.forward(passed)
        answer = stage.post(f"/api/v1/realtime/{path}", json=body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, wait), answer.text
        said = answer.json()
        assert (said["code"], said["retryable"]) == ("worker_starting", True)
        assert f"again in {wait} seconds" in said["error"]
    assert wanted() == 1
    assert stage.used() == 0 and stage.turns() == [] and stage.slots_taken() == 0


def test_who_has_no_credit_wakes_nobody(stage: Stage) -> None:
    stage.world.drain(stage.space)
    answer = stage.post("/api/v1/realtime/turn", json={"avatar_id": stage.avatar_id, **SPOKEN})
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_credits")
    assert wanted() == 0


def test_what_names_no_avatar_wakes_nobody(stage: Stage) -> None:
    answer = stage.post("/api/v1/realtime/prepare", json={"avatar_id": "ava_00000000000000000000000000"})
    assert answer.status_code == 404
    assert wanted() == 0


def test_a_turn_keeps_its_worker_warm_from_its_end_on(stage: Stage) -> None:
    with working(stage.worker()) as running:
        stage.register(running)
        assert stage.turn().status == 200
    wish = stage.stores.fleet.read()
    assert wish.wanted_until >= int(stage.world.clock.at.timestamp()) + 600
