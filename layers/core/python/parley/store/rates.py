"""Request rates: one conditional write per request, on one item per key and window."""

from datetime import datetime

from parley.domain.errors import RateLimited
from parley.domain.spaces import Space
from parley.domain.times import epoch
from parley.store.ports import ItemKey, Table, Write
from parley.store.schema import TTL_ATTRIBUTE

WINDOW_SECONDS = 60


class Rates:
    """How often each key may call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, space: Space, key_id: str, limit: int, at: datetime) -> int:
        """Counts one request and gives how many are left in this window of 60 s.

        Raises RateLimited, with the seconds until the next window, for the request beyond `limit`.
        """
        now = epoch(at)
        window = now - now % WINDOW_SECONDS
        wait = window + WINDOW_SECONDS - now
        item = self._table.write(
            Write(
                kind="update",
                key=ItemKey(space.partition, f"RATE#{key_id}#{window}"),
                update="SET #ttl = :ttl ADD #count :one",
                condition="attribute_not_exists(#count) OR #count < :limit",
                values={TTL_ATTRIBUTE: window + 2 * WINDOW_SECONDS, "one": 1, "limit": limit},
                refused=lambda _: RateLimited(
                    f"More than {limit} requests in a minute with this key. Wait {wait} s.", retry_after_seconds=wait
                ),
            )
        )
        return limit - int(item["count"])
