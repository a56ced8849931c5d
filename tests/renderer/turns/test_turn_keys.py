"""A worker's keys for turn tokens: given, or read from Secrets Manager and followed through a rotation."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from parley.wire.turn_keys import SecretUnreadable
from parley.wire.turn_token import TokenRefused, sign
from renderer import turn_keys
from renderer.turn_keys import accepted, token_keys
from renderer.turn_settings import TurnSettings

OLD, NEW = "the old key of relays and workers", "the new key of relays and workers"
NOW = 1_780_000_000


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "secretsmanager", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )


def test_a_token_under_either_key_is_accepted_for_its_turn_and_worker_alone() -> None:
    keys = (OLD.encode(), NEW.encode())
    for key in keys:
        token = sign("trn_1", "worker-1", key, NOW)
        assert accepted(token, keys, NOW, turn="trn_1", worker="worker-1").turn == "trn_1"
        assert accepted(token, keys, NOW, turn=None, worker="worker-1").turn == "trn_1"
        for turn, worker in (("trn_2", "worker-1"), ("trn_1", "worker-2"), (None, "worker-2")):
            with pytest.raises(TokenRefused):
                accepted(token, keys, NOW, turn=turn, worker=worker)
    with pytest.raises(TokenRefused, match="signature"):
        accepted(sign("trn_1", "worker-1", b"a key of somebody else", NOW), keys, NOW, turn="trn_1", worker="worker-1")


def test_a_long_lived_worker_learns_of_a_new_key(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = client.create_secret(Name="turns", SecretString=OLD)["ARN"]
    now = client.get_secret_value(SecretId=arn)["CreatedDate"].timestamp()
    monkeypatch.setattr(turn_keys.time, "time", lambda: now)
    keys = token_keys(TurnSettings.from_env({"TURN_TOKEN_KEY_SECRET": arn}), lambda: client)
    assert keys() == (OLD.encode(),)
    client.put_secret_value(SecretId=arn, SecretString=NEW)
    now += 300
    assert set(keys()) == {OLD.encode(), NEW.encode()}


def test_a_worker_without_its_secret_does_not_start(client: Any) -> None:
    settings = TurnSettings.from_env({"TURN_TOKEN_KEY_SECRET": "arn:aws:secretsmanager:us-east-1:1:secret:none"})
    with pytest.raises(SecretUnreadable, match=r"TURN_TOKEN_KEY_SECRET .* cannot be read"):
        token_keys(settings, lambda: client)


def test_a_given_key_wins_and_is_never_too_short() -> None:
    settings = TurnSettings.from_env({"TURN_TOKEN_KEY": OLD, "TURN_TOKEN_KEY_SECRET": "arn"})
    assert token_keys(settings, lambda: pytest.fail("asked"))() == (OLD.encode(),)
    with pytest.raises(ValueError, match="TURN_TOKEN_KEY must have at least 16 bytes"):
        TurnSettings.from_env({"TURN_TOKEN_KEY": "short", "TURN_TOKEN_KEY_SECRET": "arn"})
