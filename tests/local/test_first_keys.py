from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.first_keys import ensure_keys
from local.state import ApiKeys, StateFolder
from parley.domain.keys import parse_key, verify
from parley.domain.spaces import Space
from parley.store.api_keys import ApiKeys as StoredKeys
from parley.store.dynamo import DynamoTable
from parley.store.schema import create_table
from parley.store.tenants import Tenants

PEPPER = b"pepper of sixteen bytes"
NOW = datetime(2026, 6, 10, tzinfo=UTC)


def a_table() -> DynamoTable:
    client = boto3.client("dynamodb", region_name="us-east-1")
    create_table(client, "parley")
    return DynamoTable(client, "parley")


def assert_good(keys: ApiKeys, table: DynamoTable) -> None:
    for text, environment in ((keys.test, "test"), (keys.live, "live")):
        presented = parse_key(text)
        stored = verify(StoredKeys(table).get(presented.key_id), presented, PEPPER, NOW)
        assert (stored.tenant_id, stored.environment, stored.scopes) == (keys.tenant, environment, frozenset({"*"}))


@mock_aws
def test_a_new_folder_gets_two_keys_of_one_tenant(tmp_path: Path) -> None:
    table = a_table()
    keys = ensure_keys(StateFolder(tmp_path), table, None, PEPPER, NOW)
    assert_good(keys, table)
    tenant = Tenants(table).get(Space(keys.tenant, "live"))
    assert tenant is not None and tenant.plan == "scale"


@mock_aws
def test_the_next_start_has_the_same_keys(tmp_path: Path) -> None:
    table = a_table()
    first = ensure_keys(StateFolder(tmp_path), table, None, PEPPER, NOW)
    assert ensure_keys(StateFolder(tmp_path), table, None, PEPPER, NOW) == first


@mock_aws
def test_keys_that_were_written_but_never_stored_are_stored_at_the_next_start(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client = boto3.client("dynamodb", region_name="us-east-1")
        ensure_keys(StateFolder(tmp_path), DynamoTable(client, "none-such"), None, PEPPER, NOW)
    kept = StateFolder(tmp_path).api_keys()
    table = a_table()
    keys = ensure_keys(StateFolder(tmp_path), table, None, PEPPER, NOW)
    assert keys == kept
    assert_good(keys, table)


@mock_aws
def test_a_plan_named_at_a_start_is_the_plan_from_then_on(tmp_path: Path) -> None:
    table = a_table()
    for plan, expected in (("sandbox", "sandbox"), (None, "sandbox"), ("studio", "studio"), (None, "studio")):
        keys = ensure_keys(StateFolder(tmp_path), table, plan, PEPPER, NOW)
        tenant = Tenants(table).get(Space(keys.tenant, "test"))
        assert tenant is not None and tenant.plan == expected
