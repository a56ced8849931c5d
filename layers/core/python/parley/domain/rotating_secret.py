"""A secret that is replaced while it is in use: which values are good, and which one is used for what is new.

Every process reads it at most KEPT_SECONDS late. So a new value is accepted at once, but used for new things only after
SETTLES_SECONDS, when everybody knows it; the value before it stays good until the next rotation. No request fails.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

KEPT_SECONDS: Final = 300
SETTLES_SECONDS: Final = 2 * KEPT_SECONDS
RETRY_SECONDS: Final = 15
"""After a failed reading, for as long as older values are at hand."""
LEAST_BYTES: Final = 16


class SecretUnreadable(Exception):
    """The secret could not be read; the message says why, and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class SecretVersions:
    """What is stored: the current value, since when (epoch seconds), and the one before it. Not shown in a repr."""

    current: bytes
    since: float
    previous: bytes | None = None

    def good(self, now: float) -> tuple[bytes, ...]:
        """All values that are accepted; the first is for what is new."""
        if self.previous is None or self.previous == self.current:
            return (self.current,)
        settled = now - self.since >= SETTLES_SECONDS
        return (self.current, self.previous) if settled else (self.previous, self.current)

    def __repr__(self) -> str:
        return "SecretVersions(...)"


class RotatingSecret:
    """The good values, read again when they are old. Safe to ask from several threads."""

    def __init__(self, read: Callable[[], SecretVersions], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._known: SecretVersions | None = None
        self._read_again_at = 0.0
        self._read_at = 0.0

    def values(self) -> tuple[bytes, ...]:
        """What is new is made with the first. Raises SecretUnreadable when it was never read."""
        with self._lock:
            now = self._clock()
            # A clock that was set back must not keep an old value for ever.
            if self._known is None or now >= self._read_again_at or now < self._read_at:
                self._known = self._refreshed(now)
            return self._known.good(now)

    def _refreshed(self, now: float) -> SecretVersions:
        self._read_at = now
        try:
            found = _long_enough(self._read())
        except SecretUnreadable:
            if self._known is None:
                raise
            self._read_again_at = now + RETRY_SECONDS
            return self._known
        self._read_again_at = now + KEPT_SECONDS
        return found


def _long_enough(found: SecretVersions) -> SecretVersions:
    if len(found.current) < LEAST_BYTES:
        raise SecretUnreadable(f"it needs at least {LEAST_BYTES} bytes")
    # A slip that was put right by the value after it.
    slip = found.previous is not None and len(found.previous) < LEAST_BYTES
    return replace(found, previous=None) if slip else found
