"""Fetch a file from a URL a stranger gave: the one guarded way out, for every such URL.

The order of things is the protection: the URL is split once, its host resolved once, EVERY address judged, and the
connection made to those very addresses (Host and SNI carry the name), so that DNS which answers differently a moment
later changes nothing. Each redirect starts over. What arrives is bounded in time, in bytes and in kind.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from typing import BinaryIO

from parley.domain.addresses import Address
from parley.domain.errors import UrlRejected
from parley.domain.outside_url import OutsideUrl, follow_location, judge_addresses, parse_allowed, read_outside_url
from parley.store.fetch_terms import Deadline, Fetched, FetchLimits, Wanted, resolve_by_system

__all__ = ["FetchLimits", "Fetched", "GuardedFetcher", "parse_allowed", "resolve_by_system"]

logger = logging.getLogger(__name__)

_TRIED_ADDRESSES = 3  # of one name; all are judged
_HEAD_BYTES = 128 * 1024  # h11 refuses a single head over 100 KiB; this bounds a row of them
_USER_AGENT = b"Parley-Fetch/1.0"


class GuardedFetcher:
    """Safe to share between threads: it keeps no connection and no state between calls.

    `allow` holds (host, port) pairs a developer opened on the local platform: any port and a private or loopback
    address, cloud metadata still excepted. `resolve` gives all addresses of a host, or raises OSError.
    """

    def __init__(
        self,
        allow: frozenset[tuple[str, int]] = frozenset(),
        *,
        resolve: Callable[[str, int], Iterable[str]] = resolve_by_system,
        limits: FetchLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = allow
        self._resolve = resolve
        self._limits = limits or FetchLimits()
        self._clock = clock
        self._tls = tls
        if allow:
            opened = ", ".join(sorted(f"{host}:{port}" for host, port in allow))
            logger.warning("FETCHING FROM PRIVATE ADDRESSES IS ALLOWED for %s: never run a public service so.", opened)

    def check(self, url: str) -> None:
        """Refuse what the text of `url` alone condemns; no I/O, so an API route may call it. Raises UrlRejected."""
        read_outside_url(url, self._allow)

    def fetch(self, url: str, into: BinaryIO, *, max_bytes: int, accept: tuple[str, ...]) -> Fetched:
        """Write the file behind `url` to `into` (seekable), from its present position on, and tell what it was.

        `accept` names kinds: 'audio', 'image', 'video', 'text'. Only a Content-Type that clearly says another kind is
        refused: the decoder judges the bytes. On any failure `into` is cut back to where it stood.
        Raises UrlRejected; OSError when `into` cannot be written.
        """
        deadline = Deadline(self._limits.total_seconds, self._clock)
        start = into.tell()
        try:
            return self._follow(url, Wanted(into, max_bytes, accept), deadline)
        except BaseException:
            into.seek(start)
            into.truncate()
            raise

    def _follow(self, url: str, wanted: Wanted, deadline: Deadline) -> Fetched:
        target = read_outside_url(url, self._allow)
        outcome = self._visit(target, wanted, deadline)
        for _ in range(self._limits.redirects):
            if isinstance(outcome, Fetched):
                return outcome
            try:
                target = follow_location(target, outcome, self._allow)
                outcome = self._visit(target, wanted, deadline)
            except UrlRejected as error:
                raise UrlRejected(f"The URL redirects elsewhere, and there: {error.message}", error.code) from error
        if isinstance(outcome, Fetched):
            return outcome
        raise UrlRejected("The URL redirects too often; use the address it ends at.", "url_too_many_redirects")

    def _visit(self, target: OutsideUrl, wanted: Wanted, deadline: Deadline) -> Fetched | str:
        """Make one request: the file, or the Location it was sent on to."""
        # Imported here: all processes can fetch, few requests do, and a cold start need not wait for it.
        import httpcore

        from parley.store.fetch_answer import receive, why_it_failed
        from parley.store.fetch_connection import PinnedBackend, ReadAllowance

        addresses = self._judged_addresses(target, deadline)
        allowance = ReadAllowance(_HEAD_BYTES)
        backend = PinnedBackend(addresses[:_TRIED_ADDRESSES], deadline, self._limits, allowance)
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.target.encode()
        )
        tls = self._tls_context() if target.scheme == "https" else None
        try:
            with (
                httpcore.ConnectionPool(tls, max_connections=1, network_backend=backend) as pool,
                pool.stream(b"GET", url, headers=_headers(target, wanted)) as response,
            ):
                return receive(target, response, wanted, allowance)
        except httpcore.TimeoutException as error:
            raise UrlRejected("The server did not answer in time; try again or use another.", "url_timeout") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise UrlRejected(why_it_failed(error), "url_failed") from error

    def _judged_addresses(self, target: OutsideUrl, deadline: Deadline) -> Sequence[Address]:
        """Resolve once and judge all; IPv4 first, because many networks route nothing else."""
        if target.literal is not None:
            return (target.literal,)  # judged when the URL was read
        addresses = [ip_address(text) for text in self._look_up(target, deadline)]
        if not addresses:
            raise _unresolvable(target.host)
        judge_addresses(target, addresses, self._allow)
        return sorted(dict.fromkeys(addresses), key=lambda address: address.version)

    def _look_up(self, target: OutsideUrl, deadline: Deadline) -> list[str]:
        """Ask the resolver in a thread of its own: the system's call takes no timeout."""
        answer: Future[list[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(list(self._resolve(target.host, target.port)))
            except Exception as error:  # whatever it is, it is raised again below, in the caller's thread
                answer.set_exception(error)

        threading.Thread(target=ask, name="parley-look-up", daemon=True).start()
        try:
            return answer.result(deadline.within(self._limits.resolve_seconds))
        except TimeoutError as error:
            raise UrlRejected("The URL's host could not be looked up in time; try again.", "url_timeout") from error
        except (OSError, UnicodeError) as error:
            raise _unresolvable(target.host) from error

    def _tls_context(self) -> ssl.SSLContext:
        """Built at first use: reading the certificates takes tens of milliseconds that `check` need not pay."""
        if self._tls is None:
            # Imported here: it takes a tenth of a second, which a cold start need not wait for.
            import httpx

            self._tls = httpx.create_ssl_context()
        return self._tls


def _headers(target: OutsideUrl, wanted: Wanted) -> list[tuple[bytes, bytes]]:
    accept = ", ".join([*(f"{kind}/*" for kind in wanted.accept), "*/*;q=0.1"])
    return [
        (b"Host", target.authority.encode()),
        (b"User-Agent", _USER_AGENT),
        (b"Accept", accept.encode()),
        (b"Accept-Encoding", b"identity"),  # nothing is ever unpacked here
        (b"Connection", b"close"),
    ]


def _unresolvable(host: str) -> UrlRejected:
    return UrlRejected(f"'{host}' is not known to the DNS; correct the URL.", "url_unresolvable")
