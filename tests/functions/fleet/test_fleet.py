"""Workers come when they are needed and go when they are not: nobody who needs one is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.cloud import names
from parley.domain.errors import InsufficientCredits, ParleyError, Unavailable
from parley.operations.tend_fleet import tend_fleet
from parley.operations.wake_fleet import no_worker, wake_fleet
from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.fleet import KEY, EcsService, Fleet
from parley.store.ports import Item, Write
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on
from parley.store.workers import Worker
from tests.functions.events_world import World, events_world
from tests.functions.lipsync.steps_stage import submitted

CLUSTER, SERVICE = "parley-renderers", "renderer"
WARM, START = 600, 90


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    with events_world(fleet_cluster=CLUSTER, fleet_service=SERVICE, fleet_maximum=3) as world:
        ecs = world.cloud.client("ecs")
        ecs.create_cluster(clusterName=CLUSTER)
        containers = [{"name": "renderer", "image": "parley/renderer", "memory": 512}]
        ecs.register_task_definition(family="renderer", containerDefinitions=containers)
        yield world


@pytest.fixture
def world(opened: World) -> Iterator[World]:
    """Nobody ever asked for a worker, and there is no work."""
    opened.clock.forward(100_000)
    opened.stores.table.write(Write(kind="delete", key=KEY))
    opened.stores.workers.forget("wrk_1")
    opened.forget_messages()
    empty(opened)
    ecs = opened.cloud.client("ecs")
    ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, taskDefinition="renderer", desiredCount=0)
    yield opened
    ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)


def empty(world: World) -> None:
    """The render queue: SQS lets nobody purge it twice in a minute."""
    world.show_hidden(names.RENDER_QUEUE)
    sqs, url = world.cloud.client("sqs"), world.stores.settings.render_queue_url
    while found := sqs.receive_message(QueueUrl=url).get("Messages"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])


def desired(world: World) -> int:
    (service,) = world.cloud.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return service["desiredCount"]


def sweep(world: World) -> dict[str, int]:
    return world.invoke("parley-sweeper", {"source": "aws.events", "detail-type": "Scheduled Event"})


class OneAtATime(DynamoTable):
    """moto's tables are plain dictionaries, changed in several steps: one request at a time."""

    lock = threading.RLock()

    def write(self, write: Write) -> Item:
        with self.lock:
            return super().write(write)


def another_process(stores: Stores) -> Stores:
    """It has not asked yet, whatever others did."""
    return stores_on(OneAtATime(aws.dynamodb(), stores.settings.table_name), stores.settings, stores.clock)


def register(world: World, *, free: int, slots: int = 4, lives: int = 100_000) -> None:
    expires = int(world.clock.at.timestamp()) + lives
    world.stores.workers.register(
        Worker(id="wrk_1", address="https://192.0.2.7:8443", fingerprint="a" * 64, slots=slots, free=free,
               lease_expires=expires)
    )  # fmt: skip


class Watched:
    """The real service; `before` is done ahead of each change, and what is asked is written down."""

    def __init__(self, inner: EcsService, before: Callable[[int], object] = lambda _: None) -> None:
        self.inner, self.before = inner, before
        self.changes: list[int] = []
        self.looks = 0

    def desired(self) -> int:
        self.looks += 1
        return self.inner.desired()

    def set_desired(self, tasks: int) -> None:
        self.changes.append(tasks)
        self.before(tasks)
        self.inner.set_desired(tasks)


def watched(stores: Stores, before: Callable[[int], object] = lambda _: None) -> tuple[Stores, Watched]:
    service = Watched(EcsService(CLUSTER, SERVICE), before)
    return replace(stores, fleet=Fleet(stores.table, service, stores.fleet.policy)), service


def test_a_render_that_is_accepted_starts_a_worker(world: World) -> None:
    submitted(world, world.tenant())
    assert desired(world) == 1
    assert world.stores.fleet.read().wanted_until == int(world.clock.at.timestamp()) + START + WARM


def test_of_many_who_ask_at_once_one_calls_ecs(world: World) -> None:
    made = [watched(another_process(world.stores)) for _ in range(8)]
    together = threading.Barrier(len(made))

    def ask(stores: Stores) -> None:
        together.wait(10)
        wake_fleet(stores)

    threads = [threading.Thread(target=ask, args=(stores,)) for stores, _ in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [change for _, service in made for change in service.changes] == [1]
    assert desired(world) == 1


def test_who_asks_again_within_twenty_seconds_calls_nobody(world: World) -> None:
    wake_fleet(world.stores)
    stores, service = watched(world.stores)
    world.clock.forward(19)
    wake_fleet(stores)
    assert (service.changes, service.looks) == ([], 0)
    world.clock.forward(1)
    wake_fleet(watched(world.stores)[0])
    assert world.stores.fleet.read().asked_at == int(world.clock.at.timestamp())


def test_waking_never_lowers_what_runs(world: World) -> None:
    wake_fleet(world.stores)
    EcsService(CLUSTER, SERVICE).set_desired(3)
    world.clock.forward(25)
    wake_fleet(world.stores)
    assert desired(world) == 3


def test_a_service_that_cannot_be_asked_costs_no_render(world: World) -> None:
    settings = Settings.model_validate({**world.stores.settings.model_dump(), "fleet_service": "gone"})
    stores = stores_on(world.stores.table, settings, world.clock)
    assert submitted(replace(world, stores=stores), world.tenant()).status == "queued"
    with pytest.raises(ParleyError, match="FLEET_SERVICE"):
        tend_fleet(stores)


def test_workers_rest_once_nobody_wanted_one_for_a_while(world: World) -> None:
    wake_fleet(world.stores)
    world.clock.forward(START + WARM - 1)
    sweep(world)
    assert desired(world) == 1
    world.clock.forward(2)
    assert sweep(world)["errors"] == 0
    assert desired(world) == 0
    wake_fleet(another_process(world.stores))
    assert desired(world) == 1


@pytest.mark.parametrize("work", ["waiting", "in flight", "a turn"])
def test_workers_stay_while_there_is_work_however_long_ago_it_was_asked_for(world: World, work: str) -> None:
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)
    sqs = world.cloud.client("sqs")
    url = world.stores.settings.render_queue_url
    if work == "a turn":
        register(world, free=3)
    else:
        sqs.send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="ten_1")
    if work == "in flight":
        assert sqs.receive_message(QueueUrl=url)["Messages"]
    sweep(world)
    assert desired(world) == 1
    register(world, free=4)
    empty(world)
    world.clock.forward(WARM - 1)
    sweep(world)
    assert desired(world) == 1
    world.clock.forward(2)
    sweep(world)
    assert desired(world) == 0


def test_a_worker_that_died_with_its_turns_keeps_nobody_warm(world: World) -> None:
    wake_fleet(world.stores)
    register(world, free=0, lives=15)
    world.clock.forward(START + WARM + 1)
    sweep(world)
    assert desired(world) == 0


def test_a_message_that_no_worker_is_there_for_starts_one(world: World) -> None:
    url = world.stores.settings.render_queue_url
    world.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="ten_1")
    sweep(world)
    assert desired(world) == 1


def test_who_asks_while_the_sweeper_decides_is_heard(world: World) -> None:
    """Between what the sweeper reads and what it writes."""
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)
    real = world.stores.render_queue

    class Rivalled:
        def depth(self) -> Any:
            found = real.depth()
            wake_fleet(another_process(world.stores))
            return found

    tended = tend_fleet(replace(world.stores, render_queue=Rivalled()))  # type: ignore[arg-type]
    assert tended is not None and tended.desired == 1
    assert desired(world) == 1


def test_who_asks_before_the_zero_arrives_is_heard(world: World) -> None:
    """Between what the sweeper writes and what it tells ECS: the rival's one is overtaken by the sweeper's zero."""
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)

    def rival(tasks: int) -> None:
        if tasks == 0:
            wake_fleet(another_process(world.stores))
            assert desired(world) == 1

    stores, service = watched(world.stores, rival)
    tended = tend_fleet(stores)
    assert tended is not None and tended.desired == 1
    assert service.changes == [0, 1]
    assert desired(world) == 1


def test_who_asks_after_the_zero_is_heard(world: World) -> None:
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)
    tend_fleet(world.stores)
    assert desired(world) == 0
    stores, service = watched(another_process(world.stores))
    wake_fleet(stores)
    assert (service.changes, service.looks) == ([1], 0)


def test_a_message_that_comes_while_the_sweeper_says_zero_is_not_left_lying(world: World) -> None:
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)
    url = world.stores.settings.render_queue_url

    def arrive(tasks: int) -> None:
        if tasks == 0:
            world.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="ten_1")

    tend_fleet(watched(world.stores, arrive)[0])
    assert desired(world) == 1


def test_a_sweeper_that_dies_after_its_zero_is_mended_by_the_next(world: World) -> None:
    wake_fleet(world.stores)
    world.clock.forward(START + WARM + 1)

    class Dies(Exception):
        pass

    class Dying(Watched):
        def set_desired(self, tasks: int) -> None:
            wake_fleet(another_process(world.stores))
            self.inner.set_desired(tasks)
            raise Dies

    service = Dying(EcsService(CLUSTER, SERVICE))
    with pytest.raises(Dies):
        tend_fleet(replace(world.stores, fleet=Fleet(world.stores.table, service, world.stores.fleet.policy)))
    assert desired(world) == 0
    sweep(world)
    assert desired(world) == 1


def test_sweepers_and_callers_at_once_never_leave_a_wish_unheard(world: World) -> None:
    """Many rounds of real threads: whoever asked last finds a worker wanted, whatever the sweepers did meanwhile."""
    for _ in range(5):
        wake_fleet(another_process(world.stores))
        world.clock.forward(START + WARM + 30)
        together = threading.Barrier(3)
        acts = (tend_fleet, wake_fleet, tend_fleet)

        def act(do: Callable[[Stores], object], together: threading.Barrier = together) -> None:
            together.wait(10)
            do(another_process(world.stores))

        threads = [threading.Thread(target=act, args=(do,)) for do in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not world.stores.fleet.read().resting
        assert desired(world) == 1


def test_who_needs_a_worker_now_hears_that_one_starts_and_how_long_that_takes(world: World) -> None:
    caller = world.tenant()
    said = no_worker(world.stores, caller)
    assert isinstance(said, Unavailable) and said.code == "worker_starting" and said.retry_after_seconds == START
    assert "about 90 seconds" in said.message and "again in 90 seconds" in said.message
    world.clock.forward(60)
    again = no_worker(world.stores, caller)
    assert isinstance(again, Unavailable) and again.retry_after_seconds == 30
    assert desired(world) == 1
    assert world.untouched(caller)


def test_nobody_without_credit_has_a_worker_started(world: World) -> None:
    caller = world.tenant()
    spent = world.stores.wallets.touch(caller.space, caller.plan, world.clock.at).balance
    world.stores.wallets.charge(caller.space, world.stores.ids.new("chg"), spent, world.clock.at)
    assert isinstance(no_worker(world.stores, caller), InsufficientCredits)
    assert desired(world) == 0


def test_when_all_slots_are_taken_one_worker_more_is_asked_for_up_to_the_most(world: World) -> None:
    caller = world.tenant()

    def refused() -> ParleyError:
        world.clock.forward(START + 1)
        register(world, free=0)
        return no_worker(another_process(world.stores), caller)

    no_worker(world.stores, caller)
    codes = [refused().code for _ in range(4)]
    assert codes == ["worker_unavailable"] * 4
    assert desired(world) == 3
    world.clock.forward(10)
    register(world, free=1)
    assert no_worker(another_process(world.stores), caller).code == "worker_unavailable"
    assert desired(world) == 3


def test_workers_more_than_the_work_needs_go_after_a_while(world: World) -> None:
    wake_fleet(world.stores)
    EcsService(CLUSTER, SERVICE).set_desired(3)
    register(world, free=4)
    for _ in range(3):
        sweep(world)
        assert desired(world) == 3
        world.clock.forward(200)
    sweep(world)
    assert desired(world) == 1


def test_without_a_service_nothing_is_called_and_nothing_written(world: World) -> None:
    settings = Settings.model_validate({**world.stores.settings.model_dump(), "fleet_service": ""})
    stores = stores_on(world.stores.table, settings, world.clock)
    wake_fleet(stores)
    assert tend_fleet(stores) is None
    assert no_worker(stores, world.tenant()).code == "worker_unavailable"
    assert world.stores.table.get(KEY) is None


def test_the_sweeper_measures_a_fleet_that_runs_and_is_silent_about_one_that_rests(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    sweep(world)
    assert "_aws" not in capsys.readouterr().out
    register(world, free=1)
    wake_fleet(world.stores)
    sweep(world)
    (line,) = [json.loads(row) for row in capsys.readouterr().out.splitlines() if '"_aws"' in row]
    assert {name: line[name] for name in ("WorkersWanted", "WorkersAlive", "SlotsBusy", "SlotsFree")} == {
        "WorkersWanted": [1.0], "WorkersAlive": [1.0], "SlotsBusy": [3.0], "SlotsFree": [1.0],
    }  # fmt: skip
