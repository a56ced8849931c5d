"""Every way a render can fail, through the real state machine and the real steps: all returns, and the render says why.

The worker is played by hand; fetch, settle and refund are the functions that are deployed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.lipsync import fetch
from local.cloud import names
from parley.domain.errors import Unavailable
from parley.domain.renders import Render
from parley.operations.caller import Caller
from parley.operations.cancel_render import cancel_render
from tests.functions.events_world import World, events_world
from tests.functions.lipsync.steps_stage import (
    drawn,
    holds_open,
    ledger_is_sound,
    left_behind,
    slots_taken,
    sound_asset,
    submitted,
)
from tests.waiting import wait_for

FETCH, SETTLE, REFUND = (f"parley-lipsync-{step}" for step in ("fetch", "settle", "refund"))
# A port that nothing listens on.
NOBODY = "127.0.0.1:1"


@dataclass
class Way:
    """One render on its way through the state machine."""

    world: World
    caller: Caller
    render: Render
    sends: int = field(default=0)

    @property
    def now(self) -> Render:
        return self.world.stores.renders.get(self.caller.space, self.render.id)

    @property
    def name(self) -> str:
        return self.render.id

    @property
    def machines(self) -> Any:
        return self.world.cloud.client("stepfunctions")

    def message(self) -> dict[str, Any]:
        """The next that a worker gets."""
        url, sqs = self.world.url(names.RENDER_QUEUE), self.world.cloud.client("sqs")

        def receive() -> Any:
            return sqs.receive_message(QueueUrl=url).get("Messages")

        (message,) = wait_for(receive)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.sends += 1
        return json.loads(message["Body"])

    def worker_fails(self, code: str, cause: str = "") -> None:
        token = self.message()["taskToken"]
        self.machines.send_task_failure(taskToken=token, error=code, cause=cause)

    def worker_is_done(self, **wrong: Any) -> None:
        token = self.message()["taskToken"]
        result = {**drawn(self.world.stores, self.render), **wrong}
        self.machines.send_task_success(taskToken=token, output=json.dumps(result))

    def invoked(self, function: str) -> int:
        return sum(name == function and event["renderId"] == self.name for name, event in self.world.cloud.invoked)

    def over(self) -> Render:
        """Once its execution has ended."""
        wait_for(lambda: not self.world.stores.workflow.is_running(self.name))
        return self.now

    def assert_refunded(self, code: str, status: int) -> Render:
        """Nothing is charged, held or left behind, and people are told what to do about it."""
        ended = self.over()
        assert ended.error is not None
        assert (ended.status, ended.error.code, ended.error.status) == ("failed", code, status)
        assert ended.error.message.endswith(".") and "Error" not in ended.error.message
        assert ended.billed_credit_micros == 0
        assert self.invoked(REFUND) >= 1
        self.assert_clean()
        return ended

    def assert_clean(self) -> None:
        world, caller = self.world, self.caller
        assert world.untouched(caller)
        assert left_behind(world, caller) == []
        assert (slots_taken(world, caller), holds_open(world, caller)) == (0, 0)
        assert ledger_is_sound(world, caller)


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    with events_world(allow_fetch=(NOBODY,)) as world:
        yield world
        machine = world.stores.settings.state_machine_arn
        for execution in world.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]:
            world.stores.workflow.stop(execution["name"], error="over", cause="")


@pytest.fixture
def begin(world: World) -> Callable[..., Way]:
    """Submits a render of its own tenant's and starts its workflow, as the queue does."""

    return lambda **body: begin_for(world, world.tenant(), **body)


def begin_for(world: World, caller: Caller, **body: Any) -> Way:
    world.forget_messages()
    way = Way(world, caller, submitted(world, caller, **body))
    world.poll(names.SUBMITTED_QUEUE)
    return way


@pytest.fixture
def quick(world: World) -> Iterator[Callable[[str, str], None]]:
    """Gives one rule of a state's Retry a single further attempt after a second: the real one takes half a minute."""
    machines, arn = world.cloud.client("stepfunctions"), world.stores.settings.state_machine_arn
    whole = machines.describe_state_machine(stateMachineArn=arn)["definition"]

    def shorten(state: str, error: str) -> None:
        definition = json.loads(whole)
        (rule,) = (rule for rule in definition["States"][state]["Retry"] if error in rule["ErrorEquals"])
        assert rule["MaxAttempts"] > 1
        rule |= {"MaxAttempts": 1, "IntervalSeconds": 1}
        machines.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))

    yield shorten
    machines.update_state_machine(stateMachineArn=arn, definition=whole)


class Down:
    """A store that is unavailable so many times."""

    def __init__(self, patch: pytest.MonkeyPatch, times: float) -> None:
        self.left, self._real = times, fetch.fetch_speech
        patch.setattr(fetch, "fetch_speech", self._fetch)

    def _fetch(self, *given: Any) -> Any:
        if self.left > 0:
            self.left -= 1
            raise Unavailable("A store is not reachable.")
        return self._real(*given)


def test_speech_that_cannot_be_decoded_is_refunded_at_once(world: World) -> None:
    caller = world.tenant()
    asset = sound_asset(world, caller, b"RIFF no sound at all")
    way = begin_for(world, caller, audioAssetId=asset.id)
    way.assert_refunded("audio_unreadable", 422)
    assert way.invoked(FETCH) == 1


def test_speech_that_cannot_be_fetched_is_refunded_at_once(begin: Callable[..., Way]) -> None:
    way = begin(audioUrl=f"http://{NOBODY}/speech.wav")
    way.assert_refunded("url_failed", 422)
    assert way.invoked(FETCH) == 1


def test_a_store_that_is_down_for_a_moment_holds_nothing_up(
    begin: Callable[..., Way], monkeypatch: pytest.MonkeyPatch
) -> None:
    Down(monkeypatch, times=1)
    way = begin()
    way.worker_is_done()
    assert way.over().status == "completed"
    assert (way.invoked(FETCH), way.invoked(REFUND)) == (2, 0)


def test_a_store_that_stays_down_ends_in_a_refund(
    begin: Callable[..., Way], quick: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick("Fetch", "StepUnavailable")
    Down(monkeypatch, times=float("inf"))
    way = begin()
    way.assert_refunded("service_unavailable", 503)
    assert way.invoked(FETCH) == 2


def test_a_worker_that_stays_silent_is_replaced_once_and_then_given_up(begin: Callable[..., Way], world: World) -> None:
    real = world.cloud.functions[FETCH]

    def impatient(event: Any, context: object) -> Any:
        return {**real(event, context), "heartbeatSeconds": 1}

    world.cloud.functions[FETCH] = impatient
    try:
        way = begin()
        first, second = way.message(), way.message()
        way.assert_refunded("render_timeout", 503)
    finally:
        world.cloud.functions[FETCH] = real
    assert (first["attempt"], second["attempt"]) == (0, 1)
    assert first["job"] == second["job"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("avatar_gone", 404), ("avatar_outdated", 409), ("render_crashed", 502), ("audio_unreadable", 422), ("??", 502)],
)
def test_what_a_worker_refuses_is_refunded_in_words_of_use(begin: Callable[..., Way], code: str, status: int) -> None:
    way = begin()
    way.worker_fails(code)
    way.assert_refunded(code if code != "??" else "render_failed", status)
    assert (way.sends, way.invoked(SETTLE)) == (1, 0)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"fence": 7}, "lease_lost"), ({"outputKey": "renders/ten_0/test/rnd_0/1.mp4"}, "output_missing")],
    ids=["an old worker's", "another's file"],
)
def test_a_result_that_may_not_be_paid_is_refunded(begin: Callable[..., Way], wrong: dict[str, Any], code: str) -> None:
    way = begin()
    way.worker_is_done(**wrong)
    way.assert_refunded(code, 409)
    assert way.invoked(SETTLE) == 1


def test_a_canceled_render_stays_canceled_whatever_its_worker_says_then(begin: Callable[..., Way]) -> None:
    way = begin()
    message = way.message()
    assert cancel_render(way.world.stores, way.caller, way.name).status == "canceled"
    # AWS refuses the token of an execution that was stopped, moto takes it: neither changes anything.
    with suppress(ClientError):
        way.machines.send_task_failure(taskToken=message["taskToken"], error="render_over", cause="")
    ended = way.over()
    assert (ended.status, ended.error) == ("canceled", None)
    assert (way.invoked(SETTLE), way.invoked(REFUND)) == (0, 0)
    way.assert_clean()


def test_a_render_canceled_while_its_result_is_on_the_way_is_not_charged(begin: Callable[..., Way]) -> None:
    """Its execution outlived the cancel, as when stopping it failed: settle is refused and refund changes nothing."""
    way = begin()
    token, result = way.message()["taskToken"], drawn(way.world.stores, way.render)
    way.world.stores.renders.refund(way.caller.space, way.name, "canceled", way.world.clock.at)
    way.machines.send_task_success(taskToken=token, output=json.dumps(result))
    ended = way.over()
    assert (ended.status, ended.error) == ("canceled", None)
    assert (way.invoked(SETTLE), way.invoked(REFUND)) == (1, 1)
    way.assert_clean()


def test_a_queue_that_cannot_be_reached_ends_in_a_refund(
    begin: Callable[..., Way], quick: Callable[[str, str], None], world: World
) -> None:
    quick("Render", "SQS.AmazonSQSException")
    sqs, url = world.cloud.client("sqs"), world.url(names.RENDER_QUEUE)
    sqs.delete_queue(QueueUrl=url)
    try:
        way = begin()
        way.assert_refunded("render_failed", 502)
    finally:
        sqs.create_queue(QueueName=names.RENDER_QUEUE)
    assert (way.sends, way.invoked(SETTLE)) == (0, 0)


def test_a_refund_that_breaks_off_is_made_good(begin: Callable[..., Way], world: World) -> None:
    real = world.cloud.functions[REFUND]
    broken = iter([True])

    def breaks_once(event: Any, context: object) -> Any:
        if next(broken, False):
            raise ConnectionError("lost")
        return real(event, context)

    world.cloud.functions[REFUND] = breaks_once
    try:
        way = begin()
        way.worker_fails("avatar_gone")
        way.assert_refunded("avatar_gone", 404)
    finally:
        world.cloud.functions[REFUND] = real
    assert way.invoked(REFUND) == 2
