"""API keys: their form, their hash, and whether one is good right now. No I/O, no clock, no randomness of its own."""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

from parley.domain.errors import Unauthorized
from parley.domain.spaces import Environment, Space
from parley.domain.times import parse_iso

KeyStatus = Literal["active", "revoked", "expired"]
ParseFailure = Literal["empty_key", "invalid_prefix", "missing_key_id", "missing_secret", "invalid_format"]
SECRET_BYTES = 32  # 256 bits: no slow hash is needed against guessing
_PREFIX = re.compile(r"tic_(live|test)_")
_KEY_ID = re.compile(r"[A-Za-z0-9]{8,64}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{24,256}")
_ADVICE: dict[ParseFailure, str] = {
    "empty_key": "No API key was sent. Send `Authorization: Bearer tic_live_...` or `tic_test_...`.",
    "invalid_prefix": "An API key starts with tic_live_ or tic_test_.",
    "missing_key_id": "The API key has no key id. Copy the whole key.",
    "missing_secret": "The API key has no secret part. Copy the whole key.",
    "invalid_format": "The API key is not well formed. Copy the whole key, without spaces or quotes.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One stored key. `spent` and `held` count against `spend_limit` (credit micros, None for no limit)."""

    key_id: str
    tenant_id: str
    environment: Environment
    name: str
    hash: str
    redacted: str
    scopes: frozenset[str]
    status: KeyStatus = "active"
    spend_limit: int | None = None
    spent: int = 0
    held: int = 0
    expires_at: str | None = None
    created_at: str
    updated_at: str

    @property
    def id(self) -> str:
        return f"key_{self.key_id}"

    @property
    def space(self) -> Space:
        return Space(self.tenant_id, self.environment)

    @property
    def room(self) -> int | None:
        """What the key may still reserve, in credit micros; None when it has no limit."""
        return None if self.spend_limit is None else max(0, self.spend_limit - self.spent - self.held)


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a caller sent it, taken apart. `text` is the whole of it, trimmed, and is secret."""

    environment: Environment
    key_id: str
    secret: str

    @property
    def text(self) -> str:
        return f"tic_{self.environment}_{self.key_id}_{self.secret}"

    @property
    def redacted(self) -> str:
        """For logs and answers: all but the secret, of which the last four characters stay."""
        return f"tic_{self.environment}_{self.key_id}...{self.secret[-4:]}"

    def __repr__(self) -> str:
        return f"PresentedKey({self.redacted})"


class MalformedKey(Unauthorized):
    """The text is no API key; `failure` names in which way, the code stays `unauthorized`."""

    def __init__(self, failure: ParseFailure) -> None:
        super().__init__(_ADVICE[failure])
        self.failure: ParseFailure = failure


def parse_key(text: str) -> PresentedKey:
    """tic_(live|test)_<key id>_<secret>, taken apart. Raises MalformedKey."""
    text = text.strip()
    if not text:
        raise MalformedKey("empty_key")
    prefix = _PREFIX.match(text)
    if prefix is None:
        raise MalformedKey("invalid_prefix")
    key_id, _, secret = text[prefix.end() :].partition("_")
    if not key_id:
        raise MalformedKey("missing_key_id")
    if not secret:
        raise MalformedKey("missing_secret")
    if not _KEY_ID.fullmatch(key_id) or not _SECRET.fullmatch(secret):
        raise MalformedKey("invalid_format")
    return PresentedKey("live" if prefix[1] == "live" else "test", key_id, secret)


def hash_key(presented: PresentedKey, pepper: bytes) -> str:
    """What is stored: `hmac-sha256:<hex>` of the whole key under the server's pepper."""
    return "hmac-sha256:" + hmac.new(pepper, presented.text.encode(), sha256).hexdigest()


def matches(key: ApiKey, presented: PresentedKey, pepper: bytes) -> bool:
    """Whether this is the key that was stored, in constant time."""
    same = hmac.compare_digest(key.hash.encode(), hash_key(presented, pepper).encode())
    return same and key.environment == presented.environment


def pepper_used(key: ApiKey | None, presented: PresentedKey, peppers: Sequence[bytes]) -> bytes:
    """The one of `peppers` that the stored key was hashed with; the first where it was none, or no key is known.

    As many hashes are made in either case, so that the time taken tells nothing. The environment is not judged here.
    """
    as_stored = presented if key is None else replace(presented, environment=key.environment)
    stored = b"" if key is None else key.hash.encode()
    used = [pepper for pepper in peppers if hmac.compare_digest(stored, hash_key(as_stored, pepper).encode())]
    return used[0] if used else peppers[0]


def effective_status(key: ApiKey, now: datetime) -> KeyStatus:
    """`expired` once its time is over, else what is stored."""
    if key.status == "active" and key.expires_at is not None and parse_iso(key.expires_at) <= now:
        return "expired"
    return key.status


def verify(key: ApiKey | None, presented: PresentedKey, pepper: bytes, now: datetime) -> ApiKey:
    """The key, when it is known, matches, and is active at `now`. Raises Unauthorized.

    The status is looked at only after the secret matched, so that nobody learns of a key whose secret they lack.
    An unknown key id costs one hash as well, so that the time taken does not tell it from a wrong secret.
    """
    if key is None:
        hash_key(presented, pepper)
        raise Unauthorized("The API key is not known. Check that it was copied whole and belongs to this server.")
    if not matches(key, presented, pepper):
        raise Unauthorized("The API key is not known. Check that it was copied whole and belongs to this server.")
    status = effective_status(key, now)
    if status == "revoked":
        raise Unauthorized("The API key was revoked. Use another key.", "key_revoked")
    if status == "expired":
        raise Unauthorized("The API key has expired. Make a new one.", "key_expired")
    return key


def present(environment: Environment, key_id: str, entropy: bytes) -> PresentedKey:
    """A new key from `SECRET_BYTES` random bytes."""
    if len(entropy) != SECRET_BYTES:
        raise ValueError(f"a secret takes {SECRET_BYTES} bytes of entropy, not {len(entropy)}")
    secret = base64.urlsafe_b64encode(entropy).rstrip(b"=").decode()
    return PresentedKey(environment, key_id, secret)


def derive_secret(pepper: bytes, presented_key: str, idempotency_key: str, key_id: str) -> bytes:
    """The `SECRET_BYTES` of a key that is made under an Idempotency-Key.

    A replay by the same caller shows the same secret, and yet nobody stored it: without the caller's own key,
    which only its holder has, and the pepper, which only the server has, it cannot be computed again.
    """
    parts = [part.encode() for part in ("parley.key.v1", presented_key.strip(), idempotency_key, key_id)]
    # Each part is led by its length, so that no two different requests can run together into one message.
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(pepper, message, sha256).digest()
