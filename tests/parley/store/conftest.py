"""A store on moto, in process, with a clock that only a test moves."""

from collections.abc import Iterator

import pytest
from demanding import DemandingTable
from moto import mock_aws

from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.schema import create_table
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on
from tests.hand_clock import HandClock


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def table(cloud: None) -> DynamoTable:  # noqa: ARG001 (the fixture is the cloud)
    client = aws.dynamodb()
    create_table(client, "parley")
    return DemandingTable(client, "parley", pause=lambda _: None)


@pytest.fixture
def stores(table: DynamoTable, clock: HandClock) -> Stores:
    return stores_on(table, Settings(), clock)
