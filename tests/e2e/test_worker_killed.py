"""Fifty renders while their workers are killed at random moments: every one ends, and each is charged at most once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
import pytest

from local.api_client import ApiClient
from local.platform import Platform, PlatformOptions
from parley.store.attributes import decode_item
from tests.waiting import HANG_SECONDS

RENDERS = 50
KILLS = 20
WORKERS = 2
SIZE, FPS = 256, 25
SEED = 20_261_120
# From a worker's first breath to its death. A render of this size takes about half a second.
LIVES_SECONDS = (0.05, 2.0)
PATIENCE_SECONDS = 500.0
WORDS = ("Good morning.", "One moment, please.", "Yes, of course.", "See you soon.", "Thank you so much.")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_renders_survive_workers_that_are_killed_at_random(tmp_path: Path, portrait: bytes) -> None:
    with (
        running(tmp_path / "state") as (platform, environment),
        ApiClient(platform.base_url, platform.keys.test) as api,
    ):
        avatar = api.create_avatar(api.upload("presenter.png", portrait)["id"])
        before = api.ask("GET", "/api/v1/credits/balance")
        with doomed_workers(environment, random.Random(SEED)) as killed:
            ids = [submitted(api, avatar, n) for n in range(RENDERS)]
            ended = [ended_in_time(api, render_id) for render_id in ids]
            # However quick the machine is: nobody is killed but while there is something to draw.
            while len(killed) < KILLS:
                ended.append(ended_in_time(api, submitted(api, avatar, len(ended))))
        charged = sum(assert_paid_exactly_or_not_at_all(api, render) for render in ended)
        after = api.ask("GET", "/api/v1/credits/balance")
        assert before["balanceCreditMicros"] - after["balanceCreditMicros"] == charged
        assert after["reservedCreditMicros"] == 0
        assert_books_balance(environment, ended)
        assert_nothing_left_behind(environment, ended)


def submitted(api: ApiClient, avatar: Any, number: int) -> str:
    return api.submit(avatar["id"], text=WORDS[number % 5], size=SIZE, fps=FPS)["id"]


def ended_in_time(api: ApiClient, render_id: str) -> Any:
    return api.wait_for_render(render_id, PATIENCE_SECONDS)


def assert_paid_exactly_or_not_at_all(api: ApiClient, render: Any) -> int:
    """What it was charged, credit micros."""
    if render["status"] == "failed":
        assert render["error"]["code"] == "render_crashed", render
        assert render["billedCreditMicros"] == 0
        assert render["url"] is None
        return 0
    assert render["status"] == "completed", render
    assert render["billedCreditMicros"] == round(render["frames"] * 1_000_000 / FPS)
    assert 0.5 < render["durationSeconds"] < 4.0
    video = api.download(render["url"])
    assert video[4:8] == b"ftyp"
    assert b"moov" in video[:64]
    return render["billedCreditMicros"]


def assert_books_balance(environment: Mapping[str, str], ended: list[Any]) -> None:
    """Balance = sum of entries; no hold open; each hold ended once, and each render was paid once or not at all."""
    items = partition_of(environment, ended[0]["id"])
    entries = [item for item in items if item["sk"].startswith("ENTRY#")]
    holds = {item["operationId"]: item for item in items if item["sk"].startswith("HOLD#")}
    (wallet,) = [item for item in items if item["sk"] == "WALLET"]
    assert wallet["balance"] == sum(entry["amount"] for entry in entries) >= 0
    assert wallet["reserved"] == 0
    assert {hold["state"] for hold in holds.values()} <= {"settled", "released"}
    moves = Counter((entry["operationId"], entry["move"]) for entry in entries)
    assert set(moves.values()) == {1}
    for operation, hold in holds.items():
        assert moves[operation, "settle"] + moves[operation, "release"] == 1
        assert moves[operation, "settle"] == (hold["state"] == "settled")
    paid = {render["id"] for render in ended if render["status"] == "completed"}
    assert {operation for operation, move in moves if move == "settle"} == paid


def assert_nothing_left_behind(environment: Mapping[str, str], ended: list[Any]) -> None:
    """No slot taken, no workflow running; of each finished video itself and its captions, and no speech."""
    items = partition_of(environment, ended[0]["id"])
    assert not [item["sk"] for item in items if item["sk"].startswith("SLOT#")]
    found = client(environment, "s3").list_objects_v2(Bucket=environment["MEDIA_BUCKET"]).get("Contents", [])
    paths = [PurePosixPath(item["Key"]) for item in found]
    made = Counter((path.parts[0], path.suffix) for path in paths if path.parts[0] != "system")
    finished = sum(render["status"] == "completed" for render in ended)
    assert made == {("rigs", ".npz"): 1, ("renders", ".mp4"): finished, ("renders", ".vtt"): finished}
    running_still = client(environment, "stepfunctions").list_executions(
        stateMachineArn=environment["STATE_MACHINE_ARN"], statusFilter="RUNNING"
    )
    assert running_still["executions"] == []


def partition_of(environment: Mapping[str, str], render_id: str) -> list[Any]:
    """Every item of the tenant whose render this is."""
    dynamodb = client(environment, "dynamodb")
    pages = dynamodb.get_paginator("scan").paginate(TableName=environment["TABLE_NAME"])
    items = [decode_item(item) for page in pages for item in page["Items"]]
    (home,) = {item["pk"] for item in items if item["sk"] == f"RENDER#{render_id}"}
    return [item for item in items if item["pk"] == home]


def client(environment: Mapping[str, str], service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=environment["AWS_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def running(state: Path) -> Iterator[tuple[Platform, Mapping[str, str]]]:
    """A platform without workers of its own, and what its workers would be told."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with Platform(PlatformOptions(port=0, state=state, workers=0)) as platform:
            assert platform._supervisor is not None
            yield platform, platform._supervisor._environment
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def doomed_workers(environment: Mapping[str, str], chance: random.Random) -> Iterator[list[int]]:
    """Workers, each replaced when it dies; the first KILLS of them die by SIGKILL. Yields the ids of the killed."""
    over, killed = threading.Event(), list[int]()
    lives = iter([chance.uniform(*LIVES_SECONDS) for _ in range(KILLS)])

    def keep_one() -> None:
        while not over.is_set():
            with worker(environment) as process:
                # Two keepers take from it: each life is had by one.
                if (life := next(lives, None)) is not None and not over.wait(life):
                    killed.append(process.pid)
                    continue
                over.wait()

    keepers = [threading.Thread(target=keep_one) for _ in range(WORKERS)]
    for keeper in keepers:
        keeper.start()
    try:
        yield killed
    finally:
        over.set()
        for keeper in keepers:
            keeper.join(timeout=HANG_SECONDS)


@contextmanager
def worker(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """One worker process that has begun to look for work; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "renderer.worker"], env=dict(environment), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    drain = None
    try:
        assert json.loads(process.stdout.readline())["message"] == "worker started"
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        yield process
    finally:
        process.kill()
        process.wait(timeout=HANG_SECONDS)
        if drain is not None:
            drain.join(timeout=HANG_SECONDS)
        process.stdout.close()
