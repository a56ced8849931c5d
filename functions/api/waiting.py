"""Wait for something to be done elsewhere, holding no thread, for a bounded time."""

import time
from collections.abc import Callable
from typing import TypeVar

import anyio
from starlette.concurrency import run_in_threadpool

Seen = TypeVar("Seen")
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.03, 0.3


async def wait_until(read: Callable[[], Seen], done: Callable[[Seen], bool], seconds: float) -> Seen:
    """What `read` gave last: the first that is `done`, or whatever it is when `seconds` are over; one read at least."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        seen = await run_in_threadpool(read)
        left = deadline - time.monotonic()
        if left <= 0 or done(seen):
            return seen
        await anyio.sleep(min(pause, left))
        # Short at first, since most waits are short; then sparing of the store.
        pause = min(1.3 * pause, _LONGEST_PAUSE_SECONDS)
