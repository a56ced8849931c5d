"""Who may end a turn before it is over, and how the turn hears of it: at once, wherever it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable


class TurnInterrupted(Exception):
    """Somebody asked for the end: it is told to the client in due form."""


class TurnAbandoned(Exception):
    """Nobody listens any more: there is no one to tell."""


class TurnControl:
    """Shared by the thread that makes a turn and those that may end it."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._abandoned = False
        self.stopped = False
        """Ended by the worker's own end, and nobody's wish."""
        self._told: list[Callable[[], None]] = []

    def interrupt(self) -> None:
        self._end()

    def stop(self) -> None:
        self.stopped = True
        self._end()

    def abandon(self) -> None:
        self._abandoned = True
        self._end()

    def at_end(self, tell: Callable[[], None]) -> None:
        """`tell` is called once the turn is to end, by whoever ends it: it must not block, and may be called twice."""
        self._told.append(tell)
        if self._ended.is_set():
            tell()

    def _end(self) -> None:
        self._ended.set()
        for tell in [*self._told]:
            tell()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def abandoned(self) -> bool:
        return self._abandoned

    def check(self) -> None:
        """Raises TurnInterrupted or TurnAbandoned once that is so."""
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """As long as that, or until the end: then raises as `check`."""
        ended = self._ended.is_set() if seconds <= 0 else self._ended.wait(seconds)
        if ended:
            raise TurnAbandoned if self._abandoned else TurnInterrupted
