"""The wallet's proof: ten thousand moves on the real adapter, and after each one every micro is accounted for."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from moto import mock_aws
from turn_machine import TurnMachine

from parley.store import aws
from parley.store.settings import Settings
from parley.store.stores import open_stores

STEPS = 10_000
# What ten thousand steps must have run into, or they prove too little.
MUST_MEET = (
    "died",
    "interrupted",
    "completed",
    "failed",
    "canceled",
    "insufficient_credits",
    "spend_limit_exceeded",
    "concurrency_limit_reached",
    "lease_lost",
    "render_ended",
    "render_leased",
    "hold_settled",
    "hold_released",
    "not_found",
    "turn_completed",
    "turn_interrupted",
    "turn_failed",
    "turn_ended",
    "idempotency_conflict",
)


@contextmanager
def moto_in_process() -> Iterator[None]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with patch.dict(os.environ, environment), mock_aws():
        TurnMachine.base = open_stores(Settings())
        TurnMachine.client = aws.dynamodb()
        yield


def run_the_machine(steps: int) -> None:
    TurnMachine.steps = 0
    TurnMachine.met.clear()
    with moto_in_process():
        for number in count():
            if TurnMachine.steps >= steps:
                break
            # Every batch makes other moves, the same in every run; a derandomised one would repeat the first.
            run_state_machine_as_test(
                seed(number)(TurnMachine),
                settings=settings(
                    max_examples=40,
                    stateful_step_count=20,
                    deadline=None,
                    derandomize=False,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_order_of_moves_replays_interruptions_and_deaths_loses_or_makes_a_micro() -> None:
    # In a thread of its own: on top of pytest's deep stack CPython 3.11 maps and unmaps a page of frames at every call
    # across a chunk's edge, which took 40% of the time.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(run_the_machine, STEPS).result()
    missed = [name for name in MUST_MEET if TurnMachine.met[name] < 3]
    assert not missed, f"the machine proves nothing about {missed}: {TurnMachine.met}"
