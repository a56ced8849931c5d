"""Cut a turn short: find whose it is and where it is made. Saying it twice is no error."""

from dataclasses import dataclass

from parley.domain.turns import Turn
from parley.operations.caller import Caller
from parley.operations.start_turn import turn_token
from parley.store.stores import Stores
from parley.store.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """The turn as it stands; while it streams, the worker to tell and the token that it asks for."""

    turn: Turn
    worker: Worker | None = None
    token: str = ""


def interrupt_turn(stores: Stores, caller: Caller, turn_id: str) -> Interruption:
    """Whom to tell. Raises NotFound, for another tenant's turn too."""
    turn = stores.turns.get(caller.space, turn_id)
    worker = None if turn.ended else worker_of(turn)
    token = "" if worker is None else turn_token(stores, turn.id, worker.id)
    return Interruption(turn=turn, worker=worker, token=token)


def worker_of(turn: Turn) -> Worker | None:
    """Where the turn is made, as it was when it began: its registration may be over by now."""
    if turn.worker_id is None or turn.worker_address is None:
        return None
    return Worker(
        id=turn.worker_id,
        address=turn.worker_address,
        fingerprint=turn.worker_fingerprint,
        slots=1,
        free=0,
        lease_expires=turn.lease_expires,
    )
