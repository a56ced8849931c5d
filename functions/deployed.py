"""What every event function of a process shares: its stores, opened at the first event, and the fetcher."""

from functools import cache

from parley.store.fetch import GuardedFetcher, parse_allowed
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores


def stores() -> Stores:
    """By the environment's settings. Not at import: an import must not need a cloud."""
    return _opened()


def fetcher() -> GuardedFetcher:
    """The one way out to URLs that strangers gave."""
    return _guarded(stores().settings.allow_fetch)


@cache
def _opened() -> Stores:
    return open_stores(Settings.from_env())


@cache
def _guarded(allow: tuple[str, ...]) -> GuardedFetcher:
    return GuardedFetcher(parse_allowed(allow))
