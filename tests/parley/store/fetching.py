"""Fetch from a loopback server, or watch how that is refused and that nothing is left of it."""

import io

import pytest
from loopback_web import Script, Web

from parley.domain.errors import UrlRejected
from parley.store.fetch import Fetched, FetchLimits, GuardedFetcher

# Long enough for loopback, short enough to wait for.
SHORT = FetchLimits(resolve_seconds=0.2, connect_seconds=0.2, read_seconds=0.2, total_seconds=0.4)


def on_loopback(*_: object) -> list[str]:
    return ["127.0.0.1"]


def fetcher_for(web: Web, limits: FetchLimits | None = None, **more: object) -> GuardedFetcher:
    """A fetcher to which this server is open, under its address and as media.test."""
    allow = frozenset({("127.0.0.1", web.port), ("media.test", web.port)})
    return GuardedFetcher(allow, limits=limits, **{"resolve": on_loopback, **more})


def fetched(fetcher: GuardedFetcher, url: str, max_bytes: int = 1_000_000) -> tuple[Fetched, bytes]:
    into = io.BytesIO()
    result = fetcher.fetch(url, into, max_bytes=max_bytes, accept=("audio",))
    return result, into.getvalue()


def refusal(
    fetcher: GuardedFetcher, url: str, max_bytes: int = 1_000_000, accept: tuple[str, ...] = ("audio",)
) -> UrlRejected:
    """Fetch what must be refused; whatever the way it fails, nothing may be left of it."""
    into = io.BytesIO(b"kept")
    into.seek(4)
    with pytest.raises(UrlRejected) as caught:
        fetcher.fetch(url, into, max_bytes=max_bytes, accept=accept)
    assert into.getvalue() == b"kept"
    return caught.value


def refusal_of(web: Web, script: Script, limits: FetchLimits | None = None, max_bytes: int = 1_000_000) -> UrlRejected:
    web.routes["/a"] = script
    return refusal(fetcher_for(web, limits), web.url("/a"), max_bytes)
