"""One moto and one served turn app per file; every test has a tenant, and a worker that is running and registered."""

from collections.abc import Callable, Iterator

import pytest

from functions.api.services import ApiOptions
from functions.turn.relay import RelayTimes
from functions.turn.worker_link import LinkTimes
from tests.functions.api.conftest import cloud, portal  # noqa: F401 (fixtures)
from tests.functions.api.world import HandClock, World, open_world
from tests.functions.turn.turn_stage import SILENT_SECONDS, Stage, turn_app
from tests.functions.turn.turn_worker import TurnWorker, working
from tests.waiting import HANG_SECONDS


@pytest.fixture(scope="module")
def opened(cloud: None, portal: object) -> World:  # noqa: ARG001, F811
    return open_world(portal, ApiOptions(upload_wait_seconds=0.1), HandClock())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def staging(opened: World) -> Iterator[Callable[[], Stage]]:
    """Patient: nobody is given up because the machine is busy. A test of patience lets the time pass, or takes some."""
    times = RelayTimes(sign_of_life=0.05, stalled=1000, overtime=1_000_000, last_words=1000)
    link = LinkTimes(connect=HANG_SECONDS, silent=SILENT_SECONDS, interrupt=HANG_SECONDS, prepare=HANG_SECONDS)
    with pytest.MonkeyPatch.context() as patch, turn_app(opened, times, link) as stage:
        patch.setattr("functions.turn.opening.BEGIN_SECONDS", HANG_SECONDS)
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
