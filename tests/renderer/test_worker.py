"""The worker: takes a job, draws it, keeps and tells what it made, and says how far it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from renderer.draw_job import JobRejected
from renderer.scratch import clear_scratch_of_the_dead, scratch_folder
from tests.renderer.worker_stage import FOLDER, KEY, Draw, Stage, receive, send, worker_stage
from tests.waiting import HANG_SECONDS, wait_for


@pytest.fixture
def stage() -> Iterator[Stage]:
    with worker_stage() as stage:
        yield stage


def test_a_job_is_drawn_kept_under_its_fence_and_told_to_the_state_machine(stage: Stage) -> None:
    execution = stage.machine.start()
    stage.serve(stage.worker())
    assert stage.machine.end(execution) == "SUCCEEDED"
    (settled,) = stage.machine.invoked("settle")
    assert settled["result"] == {
        "renderId": "rnd_1",
        "fence": 1,
        "outputKey": f"{FOLDER}1.mp4",
        "captionsKey": None,
        "frames": 50,
        "fps": 25,
        "width": 512,
        "height": 512,
        "durationSeconds": 2.0,
    }
    assert stage.files() == [f"{FOLDER}1.mp4"]
    assert stage.messages_left() == 0


def test_captions_lie_beside_the_video_and_are_told_of(stage: Stage) -> None:
    execution = stage.machine.start()
    stage.serve(stage.worker(Draw(captions="WEBVTT\n")))
    assert stage.machine.end(execution) == "SUCCEEDED"
    (settled,) = stage.machine.invoked("settle")
    assert settled["result"]["captionsKey"] == f"{FOLDER}1.vtt"
    assert stage.files() == [f"{FOLDER}1.mp4", f"{FOLDER}1.vtt"]


def test_input_that_cannot_be_drawn_is_refused_once_and_for_all(stage: Stage) -> None:
    execution = stage.machine.start()

    def refuse(_must_stop: Callable[[], bool]) -> None:
        raise JobRejected("avatar_gone", "The avatar's picture was deleted.")

    stage.serve(stage.worker(Draw(refuse)))
    assert stage.machine.end(execution) == "SUCCEEDED"
    assert stage.machine.invoked("refund")[0]["failure"]["Error"] == "avatar_gone"
    assert stage.messages_left() == 0


def test_the_lease_and_the_progress_are_renewed_while_drawing(stage: Stage) -> None:
    stage.machine.start()

    def go_on(_must_stop: Callable[[], bool]) -> None:
        stage.now += 50
        expires = str(int(stage.now) + 60)
        wait_for(lambda: stage.item()["leaseExpires"] == {"N": expires})
        assert float(stage.item()["progress"]["N"]) == 0.25

    stage.serve(stage.worker(Draw(go_on)))


def test_progress_never_goes_back_when_another_worker_begins_anew(stage: Stage) -> None:
    stage.machine.start()
    stage.table.update_item(
        TableName="parley",
        Key=KEY,
        UpdateExpression="SET progress = :most",
        ExpressionAttributeValues={":most": {"N": "0.9"}},
    )
    seen: list[float] = []
    stage.serve(stage.worker(Draw(lambda _must_stop: seen.append(float(stage.item()["progress"]["N"])))))
    assert seen == [0.9]


def test_a_message_that_cannot_be_read_is_left_for_the_dead_letter_queue(stage: Stage) -> None:
    stage.machine.sqs.send_message(QueueUrl=stage.machine.queue, MessageBody='{"taskToken": 1}')
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert stage.messages_left() == 1


def test_each_render_tells_its_speed_as_an_embedded_metric(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.machine.start()
    with caplog.at_level("INFO"):
        stage.serve(stage.worker())
    (metrics,) = [record for record in caplog.records if hasattr(record, "_aws")]
    (directive,) = metrics.__dict__["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} == {"RenderSeconds", "VideoSeconds", "TimesRealTime"}
    assert metrics.__dict__["VideoSeconds"] == 2.0
    assert metrics.__dict__["service"] == "renderer"


def test_the_process_starts_by_its_environment_and_ends_on_sigterm(stage: Stage) -> None:
    environment = {**os.environ, "RENDER_QUEUE_URL": stage.machine.queue, "WORKER_POLL_SECONDS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", "renderer.worker"], env=environment, stdout=subprocess.PIPE, text=True
    )
    killer = threading.Timer(HANG_SECONDS, process.kill)
    killer.start()
    try:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read().splitlines()
        assert started["message"] == "worker started"
        assert json.loads(rest[-1])["message"] == "worker stopped"
        assert process.wait(timeout=HANG_SECONDS) == 0
    finally:
        killer.cancel()
        process.kill()
        process.stdout.close()


def test_a_message_that_nobody_waits_for_any_more_is_dropped_unleased(stage: Stage) -> None:
    execution = stage.machine.start()
    order = receive(stage)
    stage.machine.sfn.send_task_failure(taskToken=order["taskToken"], error="aborted")
    stage.machine.end(execution)
    send(stage, order)
    idle = Draw()
    stage.serve(stage.worker(idle))
    assert idle.calls == []
    assert "fence" not in stage.item()
    assert stage.messages_left() == 0


def test_what_a_killed_worker_left_on_disk_is_removed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait(timeout=HANG_SECONDS)
    (tmp_path / f"parley-render-{dead.pid}-abc").mkdir()
    (tmp_path / f"parley-render-{dead.pid}-abc" / "out.mp4").write_bytes(b"half")
    (tmp_path / "somebody-else").mkdir()
    with scratch_folder() as ours:
        clear_scratch_of_the_dead()
        assert ours.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["somebody-else"]
