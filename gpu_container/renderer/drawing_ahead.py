"""Pictures in order, drawn ahead of whoever takes them, by as many threads as there are cores to spare."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

CORES_PER_THREAD: Final = 2
"""The encoder has a thread of its own. OpenCV and NumPy release the interpreter's lock,
but a picture is some 200 short calls of theirs, which on one core or two only hand the lock to and fro."""
MOST_THREADS: Final = 3

Item = TypeVar("Item")


def drawn_ahead(draw: Callable[[int], Item], count: int, threads: int | None = None) -> Iterator[Item]:
    """`draw(0)` to `draw(count - 1)`, each depending on no other, in that order.

    `threads`: how many draw at once; by default as many as this process's cores allow. With 1 each is drawn when it is
    asked for, by whoever asks.
    """
    threads = threads or min(MOST_THREADS, max(1, usable_cores() // CORES_PER_THREAD))
    if threads == 1:
        yield from map(draw, range(count))
        return
    with ThreadPoolExecutor(threads, "draw") as pool:
        ahead: deque[Future[Item]] = deque()
        try:
            for index in range(count):
                ahead.append(pool.submit(draw, index))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """Cores this process may run on: fewer than the machine's where it is bound to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
