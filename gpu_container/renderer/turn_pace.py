"""How far a turn may be ahead of its own playing: far enough to ride over a stall, not so far that work is wasted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

AT_MOST_SEC: Final = 2.0
AT_FIRST_SEC: Final = 0.7
GAIN: Final = 0.25
"""Seconds more ahead per second played: nobody who begins takes all cores from those who are playing."""


class Pace:
    """`clock` in seconds. The turn's playing begins with its first picture."""

    def __init__(self, clock: Callable[[], float], wait: Callable[[float], None]) -> None:
        self._clock, self._wait = clock, wait
        self._began: float | None = None

    @property
    def played_sec(self) -> float | None:
        """How long it has been playing; None before the first picture."""
        return None if self._began is None else self._clock() - self._began

    def reach(self, position_sec: float) -> None:
        """Waits until what plays at `position_sec` may be made and sent."""
        played = self.played_sec
        if played is None:
            self._began = self._clock()
            return
        while (early := position_sec - played - min(AT_MOST_SEC, AT_FIRST_SEC + GAIN * played)) > 0:
            self._wait(early)
            played = self._clock() - (self._began or 0.0)

    def resume(self, position_sec: float) -> None:
        """What plays at `position_sec` comes next, after a pause in which a client may have played all it had."""
        if self._began is not None:
            self._began = max(self._began, self._clock() - position_sec)
