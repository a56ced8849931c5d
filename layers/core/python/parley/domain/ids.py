"""Names for things: a prefix and a ULID, so that ids sort by the time they were made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ulid import ULID

Prefix = Literal["ava", "ast", "rnd", "trn", "key", "ten", "bat", "req", "chg", "grt", "adm"]
ENTROPY_BYTES = 10


def ulid_at(at: datetime, entropy: bytes) -> str:
    """26 characters of Crockford base 32: 48 bits of milliseconds, then the 80 bits of `entropy`."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a ULID takes {ENTROPY_BYTES} bytes of entropy, not {len(entropy)}")
    return str(ULID(int(at.timestamp() * 1000).to_bytes(6, "big") + entropy))


def make_id(prefix: Prefix, at: datetime, entropy: bytes) -> str:
    """For example rnd_01JX..., from a moment and ten random bytes."""
    return f"{prefix}_{ulid_at(at, entropy)}"


def ulid_of(identifier: str) -> str:
    """The ULID within an id: `rnd_01JX.more` and `rnd_01JX` both give 01JX. Raises ValueError when there is none."""
    body = identifier.partition("_")[2].partition(".")[0]
    return str(ULID.from_str(body))


def is_id(prefix: Prefix, text: str) -> bool:
    """Whether `text` is a well-formed id of that kind."""
    try:
        return text == f"{prefix}_{ulid_of(text)}"
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class IdFactory:
    """Makes ids from an injected clock and an injected source of random bytes (os.urandom in production)."""

    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]

    def new(self, prefix: Prefix) -> str:
        return make_id(prefix, self.now(), self.entropy(ENTROPY_BYTES))
