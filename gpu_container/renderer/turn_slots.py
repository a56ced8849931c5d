"""The turns that run on a worker: no more than it has slots, and each can be found to be interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable

from renderer.turn_control import TurnControl


class TurnRefused(Exception):
    """No such turn can begin here now. `status` is the HTTP status that says so."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


class TurnSlots:
    """Safe from several threads. `changed` is called whenever the number of free slots is another, `works` with +1 and
    -1 as turns begin and end."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.changed: Callable[[], None] = lambda: None
        self.works: Callable[[int], None] = lambda _: None
        self.closed = False
        self._turns: dict[str, TurnControl] = {}
        self._lock = threading.Condition()

    @property
    def free(self) -> int:
        return 0 if self.closed else self.slots - len(self._turns)

    @property
    def running(self) -> int:
        return len(self._turns)

    def take(self, turn_id: str) -> TurnControl:
        """A slot for that turn. Raises TurnRefused: 503 where there is none, 409 where that turn runs already."""
        with self._lock:
            if turn_id in self._turns:
                raise TurnRefused(409, "turn_running", "This turn has begun already.")
            if self.free <= 0:
                raise TurnRefused(503, "worker_busy", "All slots of this worker are taken.", retry_after=1)
            control = self._turns[turn_id] = TurnControl()
        self.works(+1)
        self.changed()
        return control

    def release(self, turn_id: str) -> None:
        with self._lock:
            ended = self._turns.pop(turn_id, None)
            self._lock.notify_all()
        if ended is not None:
            self.works(-1)
        self.changed()

    def wait_until_idle(self, seconds: float) -> bool:
        """Until no turn runs, at most so long; whether none does."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._turns, seconds)

    def interrupt(self, turn_id: str) -> bool:
        """Whether there is such a turn; it ends within a picture's time."""
        with self._lock:
            control = self._turns.get(turn_id)
        if control is not None:
            control.interrupt()
        return control is not None

    def close(self) -> None:
        """No more turns."""
        self.closed = True

    def stop_all(self) -> None:
        """The worker ends before its turns: each is told to begin anew elsewhere."""
        with self._lock:
            controls = [*self._turns.values()]
        for control in controls:
            control.stop()
