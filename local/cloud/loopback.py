"""Keeps web pages away from the loopback ports behind the platform, which ask for no key."""

_OURSELVES = frozenset({"127.0.0.1", "localhost"})


def is_from_a_browser(origin: str | None, host: str) -> bool:
    """Whether a page may have sent this: browsers name the page's origin with every write, and a name that was
    rebound to this machine shows in Host."""
    return origin is not None or host.rpartition(":")[0] not in _OURSELVES
