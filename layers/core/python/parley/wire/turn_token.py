"""The relay's word to a worker: short-lived, bound to one turn (or purpose) and one worker, signed with a shared key.

`base64url(claims) "." base64url(HMAC-SHA256 over the first part)`, both without padding; the claims are a JSON object
{turn, worker, iat, exp}, times in epoch seconds. Sent as `Authorization: Turn <token>`.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final, cast

LIVES_SECONDS: Final = 60
"""Long enough to connect; a stream that has begun outlives its token."""
CLOCKS_DIFFER_SECONDS: Final = 5
LEAST_KEY_BYTES: Final = 16
LONGEST_TOKEN: Final = 1024
SCHEME: Final = "Turn"


class TokenRefused(ValueError):
    """No good token for this; the message says why, and is for logs, not for the bearer."""


@dataclass(frozen=True, slots=True)
class TurnClaims:
    """What a token says."""

    turn: str
    worker: str
    issued_at: int
    expires_at: int


def sign(turn: str, worker: str, key: bytes, now: int, *, seconds: int = LIVES_SECONDS) -> str:
    """A token for `turn` on `worker`, good from `now` (epoch seconds). ValueError: the key is too short."""
    claims = {"turn": turn, "worker": worker, "iat": now, "exp": now + seconds}
    body = _text(json.dumps(claims, separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{_text(_mac(body, key))}"


def verify(token: str, key: bytes, now: int, *, turn: str, worker: str) -> TurnClaims:
    """The claims of a token that is good now for this turn and this worker. Raises TokenRefused."""
    claims = read(token, key, now)
    if not hmac.compare_digest(claims.turn.encode(), turn.encode()):
        raise TokenRefused("the token is for another turn")
    if not hmac.compare_digest(claims.worker.encode(), worker.encode()):
        raise TokenRefused("the token is for another worker")
    return claims


def read(token: str, key: bytes, now: int) -> TurnClaims:
    """The claims of a token that is signed with `key` and good at `now`. Raises TokenRefused."""
    body, dot, mac = token.partition(".")
    if not dot or len(token) > LONGEST_TOKEN or not token.isascii():
        raise TokenRefused("not a token")
    if not hmac.compare_digest(_mac(body, key), _bytes(mac)):
        raise TokenRefused("the signature is wrong")
    claims = _claims(_bytes(body))
    if not claims.issued_at - CLOCKS_DIFFER_SECONDS <= now < claims.expires_at:
        raise TokenRefused("the token has expired, or is not valid yet")
    return claims


def bearer(header: str | None) -> str:
    """The token of an `Authorization: Turn <token>` header. Raises TokenRefused for any other."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != SCHEME.lower() or not token:
        raise TokenRefused("no turn token")
    return token.strip()


def _mac(body: str, key: bytes) -> bytes:
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError(f"a turn token key needs {LEAST_KEY_BYTES} bytes")
    return hmac.digest(key, body.encode(), "sha256")


def _claims(data: bytes) -> TurnClaims:
    try:
        found = cast("dict[str, Any]", json.loads(data))
        names, times = (found["turn"], found["worker"]), (found["iat"], found["exp"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokenRefused("the claims cannot be read") from error
    if not all(isinstance(name, str) for name in names) or not all(type(time) is int for time in times):
        raise TokenRefused("the claims are of the wrong kind")
    return TurnClaims(*names, *times)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("not base64url") from error
    if _text(data) != text:
        # One token, one spelling.
        raise TokenRefused("not base64url as it is written here")
    return data
