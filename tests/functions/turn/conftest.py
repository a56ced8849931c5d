"""One moto and one served turn app per file; every test has a tenant, and a worker that is running and registered."""

from collections.abc import Callable, Iterator

import pytest

from functions.api.services import ApiOptions
from functions.turn.relay import RelayTimes
from functions.turn.worker_link import LinkTimes
from tests.functions.api.conftest import cloud, portal  # noqa: F401 (fixtures)
from tests.functions.api.world import HandClock, World, open_world
from tests.functions.turn.turn_stage import Stage, turn_app
from tests.functions.turn.turn_worker import TurnWorker, working


@pytest.fixture(scope="module")
def opened(cloud: None, portal: object) -> World:  # noqa: ARG001, F811
    return open_world(portal, ApiOptions(upload_wait_seconds=0.1), HandClock())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def staging(opened: World) -> Iterator[Callable[[], Stage]]:
    """Short patience: what a test lets hang hangs for ever."""
    times = RelayTimes(sign_of_life=0.05, stalled=0.5, overtime=60, last_words=0.5)
    with turn_app(opened, times, LinkTimes(connect=1, silent=0.5, interrupt=1, prepare=1)) as stage:
        yield stage


@pytest.fixture
def stage(opened: World, staging: Callable[[], Stage]) -> Stage:
    opened.begin()
    return staging()


@pytest.fixture
def worker(stage: Stage) -> Iterator[TurnWorker]:
    with working(stage.worker()) as running:
        stage.register(running)
        yield running
