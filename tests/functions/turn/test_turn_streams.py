"""A turn reaches its caller byte for byte, and is charged for what was delivered, however it ends."""

from dataclasses import replace

import pytest

from parley.domain.plans import plan_named
from parley.operations.caller import Caller
from parley.operations.settle_turn import settle_turn
from parley.operations.start_turn import start_turn
from parley.store.workers import Worker
from parley.wire import mux
from parley.wire.turns import StartTurn
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import SECOND, SILENT_SECONDS, Stage
from tests.functions.turn.turn_worker import FRAME, RATE, TurnWorker
from tests.waiting import wait_for


def test_a_turn_streams_to_its_end_and_is_charged_for_its_length(stage: Stage, worker: TurnWorker) -> None:
    heard = stage.turn(video={"codec": "h264"})
    assert (heard.status, heard.headers["content-type"]) == (200, mux.CONTENT_TYPE)
    assert heard.records[0].header["turn_id"] == heard.headers["x-turn-id"]
    assert heard.samples == 50 * FRAME
    assert heard.last == {**dict(mux.end("completed", 50 * FRAME, 50, 2 * SECOND).header)}
    turn = stage.stored(heard.headers["x-turn-id"])
    assert (turn.status, turn.samples, turn.billed_credit_micros) == ("completed", 50 * FRAME, 2 * SECOND)
    assert stage.used() == 2 * SECOND
    assert stage.slots_taken() == 0
    assert worker.refused == []


def test_usage_counts_turns_that_were_paid_for(stage: Stage, worker: TurnWorker) -> None:
    stage.turn()
    worker.declines = scripts.Declines(503, "chat_unavailable")
    assert stage.turn().status == 503
    totals = stage.world.call("GET", "/api/v1/usage", stage.key).json()["totals"]
    assert (totals["turns"], totals["renders"], totals["billedCreditMicros"]) == (1, 0, 2 * SECOND)
    assert totals["reservedCreditMicros"] == 0


def test_every_record_but_the_end_is_passed_on_untouched(stage: Stage, worker: TurnWorker) -> None:
    heard = stage.turn()
    job = worker.jobs[0]
    sent = scripts.start_of(job) + mux.encode(mux.text_delta(job.text or "", 0))
    sent += b"".join(scripts.frame_of(k) for k in range(50))
    assert heard.body[: len(sent)] == sent


@pytest.mark.parametrize(
    "script", [scripts.breaks_off, scripts.ends_without_end, scripts.speaks_rubbish],
    ids=lambda script: script.__name__,
)  # fmt: skip
def test_a_worker_that_breaks_off_ends_in_an_error_record(
    stage: Stage, worker: TurnWorker, script: scripts.Script
) -> None:
    worker.script = script
    heard = stage.turn()
    assert (heard.last["type"], heard.last["code"], heard.last["retryable"]) == ("error", "worker_lost", True)
    turn = stage.stored(heard.headers["x-turn-id"])
    assert (turn.status, turn.samples, turn.error_code) == ("failed", heard.samples, "worker_lost")
    assert stage.used() == heard.samples * SECOND // RATE > 0
    assert stage.slots_taken() == 0


def test_a_worker_that_falls_silent_is_lost(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.falls_silent
    with stage.opened() as (answer, heard):
        decoder, pieces = mux.Decoder(), answer.iter_raw()
        while heard.samples < 10 * FRAME:
            heard.records += decoder.push(next(pieces))
        turn_id = heard.headers["x-turn-id"]
        assert not stage.stored(turn_id).ended

        def lost() -> bool:
            stage.server.pass_seconds(SILENT_SECONDS)
            return stage.stored(turn_id).ended

        wait_for(lost)
        heard.records += [record for piece in pieces for record in decoder.push(piece)]
    decoder.end()
    assert (heard.last["type"], heard.last["code"], heard.last["retryable"]) == ("error", "worker_lost", True)
    assert stage.used() == 10 * FRAME * SECOND // RATE
    assert stage.slots_taken() == 0


def test_a_count_that_is_not_true_is_not_believed(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.counts_wrongly
    heard = stage.turn()
    assert heard.last["code"] == "worker_lost"
    assert stage.used() == FRAME * SECOND // RATE


def test_twenty_workers_lost_one_after_the_other_leave_no_trace(stage: Stage, worker: TurnWorker) -> None:
    for number in range(1, 21):
        worker.script = scripts.breaks_off
        heard = stage.turn()
        assert heard.last["code"] == "worker_lost"
        assert heard.samples == 10 * FRAME
        assert stage.used() == number * 10 * FRAME * SECOND // RATE
        assert stage.slots_taken() == 0
    worker.script = scripts.two_seconds
    assert stage.turn().last["type"] == "end"


def test_the_workers_own_error_is_passed_on_and_what_came_before_is_paid(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.fails_politely
    heard = stage.turn()
    assert heard.last == dict(mux.error("speech_failed", "The voice gave out.", True).header)
    assert stage.stored(heard.headers["x-turn-id"]).error_code == "speech_failed"
    assert stage.used() == FRAME * SECOND // RATE


def test_a_wallet_that_runs_dry_ends_the_turn_with_what_was_heard_paid(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.never_stops
    stage.world.drain(stage.space, leaving=1_234_567)
    heard = stage.turn(text="x" * 400)
    turn = stage.stored(heard.headers["x-turn-id"])
    assert (heard.last["type"], heard.last["code"]) == ("error", "insufficient_credits")
    assert (turn.status, turn.error_code) == ("failed", "insufficient_credits")
    assert turn.reserved_credit_micros == 1_234_567
    assert heard.samples <= turn.max_samples < heard.samples + FRAME
    assert turn.billed_credit_micros == heard.samples * SECOND // RATE <= 1_234_567


def test_a_client_that_goes_away_pays_for_what_it_got_and_the_worker_stops(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    with stage.opened() as (answer, heard):
        pieces = answer.iter_raw()
        while len(heard.body) < 20_000:
            heard.body += next(pieces)
    turn_id = heard.headers["x-turn-id"]
    wait_for(lambda: stage.stored(turn_id).ended)
    turn = stage.stored(turn_id)
    got = sum(len(record.payload) // 2 for record in mux.Decoder().push(heard.body) if record.type == "audio")
    assert (turn.status, turn.error_code) == ("interrupted", "client_gone")
    assert got <= turn.samples <= worker.frames * FRAME
    assert stage.used() == turn.samples * SECOND // RATE
    assert stage.slots_taken() == 0
    wait_for(lambda: worker.open_streams == 0)
    wait_for(lambda: worker.interrupts == [turn_id])


def test_a_client_that_takes_nothing_for_long_is_gone(
    stage: Stage, worker: TurnWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stage.app.state._state, "times", replace(stage.app.state.times, stalled=0.2))
    worker.script = scripts.never_stops
    with stage.opened(text="x" * 3000, video={"codec": "i420"}) as (_, heard):
        turn_id = heard.headers["x-turn-id"]
        wait_for(lambda: stage.stored(turn_id).ended)
    assert stage.stored(turn_id).error_code == "client_gone"
    assert stage.slots_taken() == 0


def test_while_it_streams_it_keeps_its_slot_and_writes_down_how_far_it_is(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    with stage.opened() as (answer, heard):
        pieces = answer.iter_raw()
        next(pieces)
        turn_id = heard.headers["x-turn-id"]
        begun = stage.stored(turn_id)
        stage.world.clock.forward(10)
        wait_for(lambda: stage.stored(turn_id).lease_expires > begun.lease_expires)
        wait_for(lambda: stage.stored(turn_id).samples > 0 or next(pieces) == b"")
        slot = next(iter(stage.stores.table.query_all(stage.space.partition, "SLOT#")))
        assert slot["expiresAt"] == stage.stored(turn_id).lease_expires
        assert stage.sweep()["turns"] == 0
        assert not stage.stored(turn_id).ended


def test_a_turn_that_was_ended_elsewhere_says_so_and_stops(stage: Stage, worker: TurnWorker) -> None:
    """As when a relay was asleep for longer than its lease, and the sweeper came."""
    worker.script = scripts.endless
    with stage.opened() as (answer, heard):
        pieces = answer.iter_raw()
        heard.body += next(pieces)
        ended = settle_turn(stage.stores, stage.stored(heard.headers["x-turn-id"]), FRAME, "failed")
        heard.body += b"".join(pieces)
    last = mux.Decoder().push(heard.body)[-1]
    assert (last.header["type"], last.header["code"]) == ("error", "turn_lost")
    wait_for(lambda: worker.open_streams == 0)
    assert stage.stored(ended.id) == ended
    assert stage.used() == FRAME * SECOND // RATE


def test_a_turn_whose_relay_died_is_settled_by_the_sweeper_to_what_it_wrote_down(stage: Stage) -> None:
    caller = Caller(space=stage.space, plan=plan_named("studio"), key_id=None)
    body = StartTurn(avatar_id=stage.avatar_id, mode="speak_text", text="Hello there.")
    somewhere = Worker(id="wrk_1", address="http://127.0.0.1:1", slots=1, free=1, lease_expires=0)
    turn_id = stage.stores.ids.new("trn")
    begun = start_turn(stage.stores, caller, body, turn_id, worker=somewhere, codec="jpeg").turn
    stage.stores.turns.keep_alive(begun, 30 * FRAME, stage.world.clock.at)
    stage.world.clock.forward(14)
    assert stage.sweep()["turns"] == 0
    stage.world.clock.forward(2)
    assert stage.sweep()["turns"] == 1
    turn = stage.stored(turn_id)
    assert (turn.status, turn.samples, turn.error_code) == ("failed", 30 * FRAME, "relay_lost")
    assert stage.used() == turn.billed_credit_micros == 30 * FRAME * SECOND // RATE
    assert stage.slots_taken() == 0
    assert settle_turn(stage.stores, begun, 40 * FRAME, "completed") == turn
    assert stage.sweep()["turns"] == 0
