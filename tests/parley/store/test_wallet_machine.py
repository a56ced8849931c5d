"""The wallet's proof: ten thousand moves on the real adapter, and after each one every micro is accounted for."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from moto import mock_aws
from wallet_machine import WalletMachine

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
)


@contextmanager
def moto_in_process() -> Iterator[None]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with patch.dict(os.environ, environment), mock_aws():
        WalletMachine.base = open_stores(Settings())
        WalletMachine.client = aws.dynamodb()
        yield


def run_the_machine(steps: int) -> None:
    WalletMachine.steps = 0
    WalletMachine.met.clear()
    with moto_in_process():
        while WalletMachine.steps < steps:
            run_state_machine_as_test(
                WalletMachine,
                settings=settings(
                    max_examples=40,
                    stateful_step_count=20,
                    deadline=None,
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
    missed = [name for name in MUST_MEET if WalletMachine.met[name] < 3]
    assert not missed, f"the machine proves nothing about {missed}: {WalletMachine.met}"
