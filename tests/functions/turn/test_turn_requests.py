"""What a turn is asked for reaches the worker as it was said; what cannot be is refused before any record, unpaid."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from parley.domain.turns import wanted_for_text
from tests.functions.api.world import refused
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import SECOND, Stage
from tests.functions.turn.turn_worker import Declines, TurnWorker, working
from tests.waiting import wait_for

TURN = "/api/v1/realtime/turn"
EVERYTHING: dict[str, Any] = {
    "mode": "speak_text",
    "text": "Xin chào!",
    "voice_id": "vi-vn+f2",
    "emotion": "happy",
    "intensity": 0.8,
    "language": "vi",
    "speed": 1.25,
    "background_id": "#abc",
    "source_kind": "portrait",
    "low_latency_first_chunk": True,
    "playout_delay_ms": 2000,
    "max_buffer_delay_ms": 5000,
    "video": {"codec": "h264", "width": 720, "height": 1280, "fps": 30},
    "audio": {"sample_rate": 16000},
    "visemes": True,
    "seed": 7,
}


def test_everything_that_is_asked_for_reaches_the_worker(stage: Stage, worker: TurnWorker) -> None:
    stage.turn(**EVERYTHING)
    job = worker.jobs[0].model_dump()
    turn = stage.turns()[0]
    assert job == {
        "turn_id": turn.id,
        "worker_id": "wrk_1",
        "rig_key": "rigs/x.npz",
        "clip_key": None,
        "mode": "speak_text",
        "text": "Xin chào!",
        "messages": (),
        "persona": None,
        "audio": None,
        "input_rate": 24000,
        "voice": "espeak:vi+f2",
        "language": "vi",
        "speed": 1.25,
        "emotion": "happy",
        "intensity": 0.8,
        "width": 720,
        "height": 1280,
        "fps": 30,
        "codec": "h264",
        "sample_rate": 16000,
        "visemes": True,
        "background": "#aabbcc",
        "seed": 7,
        "low_latency_first_chunk": True,
        "playout_delay_ms": 2000,
        "max_buffer_delay_ms": 5000,
        "max_samples": 1800 * 16000,
    }


def test_what_is_not_said_takes_the_documented_default(stage: Stage, worker: TurnWorker) -> None:
    avatar = stage.world.avatar(stage.key, defaultVoiceId="en-gb+f3", settings={"persona": "You are Rin, a guide."})
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]
    stage.turn(avatar_id=avatar["id"], mode="chat", text=None, messages=said)
    job = worker.jobs[0]
    assert (job.mode, job.text, job.persona, job.voice) == ("chat", None, "You are Rin, a guide.", "espeak:en-gb+f3")
    assert [message.model_dump() for message in job.messages] == said
    assert (job.emotion, job.language, job.speed, job.background) == ("curious", "en", 1, "#ffffff")
    assert (job.codec, job.width, job.height, job.fps, job.sample_rate) == ("jpeg", 512, 512, 25, 24000)
    assert (job.playout_delay_ms, job.max_buffer_delay_ms, job.low_latency_first_chunk) == (520, 120, False)
    assert job.max_samples == 1800 * 24000
    assert job.seed > 0


@pytest.mark.parametrize(
    ("accept", "codec", "content_type"),
    [
        (None, "jpeg", "application/x-avatar-mux"),
        ("*/*", "jpeg", "application/x-avatar-mux"),
        ("application/x-avatar-mux; codec=h264", "h264", "application/x-avatar-mux"),
        ('application/x-avatar-mux;codec="i420";q=0.5, application/x-avatar-mux;codec=h264', "h264",
         "application/x-avatar-mux"),
        ("application/octet-stream", "jpeg", "application/octet-stream"),
    ],
)  # fmt: skip
def test_accept_chooses_the_codec(
    stage: Stage, worker: TurnWorker, accept: str | None, codec: str, content_type: str
) -> None:
    heard = stage.turn(headers={} if accept is None else {"Accept": accept})
    assert heard.headers["content-type"] == content_type
    assert heard.records[0].header["video"]["codec"] == worker.jobs[0].codec == codec  # type: ignore[index, call-overload]


def test_the_body_goes_before_accept_and_a_codec_that_is_not_there_is_refused(stage: Stage, worker: TurnWorker) -> None:
    h264 = {"Accept": "application/x-avatar-mux; codec=h264"}
    assert stage.turn(headers=h264, video={"codec": "i420"}).status == 200
    assert worker.jobs[0].codec == "i420"
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    answer = stage.post(TURN, json=body, headers={"Accept": "application/x-avatar-mux; codec=av1"})
    assert "jpeg, h264, i420" in refused(answer, 422, "invalid_request")["error"]


def test_the_longest_conversation_passes(stage: Stage, worker: TurnWorker) -> None:
    said = [{"role": ("assistant", "user")[n % 2], "content": "\U0001f600" * 4000} for n in range(24)]
    assert stage.turn(mode="chat", text=None, messages=said).status == 200
    assert len(worker.jobs[0].messages) == 24


def test_an_avatar_that_is_not_there_or_of_another_kind_is_refused(stage: Stage, worker: TurnWorker) -> None:
    body = {"mode": "speak_text", "text": "Hi."}
    refused(stage.post(TURN, json={**body, "avatar_id": "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"}), 404, "not_found")
    video = {**body, "avatar_id": stage.avatar_id, "source_kind": "source_video"}
    refused(stage.post(TURN, json=video), 422, "not_a_video_avatar")
    draft = stage.world.call("POST", "/api/v1/avatars", stage.key, json={"displayName": "D", "sourceKind": "image"})
    refused(stage.post(TURN, json={**body, "avatar_id": draft.json()["id"]}), 409, "avatar_not_ready")
    assert (worker.jobs, stage.used()) == ([], 0)


def test_a_key_may_turn_only_with_the_scope(stage: Stage) -> None:
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    refused(stage.post(TURN, json=body, key=stage.world.key(stage.space, "avatars:read")), 403, "insufficient_scope")
    refused(stage.post(TURN, json=body, key="tic_test_none_none"), 401, "unauthorized")


def test_the_same_key_sent_a_hundred_times_at_once_is_one_turn(stage: Stage, worker: TurnWorker) -> None:
    with ThreadPoolExecutor(100) as pool:
        heard = list(pool.map(lambda _: stage.turn(headers={"Idempotency-Key": "once"}), range(100)))
    assert sorted(one.status for one in heard) == [200] + [409] * 99
    assert len(worker.jobs) == len(stage.turns()) == 1
    assert stage.used() == 2 * SECOND
    assert stage.slots_taken() == 0


def test_a_key_is_used_for_a_day_whatever_is_sent_under_it(stage: Stage, worker: TurnWorker) -> None:
    used = {"Idempotency-Key": "k" * 180}
    assert stage.turn(headers=used).status == 200
    stage.world.clock.forward(86_399)
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Something else."}
    refused(stage.post(TURN, json=body, headers=used), 409, "idempotency_conflict")
    stage.world.clock.forward(2)
    assert stage.turn(headers=used).status == 200
    refused(stage.post(TURN, json=body, headers={"Idempotency-Key": "k" * 181}), 422, "invalid_request")
    assert len(worker.jobs) == 2


def test_a_turns_key_is_a_conflict_for_other_requests_too(stage: Stage, worker: TurnWorker) -> None:
    assert stage.turn(headers={"Idempotency-Key": "k"}).status == 200
    other = stage.world.call("POST", "/api/v1/batches", stage.key, json={}, headers={"Idempotency-Key": "turn#k"})
    refused(other, 409, "idempotency_conflict")
    assert worker.refused == []


def test_beyond_the_plans_sessions_the_answer_is_429(stage: Stage, worker: TurnWorker) -> None:
    space = stage.world.tenant(plan="developer")
    key = stage.world.key(space)
    avatar = stage.world.avatar(key)["id"]
    worker.script = scripts.endless
    body = {"avatar_id": avatar, "mode": "speak_text", "text": "Hi."}
    with stage.opened(key=key, avatar_id=avatar), stage.opened(key=key, avatar_id=avatar):
        answer = stage.post(TURN, json=body, key=key)
        refused(answer, 429, "concurrency_limit_reached")
        assert int(answer.headers["Retry-After"]) > 0
    worker.script = scripts.two_seconds
    wait_for(lambda: stage.turn(key=key, avatar_id=avatar).status == 200)


def test_an_empty_wallet_and_a_spent_key_are_refused(stage: Stage, worker: TurnWorker) -> None:
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    limited = stage.world.key(stage.space, limit=999_999)
    refused(stage.post(TURN, json=body, key=limited), 402, "spend_limit_exceeded")
    stage.world.drain(stage.space, leaving=999_999)
    refused(stage.post(TURN, json=body), 402, "insufficient_credits")
    assert (worker.jobs, stage.turns(), stage.slots_taken()) == ([], [], 0)


def test_without_a_worker_the_answer_is_503_and_the_key_stays_good(stage: Stage) -> None:
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    key = {"Idempotency-Key": "again"}
    answer = stage.post(TURN, json=body, headers=key)
    assert refused(answer, 503, "worker_unavailable")["retryable"]
    assert int(answer.headers["Retry-After"]) > 0
    dead = stage.worker("wrk_dead")
    dead.address = "http://127.0.0.1:9"
    stage.register(dead)
    refused(stage.post(TURN, json=body, headers=key), 503, "worker_unavailable")
    assert [turn.status for turn in stage.turns()] == ["failed"]
    assert (stage.used(), stage.slots_taken()) == (0, 0)
    with working(stage.worker()) as worker:
        stage.register(worker)
        assert stage.turn(headers=key).status == 200


@pytest.mark.parametrize(
    ("script", "declines"),
    [(scripts.two_seconds, Declines(503, "no_free_slot")), (scripts.dies_at_once, None)],
    ids=["full", "dying"],
)
def test_a_worker_that_cannot_is_followed_by_the_next(
    stage: Stage, worker: TurnWorker, script: scripts.Script, declines: Declines | None
) -> None:
    with working(stage.worker("wrk_2")) as second:
        stage.register(second, free=1)
        worker.script, worker.declines = script, declines
        heard = stage.turn()
    assert heard.last["type"] == "end"
    assert (len(worker.jobs), len(second.jobs)) == (1, 1)
    assert stage.stored(heard.headers["x-turn-id"]).worker_id == "wrk_2"


def test_a_worker_that_has_not_registered_for_long_is_not_asked(stage: Stage, worker: TurnWorker) -> None:
    stage.register(worker, lives=15)
    stage.world.clock.forward(16)
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    refused(stage.post(TURN, json=body), 503, "worker_unavailable")
    assert worker.jobs == []


@pytest.mark.parametrize(
    ("status", "code"), [(503, "chat_unavailable"), (422, "text_unspeakable"), (409, "avatar_not_ready")]
)
def test_what_a_worker_says_to_the_caller_is_passed_on(
    stage: Stage, worker: TurnWorker, status: int, code: str
) -> None:
    worker.declines = Declines(status, code)
    body = {"avatar_id": stage.avatar_id, "messages": [{"role": "user", "content": "Hi."}]}
    answer = stage.post(TURN, json=body)
    assert refused(answer, status, code)["error"] == f"declined: {code}"
    assert (stage.used(), stage.slots_taken()) == (0, 0)


def test_a_worker_that_is_not_let_in_by_our_token_is_no_worker(stage: Stage, worker: TurnWorker) -> None:
    worker.key = b"another key than the relay has"
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    refused(stage.post(TURN, json=body), 503, "worker_unavailable")
    assert worker.refused == ["the signature is wrong"]


def test_the_estimate_covers_long_numbers_and_ideographs() -> None:
    assert wanted_for_text("hello", 1.0) == 1_500_000
    assert wanted_for_text("hello", 2.0) == 1_500_000
    assert wanted_for_text("hello", 0.5) == 2_000_000
    assert wanted_for_text("7" * 30, 1.0) > 23_000_000
    assert wanted_for_text("你好" * 45, 1.0) > 26_000_000
