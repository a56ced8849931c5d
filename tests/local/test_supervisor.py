import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.supervisor import PlatformFailed, Role, StopRequested, Supervisor
from tests.waiting import HANG_SECONDS, wait_for

CHILD = """
import os, sys
from pathlib import Path
from local import child
process = child.begin()
with Path(sys.argv[1]).open("a") as file:
    file.write(f"{os.getpid()}\\n")
process.ready()
import signal
signal.pause()
"""
FAILING = "import sys; sys.exit('no such thing as a model')"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Stage:
    """A supervisor of two children that write down their process ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
        self.supervisor = Supervisor(
            [self.role("first"), self.role("second")], os.environ | self.paths(), folder, self.lock
        )

    def paths(self) -> dict[str, str]:
        return {"PYTHONPATH": os.pathsep.join(sys.path)}

    def role(self, name: str) -> Role:
        return Role(name, [sys.executable, "-c", CHILD, str(self.folder / f"{name}.pids")])

    def pids(self, name: str) -> list[int]:
        file = self.folder / f"{name}.pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop()
    os.close(made.lock)
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def run_until_stopped(stage: Stage, meanwhile: Callable[[], None]) -> None:
    def then_stop() -> None:
        try:
            meanwhile()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=then_stop)
    thread.start()
    with pytest.raises(StopRequested):
        stage.supervisor.keep_running()
    thread.join()


def test_it_is_ready_when_its_children_are_and_stops_them_all(stage: Stage) -> None:
    stage.supervisor.start()
    pids = stage.pids("first") + stage.pids("second")
    assert len(pids) == 2
    stage.supervisor.stop()
    assert not any(alive(pid) for pid in pids)


def test_a_killed_child_comes_back_and_the_other_is_left_alone(stage: Stage) -> None:
    stage.supervisor.start()
    (killed,) = stage.pids("first")

    def kill_and_wait() -> None:
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(stage.pids("first")) == 2)

    run_until_stopped(stage, kill_and_wait)
    assert len(stage.pids("second")) == 1
    assert "died (SIGKILL)" in (stage.folder / "first.jsonl").read_text()


def test_a_child_that_keeps_dying_ends_the_platform_with_its_reason(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    supervisor = Supervisor([Role("worker", [sys.executable, "-c", FAILING])], os.environ, tmp_path, lock)
    with pytest.raises(PlatformFailed, match=r"worker does not start.*no such thing as a model"):
        supervisor.start()
    supervisor.stop()
    os.close(lock)


def test_children_end_when_their_parent_is_gone(stage: Stage) -> None:
    stage.supervisor.start()
    (pid,) = stage.pids("first")
    running = stage.supervisor._running["first"]
    # What the kernel does to the lifeline of a parent that was killed.
    running.lifeline.shutdown(socket.SHUT_RDWR)
    assert running.process.wait(HANG_SECONDS) != 0
    assert not alive(pid)
