"""The ends of a render: paid exactly once for what was drawn, or given back whole; whichever came first stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.lipsync.failure import Failure, StepRejected, render_error_of
from parley.operations.cancel_render import cancel_render
from tests.functions.events_world import World
from tests.functions.lipsync.steps_stage import (
    drawn,
    holds_open,
    ledger_is_sound,
    left_behind,
    place,
    slots_taken,
    submitted,
)

FETCH, SETTLE, REFUND = (f"parley-lipsync-{step}" for step in ("fetch", "settle", "refund"))
CRASHED = {"Error": "render_crashed", "Cause": None}


def test_what_was_drawn_is_paid_exactly_and_the_rest_of_the_hold_returns(world: World) -> None:
    caller = world.tenant()
    before = world.wallet(caller).balance
    render = submitted(world, caller, text="Eleven characters reserve far more than this takes.")
    world.invoke(FETCH, place(render))
    world.invoke(SETTLE, place(render, result=drawn(world.stores, render, frames=63)))
    kept = world.stores.renders.get(caller.space, render.id)
    assert (kept.status, kept.progress, kept.billed_credit_micros) == ("completed", 1.0, 2_520_000)
    assert (kept.frames, kept.duration_seconds, kept.width, kept.height) == (63, 2.52, 512, 512)
    assert world.wallet(caller).balance == before - 2_520_000
    assert left_behind(world, caller) == [kept.output_key]
    assert_over(world, caller)


def test_settling_again_charges_nothing_more(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    result = drawn(world.stores, render)
    first = world.invoke(SETTLE, place(render, result=result))
    wallet = world.wallet(caller)
    assert world.invoke(SETTLE, place(render, result=result)) == first
    assert world.wallet(caller) == wallet


def test_never_more_is_charged_than_was_held(world: World) -> None:
    caller = world.tenant()
    before = world.wallet(caller).balance
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    world.invoke(SETTLE, place(render, result=drawn(world.stores, render, frames=5000)))
    assert world.wallet(caller).balance == before - 2_000_000


def test_an_old_workers_result_is_refused_and_the_new_one_is_paid(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    old = drawn(world.stores, render, frames=40, owner="old")
    world.clock.forward(61)
    new = drawn(world.stores, render, frames=50, owner="new")
    with pytest.raises(StepRejected, match="lease_lost"):
        world.invoke(SETTLE, place(render, result=old))
    assert world.wallet(caller).lifetime_used == 0
    world.invoke(SETTLE, place(render, result=new))
    assert world.stores.renders.get(caller.space, render.id).output_key == new["outputKey"]
    assert left_behind(world, caller) == [new["outputKey"]]
    assert world.wallet(caller).lifetime_used == 2_000_000


def test_a_late_success_after_the_refund_is_refused_and_never_charged(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    result = drawn(world.stores, render)
    world.invoke(REFUND, place(render, failure=CRASHED))
    world.stores.media.put(result["outputKey"], b"mp4, late", "video/mp4")
    with pytest.raises(StepRejected, match="render_ended"):
        world.invoke(SETTLE, place(render, result=result))
    assert world.stores.renders.get(caller.space, render.id).status == "failed"
    assert world.untouched(caller)


def test_a_result_whose_file_is_not_there_is_not_paid(world: World) -> None:
    caller = world.tenant()
    render, other = submitted(world, caller), submitted(world, caller)
    for one in (render, other):
        world.invoke(FETCH, place(one))
    result, foreign = drawn(world.stores, render), drawn(world.stores, other)
    for key in (f"{result['outputKey']}.gone", foreign["outputKey"]):
        with pytest.raises(StepRejected, match="output_missing"):
            world.invoke(SETTLE, place(render, result={**result, "outputKey": key}))
    assert world.wallet(caller).lifetime_used == 0


def test_a_refund_gives_everything_back_and_clears_every_file(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller, text="Hello there.")
    world.invoke(FETCH, place(render))
    drawn(world.stores, render)
    world.invoke(REFUND, place(render, failure=CRASHED))
    kept = world.stores.renders.get(caller.space, render.id)
    assert kept.error is not None
    assert (kept.status, kept.billed_credit_micros, kept.error.code) == ("failed", 0, "render_crashed")
    assert "Nothing was charged" in kept.error.message
    assert left_behind(world, caller) == []
    assert world.untouched(caller)
    assert_over(world, caller)


def test_a_refund_of_a_render_that_was_paid_changes_nothing(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    world.invoke(SETTLE, place(render, result=drawn(world.stores, render)))
    wallet, kept = world.wallet(caller), world.stores.renders.get(caller.space, render.id)
    answer = world.invoke(REFUND, place(render, failure={"Error": "States.Timeout"}))
    assert answer["status"] == "completed"
    assert (world.wallet(caller), world.stores.renders.get(caller.space, render.id)) == (wallet, kept)
    assert left_behind(world, caller) == [kept.output_key]


def test_a_canceled_render_is_neither_settled_nor_refunded_again(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller, text="Hello there.")
    world.invoke(FETCH, place(render))
    result = drawn(world.stores, render)
    cancel_render(world.stores, caller, render.id)
    with pytest.raises(StepRejected, match="render_ended"):
        world.invoke(SETTLE, place(render, result=result))
    world.invoke(REFUND, place(render, failure={"Error": "render_over"}))
    kept = world.stores.renders.get(caller.space, render.id)
    assert (kept.status, kept.error) == ("canceled", None)
    assert left_behind(world, caller) == []
    assert world.untouched(caller)
    assert_over(world, caller)


def test_the_refund_of_a_render_that_is_gone_is_no_error(world: World) -> None:
    event = {"renderId": "rnd_gone", "tenant": "ten_gone", "environment": "test", "failure": CRASHED}
    assert world.invoke(REFUND, event) == {"renderId": "rnd_gone", "status": "gone"}


@pytest.mark.parametrize(
    ("caught", "code", "status"),
    [
        ({"Error": "States.Timeout", "Cause": ""}, "render_timeout", 503),
        ({"Error": "States.HeartbeatTimeout"}, "render_timeout", 503),
        ({"Error": "avatar_gone", "Cause": None}, "avatar_gone", 404),
        ({"Error": "audio_unreadable", "Cause": "Send a WAV file."}, "audio_unreadable", 422),
        ({"Error": "MemoryError", "Cause": '{"errorType": "MemoryError", "errorMessage": ""}'}, "render_failed", 502),
        ({"Error": "StepRejected", "Cause": "not what we wrote"}, "render_failed", 502),
        ({"Error": "StepRejected", "Cause": '{"errorMessage": "[1]"}'}, "render_failed", 502),
        ({}, "render_failed", 502),
    ],
)
def test_whatever_was_caught_becomes_an_error_that_people_can_use(
    caught: dict[str, Any], code: str, status: int
) -> None:
    error = render_error_of(Failure.model_validate(caught))
    assert (error.code, error.status) == (code, status)
    assert error.message.endswith(".")
    assert "Error" not in error.message


def test_our_own_errors_cross_the_machine_word_for_word() -> None:
    said = {"code": "url_not_found", "message": "The URL answers 404; correct it.", "status": 422}
    cause = json.dumps({"errorMessage": json.dumps(said), "errorType": "StepRejected", "requestId": "1"})
    error = render_error_of(Failure(Error="StepRejected", Cause=cause))
    assert (error.code, error.message, error.status) == (said["code"], said["message"], said["status"])


def assert_over(world: World, caller: Any) -> None:
    assert slots_taken(world, caller) == 0
    assert holds_open(world, caller) == 0
    assert ledger_is_sound(world, caller)
