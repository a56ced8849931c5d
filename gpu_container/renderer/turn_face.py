"""Waiting for a turn's face: loading may take a second, and whoever ends the turn does not wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from renderer.ahead import Ahead, NotYet
from renderer.turn_control import TurnControl

Face = TypeVar("Face")
_POLL_SEC: Final = 0.02


def loaded(load: Callable[[], Face], control: TurnControl) -> Face:
    """What `load` gives or raises, in a thread of its own. Raises TurnInterrupted or TurnAbandoned as soon as it is so:
    `load` goes on for the turns to come."""

    def once() -> Iterator[Face]:
        yield load()

    loading = Ahead(once(), 1, "face")
    try:
        while True:
            control.check()
            try:
                return loading.take(_POLL_SEC)
            except NotYet:
                continue
    finally:
        loading.close()
