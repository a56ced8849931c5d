"""Secrets Manager: the values of a secret, current and previous, as they rotate."""

import time
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from parley.domain.errors import Unavailable
from parley.domain.rotating_secret import RotatingSecret, SecretUnreadable, SecretVersions
from parley.store import aws


def secret_values(arn: str) -> tuple[bytes, ...]:
    """All values that are good now; the first is for what is new. Raises Unavailable."""
    try:
        return _secret(arn).values()
    except SecretUnreadable as problem:
        raise Unavailable(f"The secret {arn} cannot be used: {problem}.") from problem


def read_versions(client: Any, arn: str) -> SecretVersions:
    """AWSCURRENT, and AWSPREVIOUS where there is one. Raises SecretUnreadable."""
    try:
        current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        previous = _previous(client, arn)
    except (BotoCoreError, ClientError) as error:
        raise SecretUnreadable(str(error)) from error
    return SecretVersions(current["SecretString"].encode(), current["CreatedDate"].timestamp(), previous)


def _previous(client: Any, arn: str) -> bytes | None:
    try:
        return client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"].encode()
    except client.exceptions.ResourceNotFoundException:
        # It was never rotated.
        return None


@cache
def _secret(arn: str) -> RotatingSecret:
    """One per process: all threads share what was read."""
    return RotatingSecret(lambda: read_versions(aws.secretsmanager(), arn), time.time)
