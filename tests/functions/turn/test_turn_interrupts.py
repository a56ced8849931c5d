"""A turn can be cut short by its own tenant, at once, and again without harm; an avatar can be made ready before it."""

from concurrent.futures import ThreadPoolExecutor

from parley.wire import mux
from tests.functions.api.world import refused
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import SECOND, Stage
from tests.functions.turn.turn_worker import FRAME, RATE, TurnWorker, working
from tests.waiting import wait_for

PREPARE = "/api/v1/realtime/prepare"


def path(turn_id: str) -> str:
    return f"/api/v1/realtime/turns/{turn_id}/interrupt"


def test_an_interrupt_ends_the_stream_with_the_position_spoken(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    with stage.opened() as (answer, heard):
        pieces = answer.iter_raw()
        while len(heard.body) < 20_000:
            heard.body += next(pieces)
        turn_id = heard.headers["x-turn-id"]
        said = stage.post(path(turn_id))
        assert (said.status_code, said.json()["status"]) == (202, "interrupting")
        # Whoever is told so need not wait: the worker has been told already.
        assert worker.interrupts == [turn_id]
        heard.body += b"".join(pieces)
    records = mux.Decoder().push(heard.body)
    samples = sum(len(record.payload) // 2 for record in records if record.type == "audio")
    last = records[-1].header
    assert (last["type"], last["reason"], last["samples"]) == ("end", "interrupted", samples)
    assert last["billed_credit_micros"] == samples * SECOND // RATE == stage.used()
    assert stage.stored(turn_id).status == "interrupted"
    for _ in range(2):
        again = stage.post(path(turn_id))
        assert again.status_code == 202
        assert again.json() == {
            "turn_id": turn_id,
            "status": "interrupted",
            "samples": samples,
            "billed_credit_micros": samples * SECOND // RATE,
        }


def test_ten_interrupts_at_once_are_one(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    with stage.opened() as (answer, heard):
        pieces = answer.iter_raw()
        heard.body += next(pieces)
        with ThreadPoolExecutor(10) as pool:
            said = list(pool.map(lambda _: stage.post(path(heard.headers["x-turn-id"])), range(10)))
        heard.body += b"".join(pieces)
    assert {answer.status_code for answer in said} == {202}
    assert mux.Decoder().push(heard.body)[-1].header["reason"] == "interrupted"


def test_nobody_elses_turn_can_be_cut_short(stage: Stage, worker: TurnWorker) -> None:
    worker.script = scripts.endless
    stranger = stage.world.key(stage.world.tenant())
    with stage.opened() as (_, heard):
        turn_id = heard.headers["x-turn-id"]
        refused(stage.post(path(turn_id), key=stranger), 404, "not_found")
        refused(stage.post(path("trn_01JZ8Q4M8K6T3V5X7Y9A0B2C4D")), 404, "not_found")
        refused(stage.post(path("nonsense")), 422, "invalid_request")
        assert worker.interrupts == []
    wait_for(lambda: stage.stored(turn_id).ended)


def test_interrupting_a_turn_whose_worker_is_gone_is_no_error(stage: Stage) -> None:
    with working(stage.worker()) as worker:
        stage.register(worker)
        worker.script = scripts.breaks_off
        turn_id = stage.turn().headers["x-turn-id"]
    said = stage.post(path(turn_id)).json()
    assert (said["status"], said["samples"]) == ("failed", 10 * FRAME)


def test_prepare_has_the_workers_load_the_face(stage: Stage, worker: TurnWorker) -> None:
    answer = stage.post(PREPARE, json={"avatar_id": stage.avatar_id})
    body = answer.json()
    assert answer.status_code == 200, body
    assert (body["avatar_id"], body["status"], body["registered"]) == (stage.avatar_id, "ready", True)
    assert (body["source_kind"], body["backend_id"]) == ("portrait", "mesh")
    assert body["model_id"] == "realtime-avatar-live-v1"
    assert body["timings"]["load_ms"] == 12.5
    assert body["timings"]["total_ms"] > 0
    assert worker.prepared[0].rig_key == "rigs/x.npz"
    assert worker.prepared[0].background == "#ffffff"


def test_prepare_says_what_is_not_there(stage: Stage, worker: TurnWorker) -> None:
    here = {"avatar_id": stage.avatar_id}
    refused(stage.post(PREPARE, json={"avatar_id": "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"}), 404, "not_found")
    refused(stage.post(PREPARE, json={**here, "source_kind": "source_video"}), 422, "not_a_video_avatar")
    refused(stage.post(PREPARE, json={**here, "video_cache_id": "ava_1.v1"}), 422, "invalid_request")
    refused(stage.post(PREPARE, json={**here, "video_cache": {"fps": 30}}), 422, "invalid_request")
    refused(stage.post(PREPARE, json={**here, "source_kind": "film"}), 422, "invalid_request")
    worker.key = b"another key than the relay has"
    refused(stage.post(PREPARE, json=here), 503, "worker_unavailable")
    stage.forget_workers()
    refused(stage.post(PREPARE, json=here), 503, "worker_unavailable")


def clip_avatar(stage: Stage) -> str:
    fields = {"source_kind": "video", "cache_manifest_id": None, "rig_key": "rigs/clip.npz"}
    avatar = stage.world.avatar(stage.key)
    stage.stores.avatars.update(stage.space, avatar["id"], fields, stage.world.clock.at)
    return avatar["id"]


def test_a_clip_speaks_from_its_cache(stage: Stage, worker: TurnWorker) -> None:
    avatar = clip_avatar(stage)
    manifest = {"cache_manifest_id": f"{avatar}.v3"}
    stage.stores.avatars.update(stage.space, avatar, manifest, stage.world.clock.at)
    for wish in ({}, {"source_kind": "source_video", "video_cache_id": f"{avatar}.v3"}):
        assert stage.turn(avatar_id=avatar, **wish).status == 200
        assert (worker.jobs[-1].rig_key, worker.jobs[-1].clip_key) == (None, "rigs/clip.npz")
    body = {"avatar_id": avatar, "source_kind": "source_video"}
    assert stage.post(PREPARE, json=body).json()["source_kind"] == "source_video"
    refused(stage.post(PREPARE, json={**body, "video_cache_id": f"{avatar}.v9"}), 404, "not_found")
    refused(stage.post(PREPARE, json={"avatar_id": avatar, "source_kind": "portrait"}), 422, "not_a_portrait_avatar")
