"""What every event function of a process shares: its stores, opened at the first event, and the fetcher."""

from functools import cache

from parley.store.fetch import GuardedFetcher, parse_allowed
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores


@cache
def stores() -> Stores:
    """By the environment's settings. Not at import: an import must not need a cloud."""
    return open_stores(Settings.from_env())


@cache
def fetcher() -> GuardedFetcher:
    """The one way out to URLs that strangers gave."""
    return GuardedFetcher(parse_allowed(",".join(stores().settings.allow_fetch)))
