"""A turn's hold grows while it speaks: in steps, never twice, as far as wallet and key can pay."""

from collections.abc import AsyncIterator

import pytest

from parley.domain.errors import Conflict, InsufficientCredits, TooLarge
from parley.domain.plans import plan_named
from parley.domain.turns import Turn
from parley.operations.caller import Caller
from parley.operations.extend_turn import extend_turn, is_running_short
from parley.operations.settle_turn import settle_turn
from parley.operations.start_turn import start_turn
from parley.store.workers import Worker
from parley.wire import mux
from parley.wire.turn_job import TurnJob
from parley.wire.turns import StartTurn
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import SECOND, Heard, Stage
from tests.functions.turn.turn_worker import RATE, Script, TurnWorker


def speaks_for(seconds: int) -> Script:
    """A reply of that length, a record a second."""

    async def script(_worker: TurnWorker, job: TurnJob) -> AsyncIterator[bytes]:
        yield scripts.start_of(job)
        for second in range(seconds):
            yield mux.encode(mux.audio(bytes(2 * RATE), second * RATE))
        yield mux.encode(mux.end("completed", seconds * RATE, 0, 0))

    return script


def chat(stage: Stage, key: str | None = None) -> Heard:
    return stage.turn(mode="chat", text=None, messages=[{"role": "user", "content": "Tell me all."}], key=key)


def reserves(stage: Stage, turn_id: str) -> list[int]:
    """Its steps: what each ledger line set aside."""
    lines = stage.stores.table.query_all(stage.space.partition, "ENTRY#")
    return [-line["amount"] for line in lines if (line["operationId"], line["move"]) == (turn_id, "reserve")]


def test_a_reply_longer_than_its_first_hold_is_heard_to_its_end_and_paid(stage: Stage, worker: TurnWorker) -> None:
    worker.script = speaks_for(150)
    heard = chat(stage)
    turn = stage.stored(heard.headers["x-turn-id"])
    assert heard.last == dict(mux.end("completed", 150 * RATE, 0, 150 * SECOND).header)
    assert turn.reserved_credit_micros >= turn.billed_credit_micros == stage.used() == 150 * SECOND
    steps = reserves(stage, turn.id)
    assert (steps[0], sum(steps)) == (60 * SECOND, turn.reserved_credit_micros)
    assert 3 <= len(steps) <= 6
    assert stage.slots_taken() == 0


def test_a_reply_ends_where_the_wallet_does(stage: Stage, worker: TurnWorker) -> None:
    worker.script = speaks_for(150)
    stage.world.drain(stage.space, leaving=95 * SECOND)
    heard = chat(stage)
    turn = stage.stored(heard.headers["x-turn-id"])
    assert (heard.last["type"], heard.last["code"], heard.last["retryable"]) == ("error", "insufficient_credits", False)
    assert (heard.samples, turn.error_code) == (95 * RATE, "insufficient_credits")
    wallet = stage.stores.wallets.read(stage.space)
    assert turn.billed_credit_micros == turn.reserved_credit_micros == 95 * SECOND
    assert (wallet.balance, wallet.reserved, stage.slots_taken()) == (0, 0, 0)


def test_a_reply_ends_where_the_keys_own_limit_does(stage: Stage, worker: TurnWorker) -> None:
    worker.script = speaks_for(150)
    heard = chat(stage, key=stage.world.key(stage.space, limit=70 * SECOND))
    assert (heard.last["code"], heard.samples) == ("spend_limit_exceeded", 70 * RATE)
    assert stage.used() == 70 * SECOND


def begun(stage: Stage) -> tuple[Caller, Turn]:
    caller = Caller(space=stage.space, plan=plan_named("studio"), key_id=None)
    body = StartTurn(avatar_id=stage.avatar_id, mode="speak_text", text="Hello.")
    somewhere = Worker(id="wrk_1", address="http://127.0.0.1:1", slots=1, free=1, lease_expires=0)
    turn_id = stage.stores.ids.new("trn")
    return caller, start_turn(stage.stores, caller, body, turn_id, worker=somewhere, codec="jpeg").turn


def test_the_same_step_is_made_once(stage: Stage) -> None:
    caller, turn = begun(stage)
    assert is_running_short(turn, 0)
    longer = extend_turn(stage.stores, caller, turn, 10 * RATE)
    assert longer.reserved_credit_micros == 40 * SECOND
    assert not is_running_short(longer, 10 * RATE)
    assert is_running_short(longer, 21 * RATE)
    # By one who knows of the first step, and by one who does not.
    assert extend_turn(stage.stores, caller, longer, 10 * RATE) == longer
    assert extend_turn(stage.stores, caller, turn, 10 * RATE) == longer
    assert len(reserves(stage, turn.id)) == 2
    settle_turn(stage.stores, turn, 35 * RATE, "completed")
    assert stage.used() == 35 * SECOND


def test_a_hold_that_grew_lives_longer(stage: Stage) -> None:
    caller, turn = begun(stage)
    stage.world.clock.forward(3600)
    extend_turn(stage.stores, caller, turn, 10 * RATE)
    stage.world.clock.forward(4000)
    stage.stores.turns.keep_alive(turn, 10 * RATE, stage.world.clock.at)
    assert stage.sweep()["turns"] == 0
    assert not stage.stored(turn.id).ended


def test_a_turn_that_has_ended_or_is_at_its_longest_does_not_grow(stage: Stage) -> None:
    caller, turn = begun(stage)
    longest = extend_turn(stage.stores, caller, turn, 1800 * RATE)
    assert longest.max_samples == 1800 * RATE
    assert not is_running_short(longest, 1799 * RATE)
    for samples in (1799 * RATE, 1800 * RATE + 1):
        with pytest.raises(TooLarge) as refused:
            extend_turn(stage.stores, caller, longest, samples)
        assert refused.value.code == "turn_too_long"
    settle_turn(stage.stores, turn, 1 * RATE, "completed")
    with pytest.raises(Conflict) as over:
        extend_turn(stage.stores, caller, turn, 2 * RATE)
    assert over.value.code == "turn_ended"
    assert stage.used() == 1 * SECOND


def test_less_than_a_second_is_not_worth_a_step(stage: Stage) -> None:
    caller, turn = begun(stage)
    stage.world.drain(stage.space, leaving=999_999)
    with pytest.raises(InsufficientCredits):
        extend_turn(stage.stores, caller, turn, turn.max_samples + 1)
    assert stage.stored(turn.id) == turn
