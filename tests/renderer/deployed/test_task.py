"""The renderer's task as ECS runs it, in real processes: protected at work, and handing its work back when told."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parley.store.schema import create_table
from parley.wire.turn_token import sign
from renderer.media.wav import write_wav
from renderer.rig import Rig, save_rig
from renderer.types import RATE
from tests.lipsync_machine import Machine
from tests.moto_cloud import MotoCloud, moto_cloud
from tests.renderer.deployed.platform_server import PlatformServer, platform_server
from tests.renderer.deployed.test_task_protection import STATE, states, taken
from tests.renderer.turns.turn_server import job, records_of
from tests.renderer.worker_stage import JOB, KEY
from tests.waiting import HANG_SECONDS, wait_for

ROOT = Path(__file__).resolve().parents[3]
TOKEN_KEY = "a key shared by relays and workers"
PATIENCE = 90.0


@pytest.fixture
def cloud(presenter_rig: Rig, tmp_path: Path) -> Iterator[MotoCloud]:
    with moto_cloud() as cloud:
        create_table(cloud.client("dynamodb"), "parley")
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="parley-media")
        s3.put_object(Bucket="parley-media", Key="rigs/a", Body=save_rig(presenter_rig))
        s3.put_object(Bucket="parley-media", Key=JOB["rigKey"], Body=save_rig(presenter_rig))
        # Far longer than anyone waits: the render is under way whenever it is looked at.
        write_wav(tmp_path / "long.wav", np.zeros(RATE * 600, np.int16))
        s3.put_object(Bucket="parley-media", Key=JOB["speechKey"], Body=(tmp_path / "long.wav").read_bytes())
        yield cloud


@pytest.fixture
def agent() -> Iterator[PlatformServer]:
    with platform_server() as running:
        running.answers[STATE] = taken
        yield running


@contextmanager
def running_task(agent: PlatformServer, folder: Path, queue: str, **more: str) -> Generator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "TURN_TOKEN_KEY": TOKEN_KEY,
        "TURN_SLOTS": "2",
        "TURN_GRACE_SECONDS": "0.2",
        "WORKER_GRACE_SECONDS": "0.2",
        "WORKER_POLL_SECONDS": "1",
        "RENDER_QUEUE_URL": queue,
        "ECS_AGENT_URI": agent.url,
        "TASK_PROTECTION_LOCK": str(folder / "lock"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("gpu_container", "layers/core/python")),
        **more,
    }
    process = subprocess.Popen([sys.executable, "-m", "renderer.task"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        # Its children end with it when it is told so, and only then.
        process.terminate()
        try:
            process.wait(HANG_SECONDS)
        finally:
            process.kill()


def workers(cloud: MotoCloud) -> list[dict[str, Any]]:
    items = cloud.client("dynamodb").scan(TableName="parley")["Items"]
    return [item for item in items if item["pk"]["S"] == "WORKERS"]


def render(cloud: MotoCloud) -> dict[str, Any]:
    return cloud.client("dynamodb").get_item(TableName="parley", Key=KEY)["Item"]


def begin_turn(worker: dict[str, Any]) -> Any:
    connection = http.client.HTTPConnection(worker["address"]["S"].removeprefix("http://"), timeout=PATIENCE)
    token = sign("trn_1", worker["id"]["S"], TOKEN_KEY.encode(), int(time.time()))
    body = json.dumps(job("trn_1", workerId=worker["id"]["S"], text="One, two, three, four, five, six. " * 50))
    connection.request("POST", "/turn", body, {"Authorization": f"Turn {token}"})
    return records_of(connection.getresponse())


def test_a_task_that_is_told_to_end_hands_back_its_render_and_ends_its_turn(
    cloud: MotoCloud, agent: PlatformServer, tmp_path: Path
) -> None:
    machine = Machine(cloud)
    try:
        cloud.client("dynamodb").put_item(TableName="parley", Item={**KEY, "status": {"S": "processing"}})
        machine.fetch_answers(**JOB)
        machine.start()
        with running_task(agent, tmp_path, machine.queue) as process:
            wait_for(lambda: "leaseOwner" in render(cloud), PATIENCE)
            wait_for(lambda: workers(cloud), PATIENCE)
            assert not machine.sqs.receive_message(QueueUrl=machine.queue).get("Messages")
            records = begin_turn(workers(cloud)[0])
            while next(records).type != "audio":
                continue
            agent.wait_for(lambda: len(states(agent)) >= 2)
            assert all(states(agent))
            process.send_signal(signal.SIGTERM)
            last = list(records)[-1]
            assert (last.type, last.header["code"], last.header["retryable"]) == ("error", "worker_stopping", True)
            assert process.wait(PATIENCE) == 0
        assert workers(cloud) == []
        # At once, without the wait for a lease or a message that is hidden.
        (message,) = machine.sqs.receive_message(QueueUrl=machine.queue)["Messages"]
        assert json.loads(message["Body"])["job"]["renderId"] == "rnd_1"
        assert "leaseOwner" not in render(cloud) and render(cloud)["starts"] == {"N": "0"}
    finally:
        machine.close()


def test_a_process_that_ends_by_itself_takes_the_task_with_it(
    cloud: MotoCloud, agent: PlatformServer, tmp_path: Path
) -> None:
    """Here the worker for renders, which is told of no queue."""
    with running_task(agent, tmp_path, "") as process:
        assert process.wait(PATIENCE) == 1
    wait_for(lambda: workers(cloud) == [], PATIENCE)


def test_an_idle_task_is_not_protected_and_ends_at_once(
    cloud: MotoCloud, agent: PlatformServer, tmp_path: Path
) -> None:
    machine = Machine(cloud)
    try:
        with running_task(agent, tmp_path, machine.queue) as process:
            wait_for(lambda: workers(cloud), PATIENCE)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        assert workers(cloud) == [] and agent.asked == []
    finally:
        machine.close()
