"""End a turn: what was delivered is paid, the rest of its hold returns, its slot is free. Once, whoever comes first."""

from parley.domain.errors import NotFound
from parley.domain.spaces import Space
from parley.domain.turns import EndedStatus, Turn
from parley.store.stores import Stores


def settle_turn(
    stores: Stores, turn: Turn, samples: int, status: EndedStatus, *, error_code: str | None = None
) -> Turn:
    """The ended turn, charged for `samples` and never above its hold; one that has ended is given as it stands."""
    now = stores.clock.now()
    return stores.turns.end(turn.space, turn.id, status, samples, now, error_code=error_code)


def refuse_turn(stores: Stores, turn: Turn, error_code: str) -> Turn:
    """Ends a turn of which nobody heard anything: all returns, and its Idempotency-Key may be used again."""
    now = stores.clock.now()
    return stores.turns.end(turn.space, turn.id, "failed", 0, now, error_code=error_code, give_up_key=True)


def settle_lost_turn(stores: Stores, space: Space, turn_id: str) -> Turn | None:
    """For a turn whose relay fell silent: settled to the samples it last recorded. None while its lease runs."""
    try:
        turn = stores.turns.get(space, turn_id)
    except NotFound:
        return None
    if turn.ended or turn.lease_expires > stores.clock.now().timestamp():
        return None
    return settle_turn(stores, turn, turn.samples, "failed", error_code="relay_lost")
