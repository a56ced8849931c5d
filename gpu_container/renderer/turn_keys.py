"""What a worker checks turn tokens with: one given key, or a secret that rotates while the worker lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from parley.wire.turn_keys import RotatingSecret, SecretUnreadable, SecretVersions
from parley.wire.turn_token import TokenRefused, TurnClaims, read, verify
from renderer.turn_settings import TurnSettings

TokenKeys: TypeAlias = Callable[[], Sequence[bytes]]
"""All keys that are good now. May ask the network, and raises SecretUnreadable where none was ever read."""


def token_keys(settings: TurnSettings, secretsmanager: Callable[[], Any]) -> TokenKeys:
    """The given key, else the secret's values. Raises SecretUnreadable where the secret cannot be read now."""
    arn = settings.token_key_secret
    if settings.token_key or arn is None:
        return lambda: (settings.token_key,)
    client = secretsmanager()
    secret = RotatingSecret(lambda: _read(client, arn), time.time)
    # A worker that could check nothing does not start.
    secret.values()
    return secret.values


def accepted(token: str, keys: Sequence[bytes], now: int, *, turn: str | None, worker: str) -> TurnClaims:
    """The claims of a token that is good under one of `keys`, for this worker and, where one is named, this turn.

    Raises TokenRefused.
    """
    refusal = TokenRefused("there is no key")
    for key in keys:
        try:
            named = read(token, key, now).turn if turn is None else turn
            return verify(token, key, now, turn=named, worker=worker)
        except TokenRefused as refused:
            refusal = refused
    raise refusal


def _read(client: Any, arn: str) -> SecretVersions:
    try:
        current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        try:
            previous = client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"].encode()
        except client.exceptions.ResourceNotFoundException:
            # It was never rotated.
            previous = None
    except (BotoCoreError, ClientError) as error:
        raise SecretUnreadable(f"TURN_TOKEN_KEY_SECRET {arn} cannot be read: {error}") from error
    return SecretVersions(current["SecretString"].encode(), current["CreatedDate"].timestamp(), previous)
