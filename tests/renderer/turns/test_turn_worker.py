"""The worker as a process: in the registry while it lives, out of it when told to end, its turns ended in due form."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.wire.turn_token import sign
from renderer.rig import Rig, save_rig
from renderer.turn_certificate import given_certificate, made_certificate
from renderer.turn_settings import TurnSettings
from tests.moto_cloud import MotoCloud, moto_cloud
from tests.renderer.turns.turn_server import job, records_of
from tests.waiting import HANG_SECONDS, wait_for

KEY = "a key shared by relays and workers"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
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


def registered(cloud: MotoCloud) -> list[dict[str, Any]]:
    return cloud.client("dynamodb").scan(TableName="parley")["Items"]


def waited(cloud: MotoCloud, free: str | None) -> dict[str, Any]:
    """The registry's entry, once it says so many free slots; None: once there is none."""

    def found() -> list[dict[str, Any]] | None:
        items = registered(cloud)
        if free is None:
            return None if items else [{}]
        return items if items and items[0]["free"]["N"] == free else None

    return wait_for(found)[0]


def test_a_worker_that_is_told_to_end_leaves_the_registry_and_ends_its_turns(cloud: MotoCloud) -> None:
    environment = {
        **os.environ,
        "TURN_TOKEN_KEY": KEY,
        "TURN_SLOTS": "2",
        "TURN_GRACE_SECONDS": "0.2",
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("gpu_container", "layers/core/python")),
    }
    begun = time.time()
    process = subprocess.Popen([sys.executable, "-m", "renderer.server"], env=environment, stdout=subprocess.DEVNULL)
    try:
        entry = waited(cloud, "2")
        worker, address = entry["id"]["S"], entry["address"]["S"]
        assert entry["pk"]["S"] == "WORKERS" and entry["sk"]["S"] == f"WORKER#{worker}"
        assert begun < int(entry["leaseExpires"]["N"]) < time.time() + 17 and "fingerprint" not in entry
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=HANG_SECONDS)
        token = sign("trn_1", worker, KEY.encode(), int(time.time()))
        body = json.dumps(job("trn_1", workerId=worker, text="One, two, three, four, five, six, seven. " * 50))
        connection.request("POST", "/turn", body, {"Authorization": f"Turn {token}"})
        records = records_of(connection.getresponse())
        while next(records).type != "audio":
            continue
        waited(cloud, "1")
        process.send_signal(signal.SIGTERM)
        last = list(records)[-1]
        assert (last.type, last.header["code"], last.header["retryable"]) == ("error", "worker_stopping", True)
        waited(cloud, None)
        assert process.wait(HANG_SECONDS) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()


def test_a_certificate_is_made_that_serves_and_whose_fingerprint_is_known(tmp_path: Path) -> None:
    made = made_certificate(tmp_path, "worker-1")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.cert, made.key)
    der = ssl.PEM_cert_to_DER_cert(made.cert.read_text())
    assert made.fingerprint == hashlib.sha256(der).hexdigest() == given_certificate(made.cert, made.key).fingerprint
    assert made.key.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="holds no certificate"):
        given_certificate(made.key, made.key)


def test_settings_that_make_no_sense_say_what_to_change() -> None:
    with pytest.raises(ValueError, match="TURN_TOKEN_KEY"):
        TurnSettings.from_env({})
    with pytest.raises(ValueError, match="TURN_LEASE_SECONDS"):
        TurnSettings.from_env({"TURN_TOKEN_KEY": KEY, "TURN_HEARTBEAT_SECONDS": "20"})
    assert KEY not in repr(TurnSettings.from_env({"TURN_TOKEN_KEY": KEY}))
