"""A table at whose calls things happen: between any two of them a process dies, or another gets in first."""

from collections.abc import Callable
from typing import Any


class Died(Exception):
    """The process ended here; what it had sent to the store may or may not have been done."""


class CrossingTable:
    """Passes every call of the Table port through. Each call has two crossings, before it and after it.

    `arm(n, event)` lets `event` happen once at the n-th crossing from now. An event that raises Died is a crash;
    any other is a second process that gets its whole move in between.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._left: int | None = None
        self._event: Callable[[], None] = lambda: None

    def arm(self, crossing: int, event: Callable[[], None]) -> None:
        self._left, self._event = crossing, event

    def disarm(self) -> None:
        self._left = None

    def _cross(self) -> None:
        if self._left is None:
            return
        if self._left > 0:
            self._left -= 1
            return
        # Disarmed first: what the event itself calls crosses here too.
        self._left = None
        self._event()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._table, name)

        def crossed(*args: Any, **kwargs: Any) -> Any:
            self._cross()
            answer = call(*args, **kwargs)
            self._cross()
            return answer

        return crossed


def died() -> None:
    raise Died
