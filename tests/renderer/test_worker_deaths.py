"""Workers that die, lose their lease, are told to stop or are canceled: nothing is drawn twice, taken twice or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from renderer.draw_job import JobStopped
from renderer.worker import Stopping
from tests.renderer.worker_stage import (
    FOLDER,
    KEY,
    ONE_BEAT,
    Deaf,
    Draw,
    Dying,
    Killed,
    LateBeat,
    Refusing,
    Stage,
    die,
    receive,
    send,
    worker_stage,
)
from tests.waiting import wait_for


@pytest.fixture
def stage() -> Iterator[Stage]:
    with worker_stage() as stage:
        yield stage


def test_while_a_worker_lives_a_second_delivery_is_not_drawn(stage: Stage) -> None:
    stage.machine.start()
    idle = Draw()
    second = stage.worker(idle)

    def deliver_again(_must_stop: Callable[[], bool]) -> None:
        stage.show_hidden_message()
        stage.serve(second)

    # Another beat would hide the message again, before the second worker has looked.
    stage.serve(stage.worker(Draw(deliver_again), heartbeat_seconds=ONE_BEAT))
    assert idle.calls == []
    assert stage.item()["fence"] == {"N": "1"}


def test_a_dead_workers_job_is_drawn_by_the_next_under_a_higher_fence(stage: Stage) -> None:
    execution = stage.machine.start()
    die(stage)
    stage.now += 61
    stage.serve(stage.worker())
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("settle")[0]["result"]["fence"] == 2
    assert stage.files() == [f"{FOLDER}2.mp4"]


def test_an_old_workers_result_is_not_accepted(stage: Stage) -> None:
    execution = stage.machine.start()
    second = stage.worker()

    def lose_the_lease_meanwhile(_must_stop: Callable[[], bool]) -> None:
        stage.now += 1000
        stage.show_hidden_message()
        stage.serve(second)
        stage.machine.end(execution)

    # Another beat would renew the lease, before the second worker has taken it.
    asleep = stage.worker(Draw(lose_the_lease_meanwhile), sfn=Deaf(stage.machine.sfn), heartbeat_seconds=ONE_BEAT)
    stage.serve(asleep)
    (settled,) = stage.machine.invoked("settle")
    assert settled["result"]["fence"] == 2
    assert stage.files() == [f"{FOLDER}2.mp4"]


def test_a_worker_stops_soon_after_its_lease_was_taken(stage: Stage) -> None:
    stage.machine.start()

    def be_robbed(must_stop: Callable[[], bool]) -> None:
        stage.table.update_item(
            TableName="parley",
            Key=KEY,
            UpdateExpression="SET leaseOwner = :other ADD fence :one",
            ExpressionAttributeValues={":other": {"S": "other"}, ":one": {"N": "1"}},
        )
        wait_for(must_stop)
        raise JobStopped

    stage.serve(stage.worker(Draw(be_robbed)))
    assert stage.files() == []
    assert stage.item()["leaseOwner"] == {"S": "other"}
    assert stage.messages_left() == 1


def test_a_render_canceled_while_it_is_drawn_ends_without_a_result(stage: Stage) -> None:
    execution = stage.machine.start()

    def cancel(must_stop: Callable[[], bool]) -> None:
        stage.set_status("canceled")
        wait_for(must_stop)

    worker = stage.worker(Draw(cancel))
    stage.serve(worker)
    stage.serve(worker)
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("settle") == []
    assert len(stage.machine.invoked("refund")) == 1
    assert stage.files() == []
    assert stage.messages_left() == 0


def test_a_beat_under_way_does_not_hide_the_message_that_the_worker_shows_again(stage: Stage) -> None:
    execution = stage.machine.start()

    def cancel(must_stop: Callable[[], bool]) -> None:
        stage.set_status("canceled")
        wait_for(must_stop)

    stage.serve(stage.worker(Draw(cancel), sqs=LateBeat(stage)))
    stage.serve(stage.worker())
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.messages_left() == 0


def test_a_worker_that_dies_before_its_answer_is_not_drawn_for_again(stage: Stage) -> None:
    execution = stage.machine.start()
    with pytest.raises(Killed):
        stage.serve(stage.worker(sfn=Dying(stage.machine.sfn, "send_task_success")))
    stage.show_hidden_message()
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("settle")[0]["result"]["fence"] == 1
    assert stage.messages_left() == 0


def test_a_worker_that_dies_after_its_answer_leaves_only_a_message_to_clear_away(stage: Stage) -> None:
    execution = stage.machine.start()
    worker = stage.worker()
    worker._delete = lambda _order: None  # type: ignore[method-assign]
    stage.serve(worker)
    stage.machine.end(execution)
    stage.set_status("completed")
    stage.show_hidden_message()
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert stage.messages_left() == 0
    assert len(stage.machine.invoked("settle")) == 1


def test_a_job_that_kills_its_workers_is_given_up_and_refunded(stage: Stage) -> None:
    execution = stage.machine.start()
    for _ in range(2):
        die(stage)
        stage.now += 61
    idle = Draw()
    stage.serve(stage.worker(idle, max_starts=2))
    assert idle.calls == []
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("refund")[0]["failure"]["Error"] == "render_crashed"
    assert stage.messages_left() == 0


def test_an_accident_while_drawing_is_tried_again(stage: Stage) -> None:
    execution = stage.machine.start()

    def fail(_must_stop: Callable[[], bool]) -> None:
        raise MemoryError("no room")

    stage.serve(stage.worker(Draw(fail)))
    stage.serve(stage.worker())
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("settle")[0]["result"]["fence"] == 2


def test_a_worker_told_to_stop_hands_its_job_back_uncounted(stage: Stage) -> None:
    stage.machine.start()

    def be_told_to_stop(must_stop: Callable[[], bool]) -> None:
        stage.stopping.begin()
        assert must_stop()
        raise JobStopped

    stage.serve(stage.worker(Draw(be_told_to_stop)))
    assert stage.item()["starts"] == {"N": "0"}
    assert "leaseOwner" not in stage.item()
    stage.stopping = Stopping(grace_seconds=0.0)
    stage.serve(stage.worker())
    assert stage.files() == [f"{FOLDER}2.mp4"]


def test_a_worker_told_to_stop_begins_nothing_new(stage: Stage) -> None:
    stage.machine.start()
    stage.stopping.begin()
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert stage.messages_left() == 1


def test_a_new_attempt_takes_over_at_once_and_the_old_message_is_dropped(stage: Stage) -> None:
    stage.machine.start()
    old = receive(stage)
    send(stage, {**old, "attempt": 1})
    stage.serve(stage.worker())
    assert stage.item()["leaseAttempt"] == {"N": "1"}
    stage.table.update_item(TableName="parley", Key=KEY, UpdateExpression="REMOVE workerResult")
    send(stage, old)
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert stage.messages_left() == 0


def test_clients_errors_that_are_no_answer_are_raised(stage: Stage) -> None:
    stage.machine.start()
    with pytest.raises(ClientError):
        stage.serve(stage.worker(sfn=Refusing(stage.machine.sfn)))
    assert stage.messages_left() == 1
