"""How many workers there are to be: none while nobody wants one, one soon after somebody does, more for more work."""

from dataclasses import dataclass, replace
from math import ceil

ASK_AGAIN_SECONDS = 20
"""So long one caller's wish speaks for all."""
LEAST_WAIT_SECONDS = 5
# Room for the turns that begin before the next look.
_SPARE_SLOTS = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPolicy:
    """Workers stay `warm_seconds` after the last work; one takes about `start_seconds` to start; at most `maximum`."""

    warm_seconds: int
    start_seconds: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the fleet is to be, in epoch seconds; `version` grows with every change.

    `resting`: it was sent to rest and nobody has asked since. `spare_since`: since when there are more workers than
    work.
    """

    wanted_until: int = 0
    asked_at: int = 0
    woken_at: int = 0
    grown_at: int = 0
    spare_since: int | None = None
    resting: bool = True
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The work there is: renders that wait and that are being made; workers alive, their slots, and those taken."""

    waiting: int = 0
    rendering: int = 0
    workers: int = 0
    slots: int = 0
    busy: int = 0

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.rendering or self.busy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the sweeper does: writes `wish` when it is another, then asks for `desired` workers when they are others."""

    wish: Wish
    desired: int


def asked(seen: Wish, policy: FleetPolicy, now: int) -> Wish | None:
    """The wish of somebody who needs a worker; None where one was asked for just now."""
    if not seen.resting and seen.asked_at > now - ASK_AGAIN_SECONDS:
        return None
    woken = now if seen.resting else seen.woken_at
    until = max(seen.wanted_until, now + policy.warm_seconds, woken + policy.start_seconds + policy.warm_seconds)
    return replace(seen, wanted_until=until, asked_at=now, woken_at=woken, resting=False, version=seen.version + 1)


def grown(seen: Wish, policy: FleetPolicy, now: int) -> Wish | None:
    """The wish for one worker more; None while one that was asked for may still be starting."""
    if policy.maximum <= 1 or max(seen.woken_at, seen.grown_at) > now - policy.start_seconds:
        return None
    until = max(seen.wanted_until, now + policy.start_seconds + policy.warm_seconds)
    return replace(seen, wanted_until=until, grown_at=now, spare_since=None, resting=False, version=seen.version + 1)


def wait_seconds(seen: Wish, policy: FleetPolicy, now: int) -> int:
    """How long a worker that starts will still take, as far as one can tell."""
    started = max(seen.woken_at, seen.grown_at)
    return min(policy.start_seconds, max(LEAST_WAIT_SECONDS, started + policy.start_seconds - now))


def tended(seen: Wish, load: Load, desired: int, policy: FleetPolicy, now: int) -> Step:
    """What a look at the fleet leads to: it stays warm while it works, shrinks to its work, and rests at last."""
    wish = seen if load.idle else _kept_warm(seen, policy, now)
    if wish.wanted_until <= now:
        return Step(wish=_next(seen, replace(wish, resting=True, spare_since=None)), desired=0)
    enough = max(1, desired)
    needed = workers_needed(load, enough)
    since = None if needed >= enough else (wish.spare_since or now)
    if since is not None and now - max(since, wish.grown_at) >= policy.warm_seconds:
        enough, since = needed, None
    return Step(wish=_next(seen, replace(wish, spare_since=since)), desired=enough)


def workers_needed(load: Load, desired: int) -> int:
    """How few would do, at least one: none fewer while a render waits."""
    if load.waiting:
        return desired
    slots_each = max(1, load.slots // max(1, load.workers))
    return max(1, load.rendering, ceil(_SPARE_SLOTS * load.busy / slots_each))


def _kept_warm(seen: Wish, policy: FleetPolicy, now: int) -> Wish:
    until = max(seen.wanted_until, now + policy.warm_seconds)
    woken = now if seen.resting else seen.woken_at
    return replace(seen, wanted_until=until, woken_at=woken, resting=False)


def _next(seen: Wish, wish: Wish) -> Wish:
    return wish if wish == seen else replace(wish, version=seen.version + 1)
