"""The state machine, on moto's real interpreter: what it waits for, what it retries, and that every failure refunds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.eval.callback.callback import HeartbeatEndpoint

from tests.lipsync_machine import DEFINITION, Machine, substituted
from tests.moto_cloud import moto_cloud
from tests.waiting import wait_for


class StepRejected(Exception):
    """As functions.lipsync raises it."""


class StepUnavailable(Exception):
    """As functions.lipsync raises it."""


class HandTime:
    """The seconds that the interpreter waits for a heartbeat pass when the test says so. `waits`: how often it began
    to."""

    def __init__(self) -> None:
        self.waits = 0
        self._passed = 0.0
        self._news = threading.Condition()

    def pass_seconds(self, seconds: float) -> None:
        with self._news:
            self._passed += seconds
            self._news.notify_all()

    def beat(self, machine: Machine, token: str) -> None:
        """A heartbeat, and until the interpreter has heard it."""
        begun = self.waits
        machine.sfn.send_task_heartbeat(taskToken=token)
        wait_for(lambda: self.waits > begun)

    def clear_and_wait(self, endpoint: Any) -> bool:
        """In place of the endpoint's own: whether a heartbeat came in time."""
        heard: threading.Event = endpoint._next_heartbeat_event
        with self._news:
            self.waits += 1
            ends = self._passed + endpoint._heartbeat_seconds
            while not heard.is_set():
                if self._passed >= ends:
                    return False
                self._news.wait(0.01)
            heard.clear()
            return True


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> HandTime:
    made = HandTime()
    monkeypatch.setattr(HeartbeatEndpoint, "clear_and_wait", lambda endpoint: made.clear_and_wait(endpoint))
    return made


@pytest.fixture
def machine() -> Iterator[Machine]:
    with moto_cloud() as cloud:
        machine = Machine(cloud)
        yield machine
        machine.close()


def test_definition_is_json_before_and_after_its_placeholders_are_filled() -> None:
    raw = DEFINITION.read_text()
    names = {"FetchFunctionArn", "SettleFunctionArn", "RefundFunctionArn", "RenderQueueUrl"}
    assert json.loads(raw)["StartAt"] == "Fetch"
    filled = substituted(dict.fromkeys(names, "arn:aws:x"))
    assert "${" not in filled
    assert json.loads(filled)["States"].keys() == {"Fetch", "Render", "Settle", "Refund"}


def test_every_state_that_can_fail_ends_in_the_refund() -> None:
    states = json.loads(DEFINITION.read_text())["States"]
    for name in ("Fetch", "Render", "Settle"):
        assert [(catch["ErrorEquals"], catch["Next"]) for catch in states[name]["Catch"]] == [
            (["States.ALL"], "Refund")
        ]
    assert all("TimeoutSeconds" in state or "TimeoutSecondsPath" in state for state in states.values())


def test_a_render_that_goes_well_is_settled_with_what_the_worker_said(machine: Machine) -> None:
    execution = machine.start()
    message = machine.message()
    assert message["attempt"] == 0
    assert message["job"] == {"renderId": "rnd_1", "heartbeatSeconds": 600, "timeoutSeconds": 900}
    machine.sfn.send_task_heartbeat(taskToken=message["taskToken"])
    machine.sfn.send_task_success(taskToken=message["taskToken"], output='{"fence": 1, "frames": 50}')
    assert machine.end(execution) == "SUCCEEDED"
    place = {"renderId": "rnd_1", "tenant": "ten_1", "environment": "test"}
    assert machine.invoked("settle") == [{**place, "result": {"fence": 1, "frames": 50}}]
    assert machine.invoked("refund") == []


def test_the_same_render_is_never_started_twice(machine: Machine) -> None:
    execution = machine.start()
    machine.sfn.send_task_success(taskToken=machine.message()["taskToken"], output="{}")
    machine.end(execution)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machine.start()


def test_a_silent_worker_is_replaced_and_after_that_the_render_is_refunded(time: HandTime, machine: Machine) -> None:
    machine.fetch_answers(heartbeatSeconds=20, timeoutSeconds=900)
    execution = machine.start()
    messages = list[Any]()
    for attempt in range(2):
        messages.append(machine.message())
        wait_for(lambda attempt=attempt: time.waits == attempt + 1)
        time.pass_seconds(20)
    assert [message["attempt"] for message in messages] == [0, 1]
    # AWS gives each attempt a token of its own; moto keeps the first: so the render's fence decides, not the token.
    assert messages[0]["job"] == messages[1]["job"]
    assert machine.end(execution) == "SUCCEEDED"
    (refund,) = machine.invoked("refund")
    # moto reports every missed heartbeat as States.Timeout; AWS has a name of its own for it.
    assert refund["failure"]["Error"] in ("States.Timeout", "States.HeartbeatTimeout")
    assert machine.invoked("settle") == []


def test_heartbeats_keep_a_long_render_alive(time: HandTime, machine: Machine) -> None:
    machine.fetch_answers(heartbeatSeconds=20, timeoutSeconds=900)
    execution = machine.start()
    token = machine.message()["taskToken"]
    wait_for(lambda: time.waits)
    for _ in range(4):
        time.pass_seconds(19)
        time.beat(machine, token)
    machine.sfn.send_task_success(taskToken=token, output="{}")
    assert machine.end(execution) == "SUCCEEDED"
    assert machine.invoked("refund") == []
    assert len(machine.invoked("settle")) == 1


def test_heartbeats_do_not_stretch_the_whole_time_allowed(machine: Machine) -> None:
    # No beat is ever missed: only the whole time can be over.
    machine.fetch_answers(heartbeatSeconds=600, timeoutSeconds=1)
    execution = machine.start()
    messages = [machine.message()]

    def beat_until_ended() -> bool:
        with suppress(machine.sfn.exceptions.InvalidToken):
            machine.sfn.send_task_heartbeat(taskToken=messages[-1]["taskToken"])
        found = machine.sqs.receive_message(QueueUrl=machine.queue).get("Messages", [])
        messages.extend(json.loads(message["Body"]) for message in found)
        return machine.sfn.describe_execution(executionArn=execution)["status"] != "RUNNING"

    wait_for(beat_until_ended)
    assert [message["attempt"] for message in messages] == [0, 1]
    assert len(machine.invoked("refund")) == 1
    assert machine.invoked("settle") == []


def test_a_result_that_comes_after_the_refund_is_refused(machine: Machine) -> None:
    execution = machine.start()
    token = machine.message()["taskToken"]
    machine.sfn.send_task_failure(taskToken=token, error="no_face", cause="Use a picture with a face.")
    machine.end(execution)
    for late in (
        lambda: machine.sfn.send_task_success(taskToken=token, output="{}"),
        lambda: machine.sfn.send_task_heartbeat(taskToken=token),
    ):
        with pytest.raises(ClientError) as refused:
            late()
        assert refused.value.response["Error"]["Code"] in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
    assert machine.invoked("settle") == []


def test_what_the_worker_refuses_reaches_the_refund(machine: Machine) -> None:
    execution = machine.start()
    token = machine.message()["taskToken"]
    machine.sfn.send_task_failure(taskToken=token, error="no_face", cause="Use a picture with a face.")
    assert machine.end(execution) == "SUCCEEDED"
    (refund,) = machine.invoked("refund")
    assert refund["failure"]["Error"] == "no_face"
    # moto drops the cause: whoever reads it must be able to do without.
    assert refund["failure"]["Cause"] in (None, "Use a picture with a face.")
    assert refund["renderId"] == "rnd_1"


def test_speech_that_cannot_be_used_is_refunded_without_another_try(machine: Machine) -> None:
    def refuse(_event: Any) -> None:
        raise StepRejected(json.dumps({"code": "url_not_found"}))

    machine.on("fetch", refuse)
    assert machine.end(machine.start()) == "SUCCEEDED"
    (refund,) = machine.invoked("refund")
    assert refund["failure"]["Error"] == "StepRejected"
    assert json.loads(json.loads(refund["failure"]["Cause"])["errorMessage"]) == {"code": "url_not_found"}
    assert len(machine.invoked("fetch")) == 1


def test_a_fetch_that_is_unavailable_for_a_moment_is_tried_again(machine: Machine) -> None:
    job = {"renderId": "rnd_1", "heartbeatSeconds": 20, "timeoutSeconds": 60}

    def fail_once(_event: Any) -> Any:
        if len(machine.invoked("fetch")) == 1:
            raise StepUnavailable("{}")
        return job

    machine.on("fetch", fail_once)
    machine.start()
    assert machine.message()["job"] == job


def test_a_settlement_that_breaks_off_is_repeated_and_one_that_is_refused_is_refunded(machine: Machine) -> None:
    def settle(event: Any) -> None:
        raise ConnectionError("lost") if len(machine.invoked("settle")) == 1 else StepRejected(json.dumps(event))

    machine.on("settle", settle)
    execution = machine.start()
    machine.sfn.send_task_success(taskToken=machine.message()["taskToken"], output="{}")
    assert machine.end(execution) == "SUCCEEDED"
    assert len(machine.invoked("settle")) == 2
    assert len(machine.invoked("refund")) == 1


def test_a_refund_that_breaks_off_is_repeated(machine: Machine) -> None:
    def refund(_event: Any) -> Any:
        if len(machine.invoked("refund")) == 1:
            raise ConnectionError("lost")
        return {}

    machine.on("refund", refund)
    execution = machine.start()
    machine.sfn.send_task_failure(taskToken=machine.message()["taskToken"], error="no_face", cause="")
    assert machine.end(execution) == "SUCCEEDED"
    assert len(machine.invoked("refund")) == 2
