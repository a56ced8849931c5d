"""A process that is killed at its n-th call to the cloud, whichever that is: before the call gets out, or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from parley.store.dynamo import DynamoTable
from parley.store.stores import Stores, stores_on


class Killed(BaseException):
    """Nothing after it runs: no except clause of ours, no second try."""


class Doom:
    """Strikes at call `at` (counted from 1), `after` it took effect or before."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.calls = 0
        self._at, self._after = at, after

    def around(self, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self._at and not self._after:
            raise Killed
        result = call(*args, **named)
        if self.calls == self._at:
            raise Killed
        return result


class Doomed:
    """Anything of the cloud, every call of which passes the doom."""

    def __init__(self, target: Any, doom: Doom) -> None:
        self._target, self._doom = target, doom

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found
        return lambda *args, **named: self._doom.around(found, *args, **named)


def doomed(stores: Stores, doom: Doom) -> Stores:
    """The same stores as a process has them that will be killed."""
    assert isinstance(stores.table, DynamoTable)
    made = stores_on(Doomed(stores.table, doom), stores.settings, stores.clock)
    clouds = {name: Doomed(getattr(stores, name), doom) for name in ("uploads", "media", "submitted_queue", "workflow")}
    return replace(made, ids=stores.ids, **clouds)


def every_death(stores: Stores, act: Callable[[Stores], object]) -> Iterator[str]:
    """Kills `act` at each of its calls in turn, before and after, until it lives through; yields each time.

    `act` must be ready to be done afresh each time: on another render, say. The caller looks and mends.
    """
    for after in (False, True):
        at = 1
        while True:
            doom = Doom(at, after=after)
            try:
                act(doomed(stores, doom))
            except Killed:
                yield f"{'after' if after else 'before'} call {at}"
                at += 1
                continue
            yield "unharmed"
            break
