"""Secrets in Secrets Manager, and the keys and tokens that outlive their rotation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from given import SPACE, a_key, a_tenant
from moto import mock_aws

from parley.domain.errors import Unauthorized, Unavailable
from parley.domain.keys import SECRET_BYTES, hash_key, present
from parley.domain.plans import plan_named
from parley.domain.rotating_secret import KEPT_SECONDS, SETTLES_SECONDS
from parley.operations.authenticate import authenticate
from parley.operations.caller import Caller
from parley.operations.create_api_key import create_api_key
from parley.operations.start_turn import turn_token
from parley.store import secrets
from parley.store.secrets import secret_values
from parley.store.settings import Settings
from parley.store.stores import Stores
from parley.wire.api_keys import CreateApiKey
from parley.wire.turn_token import verify

OLD, NEW, NEWEST = "the old pepper of a deployment", "the new pepper of a deployment", "the newest of its peppers"


class SecretsManager:
    """A secret in moto, and the time that the process believes in."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = client
        self.arn: str = client.create_secret(Name="pepper", SecretString=OLD)["ARN"]
        self.ahead = 0.0
        now = client.get_secret_value(SecretId=self.arn)["CreatedDate"].timestamp()
        monkeypatch.setattr(secrets.time, "time", lambda: now + self.ahead)

    def rotate(self, value: str) -> None:
        self.client.put_secret_value(SecretId=self.arn, SecretString=value)

    def wait(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def manager(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:  # noqa: ARG001 (their cloud)
    secrets._secret.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with mock_aws():
        yield SecretsManager(boto3.client("secretsmanager", region_name="us-east-1"), monkeypatch)
    secrets._secret.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def deployed(stores: Stores, manager: SecretsManager) -> Stores:
    settings = Settings.from_env({"KEY_PEPPER_SECRET": manager.arn, "TURN_TOKEN_KEY_SECRET": manager.arn})
    a_tenant(stores)
    return replace(stores, settings=settings)


def test_both_versions_are_read_once_there_are_two(manager: SecretsManager) -> None:
    assert secret_values(manager.arn) == (OLD.encode(),)
    manager.rotate(NEW)
    assert secret_values(manager.arn) == (OLD.encode(),)
    manager.wait(KEPT_SECONDS)
    assert secret_values(manager.arn) == (OLD.encode(), NEW.encode())
    manager.wait(SETTLES_SECONDS)
    assert secret_values(manager.arn) == (NEW.encode(), OLD.encode())


def test_a_secret_that_is_not_there_makes_its_users_unavailable(manager: SecretsManager) -> None:
    arn = manager.arn.replace("pepper", "nobody")
    with pytest.raises(Unavailable, match="nobody"):
        _ = Settings.from_env({"KEY_PEPPER_SECRET": arn}).pepper
    with pytest.raises(Unavailable, match="nobody"):
        _ = Settings.from_env({"TURN_TOKEN_KEY_SECRET": arn}).turn_key


def test_a_plain_value_wins(manager: SecretsManager) -> None:
    settings = Settings.from_env({"KEY_PEPPER_SECRET": manager.arn, "KEY_PEPPER": "0123456789abcdef"})
    assert settings.peppers == (b"0123456789abcdef",)


def test_a_key_is_good_through_a_rotation_and_hashed_anew_at_its_use(deployed: Stores, manager: SecretsManager) -> None:
    presented = present("test", "PEPPERKEY", bytes(SECRET_BYTES))
    key = replace(a_key(deployed, key_id="OTHERKEY"), key_id="PEPPERKEY", hash=hash_key(presented, OLD.encode()))
    deployed.keys.create(key)
    header = f"Bearer {presented.text}"

    def stored() -> str:
        found = deployed.keys.get("PEPPERKEY")
        assert found is not None
        return found.hash

    authenticate(deployed, header, ["avatars:read"])
    manager.rotate(NEW)
    # Before it is noticed, and while it settles.
    for seconds in (KEPT_SECONDS - 1, 1, SETTLES_SECONDS - KEPT_SECONDS - 10):
        manager.wait(seconds)
        assert authenticate(deployed, header, ["avatars:read"]).key_id == "PEPPERKEY"
        assert stored() == hash_key(presented, OLD.encode())
    for value in (NEW, NEWEST):
        manager.wait(SETTLES_SECONDS)
        assert authenticate(deployed, header, ["avatars:read"]).key_id == "PEPPERKEY"
        assert stored() == hash_key(presented, value.encode())
        manager.rotate(NEWEST)
    assert deployed.keys.get("PEPPERKEY") == replace(key, hash=hash_key(presented, NEWEST.encode()))


def test_a_wrong_secret_stays_wrong_under_both_peppers(deployed: Stores, manager: SecretsManager) -> None:
    presented = present("test", "PEPPERKEY", bytes(SECRET_BYTES))
    key = replace(a_key(deployed, key_id="OTHERKEY"), key_id="PEPPERKEY", hash=hash_key(presented, OLD.encode()))
    deployed.keys.create(key)
    manager.rotate(NEW)
    manager.wait(SETTLES_SECONDS + KEPT_SECONDS)
    for wrong in (replace(presented, secret="B" * 43), replace(presented, key_id="NOBODYSKEY")):
        with pytest.raises(Unauthorized, match="not known"):
            authenticate(deployed, f"Bearer {wrong.text}", ["avatars:read"])
    with pytest.raises(Unauthorized, match="tic_test_"):
        authenticate(deployed, f"Bearer {replace(presented, environment='live').text}", ["avatars:read"])
    assert deployed.keys.get("PEPPERKEY") == key


def test_of_two_that_hash_a_key_anew_one_writes(deployed: Stores) -> None:
    key = a_key(deployed)
    assert deployed.keys.rehash(key, "hmac-sha256:one").hash == "hmac-sha256:one"
    assert deployed.keys.rehash(key, "hmac-sha256:two") == key
    assert deployed.keys.rehash(replace(key, key_id="NOBODYSKEY"), "hmac-sha256:two").key_id == "NOBODYSKEY"
    assert deployed.keys.get("NOBODYSKEY") is None


def test_the_replay_of_a_new_key_shows_the_same_one_after_a_rotation(deployed: Stores, manager: SecretsManager) -> None:
    first = a_key(deployed)
    caller = Caller(
        space=SPACE,
        plan=plan_named("sandbox"),
        key_id=first.key_id,
        scopes=first.scopes,
        spend_limit=None,
        presented="tic_test_CALLERKEY_" + "s" * 43,
    )
    body = CreateApiKey.model_validate({"name": "n", "environment": "test", "scopes": ["avatars:read"]})
    operation = deployed.ids.new("key")
    made = create_api_key(deployed, caller, body, operation, "retry-1")
    manager.rotate(NEW)
    manager.wait(SETTLES_SECONDS + KEPT_SECONDS)
    assert create_api_key(deployed, caller, body, operation, "retry-1") == made
    # Also when the new key was used and hashed anew in between.
    authenticate(deployed, f"Bearer {made[1].text}", ["avatars:read"])
    assert create_api_key(deployed, caller, body, operation, "retry-1")[1] == made[1]


def test_a_turn_is_signed_with_a_key_that_every_worker_knows(deployed: Stores, manager: SecretsManager) -> None:
    now = int(deployed.clock.now().timestamp())
    manager.rotate(NEW)
    manager.wait(KEPT_SECONDS)
    verify(turn_token(deployed, "trn_1", "w"), OLD.encode(), now, turn="trn_1", worker="w")
    manager.wait(SETTLES_SECONDS)
    verify(turn_token(deployed, "trn_1", "w"), NEW.encode(), now, turn="trn_1", worker="w")
