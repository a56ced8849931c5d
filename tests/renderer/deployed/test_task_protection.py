"""A task is protected while anything in it works, whichever process that is, and not for longer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from renderer.task_protection import ProtectionTimes, TaskProtection
from tests.renderer.deployed.platform_server import PlatformServer, broken_off, never, not_http, platform_server
from tests.waiting import wait_for

STATE = "/task-protection/v1/state"
ROOT = Path(__file__).resolve().parents[3]
QUICK = ProtectionTimes(minutes=5, renew=60.0, retry=0.01, linger=0.0, answer=5.0)


@pytest.fixture
def agent() -> Iterator[PlatformServer]:
    with platform_server() as running:
        running.answers[STATE] = taken
        yield running


def taken(asked: Any) -> tuple[int, bytes]:
    wish = json.loads(asked.body)
    return 200, json.dumps({"protection": {"ProtectionEnabled": wish["ProtectionEnabled"], "TaskArn": "arn"}}).encode()


def wishes(agent: PlatformServer) -> list[Any]:
    return [json.loads(asked.body) for asked in agent.asked]


def states(agent: PlatformServer) -> list[bool]:
    return [wish["ProtectionEnabled"] for wish in wishes(agent)]


def protection(agent: PlatformServer, folder: Path, times: ProtectionTimes = QUICK) -> TaskProtection:
    return TaskProtection(agent.url, folder / "lock", times)


def holders(folder: Path) -> int:
    """How many in this process have the lock's file open."""
    return sum(os.path.realpath(each) == str(folder / "lock") for each in Path("/proc/self/fd").iterdir())


def test_protection_is_on_while_there_is_work_and_off_after(agent: PlatformServer, tmp_path: Path) -> None:
    ours = protection(agent, tmp_path)
    with ours.held():
        agent.wait_for(lambda: states(agent) == [True])
        with ours.held():
            pass
        assert states(agent) == [True]
    agent.wait_for(lambda: states(agent) == [True, False])
    assert {asked.method for asked in agent.asked} == {"PUT"}
    assert wishes(agent)[0] == {"ProtectionEnabled": True, "ExpiresInMinutes": 5}


def test_protection_is_renewed_while_the_work_goes_on(agent: PlatformServer, tmp_path: Path) -> None:
    ours = protection(agent, tmp_path, ProtectionTimes(renew=0.01, linger=0.0))
    with ours.held():
        agent.wait_for(lambda: len(agent.asked) >= 4)
        assert all(states(agent))
    agent.wait_for(lambda: states(agent)[-1] is False)


def test_work_that_follows_at_once_is_the_same_work(agent: PlatformServer, tmp_path: Path) -> None:
    ours = protection(agent, tmp_path, ProtectionTimes(renew=0.01, linger=30.0))
    for turns in range(1, 4):
        with ours.held():
            agent.wait_for(lambda turns=turns: len(agent.asked) >= 2 * turns)
    assert all(states(agent))


@pytest.mark.parametrize(
    "failing",
    [
        lambda _: (500, b'{"error": {"Code": "ServerException"}}'),
        lambda _: (200, b'{"failure": {"Reason": "TASK_NOT_VALID"}}'),
        lambda _: (200, b"not json"),
        broken_off,
        not_http,
    ],
)
def test_an_agent_that_fails_is_asked_again_and_the_work_goes_on(
    agent: PlatformServer, tmp_path: Path, failing: Callable[[Any], Any]
) -> None:
    agent.answers[STATE] = failing
    ours = protection(agent, tmp_path)
    with ours.held():
        agent.wait_for(lambda: len(agent.asked) >= 3)
        agent.answers[STATE] = taken
        before = len(agent.asked)
        agent.wait_for(lambda: len(agent.asked) > before)
    agent.wait_for(lambda: states(agent)[-1] is False)


def test_an_agent_that_never_answers_delays_nobody(agent: PlatformServer, tmp_path: Path) -> None:
    agent.answers[STATE] = never
    ours = protection(agent, tmp_path, ProtectionTimes(answer=0.05, retry=0.01, linger=0.0))
    for _ in range(3):
        with ours.held():
            pass
    agent.answers[STATE] = taken
    with ours.held():
        agent.wait_for(lambda: bool(agent.asked) and states(agent)[-1])


def test_outside_of_ecs_nothing_happens(tmp_path: Path) -> None:
    with TaskProtection(None, tmp_path / "lock").held():
        assert not (tmp_path / "lock").exists()
    assert not list(tmp_path.iterdir())


def test_who_stops_first_leaves_the_protection_to_who_still_works(agent: PlatformServer, tmp_path: Path) -> None:
    """Two of one task, as two processes have them: each with its own hold on the file."""
    renders, turns = protection(agent, tmp_path), protection(agent, tmp_path)
    with turns.held():
        agent.wait_for(lambda: len(agent.asked) == 1)
        for asked in (2, 3):
            with renders.held():
                agent.wait_for(lambda asked=asked: len(agent.asked) == asked)
                assert holders(tmp_path) == 2
            wait_for(lambda: holders(tmp_path) == 1)
        assert states(agent) == [True, True, True]
    agent.wait_for(lambda: states(agent)[-1] is False)


CHILD = """
import os, sys
from renderer.task_protection import TaskProtection
with TaskProtection.from_env().held():
    print("works", flush=True)
    sys.stdin.read()
"""


def test_a_process_that_is_killed_at_work_holds_up_nobody(agent: PlatformServer, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "ECS_AGENT_URI": agent.url,
        "TASK_PROTECTION_LOCK": str(tmp_path / "lock"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("gpu_container", "layers/core/python")),
    }
    other = subprocess.Popen(
        [sys.executable, "-c", CHILD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        agent.wait_for(lambda: states(agent) == [True])
        ours = protection(agent, tmp_path)
        with ours.held():
            agent.wait_for(lambda: states(agent) == [True, True])
        wait_for(lambda: holders(tmp_path) == 0)
        other.send_signal(signal.SIGKILL)
        other.wait(30)
        with ours.held():
            agent.wait_for(lambda: len(agent.asked) >= 3)
        agent.wait_for(lambda: states(agent)[-1] is False)
        assert states(agent)[:3] == [True, True, True]
    finally:
        other.kill()
        other.communicate()
