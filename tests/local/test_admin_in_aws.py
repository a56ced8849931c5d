"""`parley admin --aws`: names are read from the stack, and an account without it is told so."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.presenter_faces import presenter_faces
from parley.domain.spaces import Space
from parley.operations.authenticate import authenticate
from parley.operations.seed_system_avatar import seed_system_avatar
from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.settings import Settings
from parley.store.stores import stores_on
from tests.hand_clock import HandClock
from tests.moto_cloud import MotoCloud, moto_cloud

# Each command is a process of its own, which a busy machine takes its time over.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PEPPER = "a pepper that Secrets Manager keeps"
TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
  Uploads: {Type: AWS::S3::Bucket}
  Media: {Type: AWS::S3::Bucket}
  # moto's CloudFormation makes no secrets: a parameter of the secret's name stands in its place.
  KeyPepper: {Type: AWS::SSM::Parameter, Properties: {Name: parley-pepper, Type: String, Value: a secret}}
"""


@pytest.fixture
def cloud() -> Iterator[MotoCloud]:
    with moto_cloud() as running:
        yield running


def admin(*arguments: str, status: int = 0, **more: str) -> str:
    environment = {**os.environ, **more}
    command = [sys.executable, "-m", "local.cli", "admin", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def deployed(cloud: MotoCloud, name: str, template: str = TEMPLATE) -> dict[str, str]:
    formation: Any = cloud.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=template)
    made = formation.describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in made}


def test_a_first_tenant_is_made_in_the_stacks_own_table_under_its_own_pepper(cloud: MotoCloud) -> None:
    names = deployed(cloud, "Other")
    cloud.client("secretsmanager").create_secret(Name="parley-pepper", SecretString=PEPPER)
    said = admin("--aws", "--stack", "Other", "tenant", "create", KEY_PEPPER="a pepper of another place")
    tenant, key = re.search(r"ten_\w+", said), re.search(r"tic_live_[\w-]+", said)
    assert tenant is not None and key is not None, said
    settings = Settings.model_validate({"key_pepper": PEPPER})
    stores = stores_on(DynamoTable(aws.dynamodb(), names["Table"]), settings, HandClock())
    caller = authenticate(stores, f"Bearer {key[0]}", ["credits:read"])
    assert caller.space == Space(tenant[0], "live")
    said = admin("--aws", "--stack", "Other", "ledger", "list", tenant[0])
    assert "arn:aws:sts" in said.replace("\n", "") or "arn:aws:iam" in said.replace("\n", "")
    assert "agree with the ledger" in admin("--aws", "--stack", "Other", "ledger", "check", tenant[0])


def test_presenters_that_are_there_are_not_drawn_again(cloud: MotoCloud) -> None:
    names = deployed(cloud, "ParleyData")
    settings = Settings(table_name=names["Table"], media_bucket=names["Media"])
    stores = stores_on(DynamoTable(aws.dynamodb(), names["Table"]), settings, HandClock())
    for _, face in presenter_faces():
        seed_system_avatar(stores, face, b"a picture", b"a rig")
    assert "0 drawn" in admin("--aws", "presenters")


def test_without_the_secret_no_tenant_is_left_behind_without_a_key(cloud: MotoCloud) -> None:
    table = deployed(cloud, "ParleyData")["Table"]
    assert "secret" in admin("--aws", "tenant", "create", status=1)
    assert cloud.client("dynamodb").scan(TableName=table)["Items"] == []


def test_what_was_lost_is_put_back_and_what_is_there_stays(cloud: MotoCloud) -> None:
    live = deployed(cloud, "ParleyData")["Table"]
    before = deployed(cloud, "Before", TEMPLATE.replace("parley-pepper", "another-pepper"))["Table"]
    dynamodb: Any = cloud.client("dynamodb")
    first, second = "ten_01ARZ3NDEKTSV4RRFFQ69G5FAV", "ten_01ARZ3NDEKTSV4RRFFQ69G5FAW"

    def put(table: str, pk: str, sk: str, **more: str) -> None:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, **{name: {"S": value} for name, value in more.items()}}
        dynamodb.put_item(TableName=table, Item=item)

    for tenant in (first, second):
        for sk in ("TENANT", "AVATAR#1", "SLOT#0", "IDEMPOTENCY#x"):
            put(before, f"T#{tenant}#live", sk, state="old")
        put(before, f"KEY#{tenant[-8:]}", "KEY", tenantId=tenant)
    put(live, f"T#{first}#live", "TENANT", state="new")

    def there() -> dict[tuple[str, str], str]:
        items = dynamodb.scan(TableName=live)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]): item.get("state", {}).get("S", "") for item in items}

    assert "2 items" in admin("--aws", "restore", "--from", before, "--tenant", first)
    assert there() == {
        (f"T#{first}#live", "TENANT"): "new",
        (f"T#{first}#live", "AVATAR#1"): "old",
        (f"KEY#{first[-8:]}", "KEY"): "",
    }
    assert "3 items" in admin("--aws", "restore", "--from", before)
    assert len(there()) == 6 and not [sk for _, sk in there() if sk.startswith(("SLOT", "IDEMPOTENCY"))]
    assert "0 items" in admin("--aws", "restore", "--from", before)


def test_an_account_without_the_stack_and_a_stack_without_data_are_named(cloud: MotoCloud) -> None:
    assert "ParleyData" in admin("--aws", "key", "list", "ten_01ARZ3NDEKTSV4RRFFQ69G5FAV", status=1)
    deployed(cloud, "Half", "Resources: {Media: {Type: AWS::S3::Bucket}}")
    said = admin("--aws", "--stack", "Half", "tenant", "create", status=1)
    assert "Half has no Table, Uploads, KeyPepper" in said


def test_without_a_platform_here_it_says_how_to_get_one(tmp_path: object) -> None:
    said = admin("--state", str(tmp_path), "tenant", "create", status=1)
    assert "parley up" in said and "--aws" in said
