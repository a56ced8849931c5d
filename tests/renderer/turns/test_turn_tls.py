"""A worker that is reached over a network: the relay talks to the certificate it made at its start, and to no other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from functions.turn.worker_link import LinkTimes, WorkerLink, WorkerLost
from parley.store.dynamo import DynamoTable
from parley.store.workers import Worker, Workers
from parley.wire.mux import Decoder, Record
from parley.wire.turn_job import TurnJob
from parley.wire.turn_token import sign
from renderer.rig import Rig, save_rig
from renderer.turn_certificate import made_certificate
from tests.moto_cloud import MotoCloud, moto_cloud
from tests.renderer.turns.turn_server import job
from tests.waiting import HANG_SECONDS, wait_for

KEY = "a key shared by relays and workers"
ROOT = Path(__file__).resolve().parents[3]
TIMES = LinkTimes(connect=HANG_SECONDS, silent=HANG_SECONDS, interrupt=HANG_SECONDS, prepare=HANG_SECONDS)


@pytest.fixture(scope="module")
def cloud(presenter_rig: Rig) -> Iterator[MotoCloud]:
    with moto_cloud() as cloud:
        names = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        cloud.client("dynamodb").create_table(
            TableName="parley", AttributeDefinitions=names, KeySchema=keys, BillingMode="PAY_PER_REQUEST"
        )
        cloud.client("s3").create_bucket(Bucket="parley-media")
        cloud.client("s3").put_object(Bucket="parley-media", Key="rigs/a", Body=save_rig(presenter_rig))
        yield cloud


@pytest.fixture(scope="module")
def worker(cloud: MotoCloud) -> Iterator[Worker]:
    """The real process, listening on every address, as the registry knows it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TURN_TOKEN_KEY": KEY,
        "TURN_HOST": "0.0.0.0",
        "TURN_PORT": str(port),
        "TURN_ADDRESS": f"https://127.0.0.1:{port}",
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("gpu_container", "layers/core/python")),
    }
    process = subprocess.Popen([sys.executable, "-m", "renderer.server"], env=environment, stdout=subprocess.DEVNULL)
    try:
        registry = Workers(DynamoTable(cloud.client("dynamodb"), "parley"))
        yield wait_for(lambda: registry.live(datetime.now(UTC)))[0]
    finally:
        process.kill()
        process.wait()


def spoken(worker: Worker, turn: str) -> list[Record]:
    """One turn over the relay's own link. Raises WorkerLost."""

    async def ask() -> list[Record]:
        link, decoder, records = WorkerLink(TIMES), Decoder(), list[Record]()
        told = TurnJob.model_validate(job(turn, workerId=worker.id))
        token = sign(turn, worker.id, KEY.encode(), int(datetime.now(UTC).timestamp()))
        try:
            stream = await link.open_turn(worker, token, told)
            async for piece in stream.pieces:
                records += decoder.push(piece)
            await stream.aclose()
        finally:
            await link.aclose()
        decoder.end()
        return records

    return anyio.run(ask)


def test_a_turn_comes_over_tls_from_the_certificate_that_the_worker_made_itself(worker: Worker) -> None:
    assert worker.fingerprint is not None and len(worker.fingerprint) == 64
    assert spoken(worker, "trn_1")[-1].header["reason"] == "completed"


def test_a_worker_that_shows_another_certificate_is_told_nothing(worker: Worker, tmp_path: Path) -> None:
    other = made_certificate(tmp_path, worker.id).fingerprint
    with pytest.raises(WorkerLost, match="another certificate"):
        spoken(replace(worker, fingerprint=other), "trn_2")
    # The token and the turn are unused: the one that registered may still have them.
    assert spoken(worker, "trn_2")[-1].header["reason"] == "completed"


def test_without_tls_the_worker_does_not_answer(worker: Worker) -> None:
    plain = replace(worker, address=worker.address.replace("https://", "http://"), fingerprint=None)
    with pytest.raises(WorkerLost):
        spoken(plain, "trn_3")
