"""The turn app behind the Lambda Web Adapter: started by its script, streamed, cut, over time, always settled."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from parley.wire import mux
from parley.wire.turn_job import TurnJob
from tests.functions.events_world import World, events_world
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.adapter_stage import TOKEN_KEY, Adapter, adapter_for, started
from tests.functions.turn.turn_stage import SECOND
from tests.functions.turn.turn_worker import FRAME, RATE, TurnWorker, working
from tests.waiting import HANG_SECONDS, wait_for

REQUEST = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with events_world() as opened:
        # The app has a clock of its own.
        opened.clock.at = datetime.now(UTC)
        yield opened


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Any]:
    with started(world) as app:
        yield app


@pytest.fixture
def adapter(world: World, running: Any) -> Adapter:
    for item in list(world.stores.table.query_all("WORKERS", "WORKER#")):
        world.stores.workers.forget(item["sk"].removeprefix("WORKER#"))
    return adapter_for(world, *running)


@pytest.fixture
def worker(adapter: Adapter) -> Iterator[TurnWorker]:
    with working(TurnWorker("wrk_1", TOKEN_KEY.encode(), lambda: int(time.time()))) as found:
        adapter.register(found)
        yield found


async def waits_for_the_listener(worker: TurnWorker, job: TurnJob) -> AsyncIterator[bytes]:
    """One frame, and the next only when it is told that the first was heard."""
    yield scripts.start_of(job) + scripts.frame_of(0)
    await asyncio.wait_for(worker.stopping("heard").wait(), HANG_SECONDS)
    yield scripts.frame_of(1)
    yield scripts.end_of(2)


def test_it_answers_a_probe_by_http_too(adapter: Adapter) -> None:
    """The adapter takes every status below 500 for ready, wherever it looks."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"http://127.0.0.1:{adapter.port}/", timeout=HANG_SECONDS)
    assert answer.value.code == 404
    answer.value.close()


def test_a_turn_streams_to_its_end_under_the_requests_own_id(adapter: Adapter, worker: TurnWorker) -> None:
    answer = adapter.invoke(adapter.event("/api/v1/realtime/turn", request_id=REQUEST))
    assert (answer.status, answer.response.headers["content-type"]) == (200, mux.CONTENT_TYPE)
    assert answer.response.headers["x-request-id"] == REQUEST
    assert answer.response.headers["content-length"] is None
    records = answer.rest()
    assert dict(records[-1].header) == dict(mux.end("completed", 50 * FRAME, 50, 2 * SECOND).header)
    assert adapter.used() == 2 * SECOND
    assert worker.refused == []


def test_what_was_said_is_heard_before_more_is_made(adapter: Adapter, worker: TurnWorker) -> None:
    worker.script = waits_for_the_listener
    answer = adapter.turn()
    heard: list[str] = []
    while "video" not in heard:
        heard += [record.type for record in answer.more()]
    assert heard == ["start", "audio", "video"]
    worker.stopping("heard").set()
    assert [record.type for record in answer.rest()] == ["audio", "video", "end"]


@pytest.mark.parametrize(
    "event",
    [
        {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": json.dumps({"turnId": "trn_1"})}]},
        {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "assets/a/b/c"}}}]},
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"avatar_id": "ava_1", "mode": "speak_text", "text": "Hello."},
    ],
    ids=["queue", "bucket", "schedule", "a turn's own body"],
)
def test_an_event_that_is_no_request_is_refused(adapter: Adapter, worker: TurnWorker, event: Any) -> None:
    answer = adapter.pass_through(event)
    assert (answer.status, answer.json()["code"]) == (404, "not_found")
    assert worker.jobs == []
    assert adapter.turns() == 0


def test_without_a_worker_it_says_when_to_come_again(adapter: Adapter) -> None:
    answer = adapter.turn()
    assert (answer.status, answer.json()["retryable"]) == (503, True)
    assert int(answer.response.headers["retry-after"]) > 0
    assert adapter.used() == 0


def test_a_stream_that_is_cut_is_paid_for_as_far_as_it_came(adapter: Adapter, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    answer = adapter.turn()
    while len(answer.body) < 20_000:
        answer.more()
    turn_id = answer.turn_id
    answer.cut()
    wait_for(lambda: adapter.stored(turn_id).ended)
    turn = adapter.stored(turn_id)
    assert (turn.status, turn.error_code) == ("interrupted", "client_gone")
    assert 0 < turn.samples <= worker.frames * FRAME
    assert adapter.used() == turn.billed_credit_micros == turn.samples * SECOND // RATE
    assert adapter.slots_taken() == 0
    wait_for(lambda: worker.open_streams == 0)


def test_a_client_whom_nobody_missed_is_bounded_by_what_was_set_aside(adapter: Adapter, worker: TurnWorker) -> None:
    """Lambda does not cancel a function whose client has gone: the adapter reads on, and so the app must end it."""
    worker.script = scripts.never_stops
    adapter.leave(1_234_567)
    answer = adapter.turn()
    last = answer.rest()[-1]
    turn = adapter.stored(answer.turn_id)
    assert last.type == "error" and turn.ended
    wallet = adapter.world.wallet(adapter.caller)
    assert (wallet.balance, wallet.reserved) == (1_234_567 - turn.billed_credit_micros, 0)
    assert turn.billed_credit_micros <= 1_234_567
    assert adapter.slots_taken() == 0
    wait_for(lambda: worker.open_streams == 0)


@pytest.mark.parametrize("seconds", [10.5, 3.0, 0.0, -60.0])
def test_before_lambda_ends_it_a_turn_ends_by_itself_and_is_settled(
    adapter: Adapter, worker: TurnWorker, seconds: float
) -> None:
    """Ten seconds are kept for that; a worker that would speak for ever is cut, however little time there is."""
    worker.script = scripts.endless
    answer = adapter.turn(seconds=seconds)
    records = answer.rest()
    assert (records[-1].type, records[-1].header["code"]) == ("error", "turn_too_long")
    turn = adapter.stored(answer.turn_id)
    assert (turn.status, turn.error_code) == ("failed", "turn_too_long")
    assert turn.samples == sum(len(each.payload) // 2 for each in records if each.type == "audio")
    assert adapter.used() == turn.samples * SECOND // RATE
    assert adapter.slots_taken() == 0
    wait_for(lambda: worker.open_streams == 0)


def test_a_worker_that_falls_silent_does_not_outlast_the_function(adapter: Adapter, worker: TurnWorker) -> None:
    worker.script = scripts.falls_silent
    records = adapter.turn(seconds=10.5).rest()
    assert records[-1].header["code"] == "turn_too_long"
    # A busy machine may not have brought all ten frames by then.
    samples = sum(len(each.payload) // 2 for each in records if each.type == "audio")
    assert samples <= 10 * FRAME
    assert adapter.used() == samples * SECOND // RATE


def test_a_context_that_makes_no_sense_ends_nothing(adapter: Adapter, worker: TurnWorker) -> None:
    contexts = ["", "[]", "[" * 9000, '{"deadline": true}', '{"deadline": -1e300, "request_id": 7}']
    contexts.append(json.dumps({"deadline": 10**400}))
    contexts.append(json.dumps({"deadline": 0, "more": "x" * 20_000}))
    for context in contexts:
        assert adapter.turn(context=context).rest()[-1].type == "end", context[:24]
    assert adapter.used() == len(contexts) * 2 * SECOND
    assert worker.refused == []
