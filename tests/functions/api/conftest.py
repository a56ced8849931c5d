"""The API's world: one moto and one app per test module, fresh tenants and a fresh clock per test."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from moto import mock_aws

from functions.api.services import ApiOptions
from parley.domain.spaces import Space
from tests.functions.api.world import HandClock, World, open_world

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture(scope="module")
def cloud() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def one_signing_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A presigned URL names the second it was signed in; two answers of one test are compared whole."""
    now = datetime.now(UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now.replace(tzinfo=None))


@pytest.fixture(scope="module")
def options() -> ApiOptions:
    """Short waits: what a test waits for has happened before it asks, or never will."""
    return ApiOptions(upload_wait_seconds=0.1, lipsync_wait_seconds=0.1, repeat_wait_seconds=0.2)


@pytest.fixture(scope="module")
def opened(cloud: None, portal: BlockingPortal, options: ApiOptions) -> World:  # noqa: ARG001 (the cloud is on)
    return open_world(portal, options, HandClock())


@pytest.fixture
def world(opened: World) -> World:
    opened.begin()
    return opened


@pytest.fixture
def space(world: World) -> Space:
    """A tenant of its own on the developer plan: 25 avatars, 2 concurrent renders."""
    return world.tenant()


@pytest.fixture
def key(world: World, space: Space) -> str:
    """A test key that may do everything."""
    return world.key(space)
