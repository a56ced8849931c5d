"""What a fetch is asked for, what it may take and what it answers. Here nothing of what connects is imported."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from parley.domain.errors import UrlRejected


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long one fetch may take, redirects included, and how often it may be sent on."""

    resolve_seconds: float = 10.0
    connect_seconds: float = 5.0  # each address, and the TLS handshake
    read_seconds: float = 10.0  # silence between two pieces
    total_seconds: float = 60.0
    redirects: int = 4


class Deadline:
    """One moment by which everything must be over: what ends a server that always sends just one more byte."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def within(self, seconds: float) -> float:
        """The shorter of `seconds` and what is left, always above 0. Raises UrlRejected when nothing is left."""
        left = self._ends_at - self._clock()
        if left <= 0:
            raise UrlRejected("The server took too long to send the file; use a faster one.", "url_timeout")
        return min(seconds, left)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a body goes, how many bytes it may have, and the kinds ('audio', 'image', ...) it may be."""

    into: BinaryIO
    max_bytes: int
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was written: `content_type` lower-case without parameters (or ''), `size` in bytes, `sha256` in hex."""

    content_type: str
    size: int
    final_url: str
    sha256: str


def resolve_by_system(host: str, port: int) -> list[str]:
    """Every address the system's resolver knows for `host`. Raises OSError (socket.gaierror) when it knows none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]
