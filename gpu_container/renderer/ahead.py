"""An iterator that runs ahead of whoever takes from it, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Over:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class NotYet(Exception):
    """Nothing is there, and more will come."""


class Exhausted(Exception):
    """There are no more items."""


class Ahead(Generic[Item]):
    """At most `most` items wait to be taken. Whoever ends before the iterator does calls `close`."""

    def __init__(self, items: Iterator[Item], most: int, name: str) -> None:
        self._items, self._name = items, name
        self._queue: queue.Queue[Item | _Over] = queue.Queue(most)
        self._closed = threading.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def take(self, timeout_sec: float) -> Item:
        """The next item. Raises NotYet after `timeout_sec`, Exhausted at the end, and what the iterator raised."""
        try:
            item = self._queue.get(timeout=timeout_sec) if timeout_sec else self._queue.get_nowait()
        except queue.Empty:
            raise NotYet from None
        if isinstance(item, _Over):
            self._queue.put(item)
            raise item.error or Exhausted
        return item

    def close(self) -> None:
        """The iterator is left after the item it is at."""
        self._closed.set()
        while not self._queue.empty():
            self._queue.get_nowait()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_Over(None))
        except BaseException as error:  # told to whoever takes, whatever it was
            self._put(_Over(error))

    def _put(self, item: Item | _Over) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False
