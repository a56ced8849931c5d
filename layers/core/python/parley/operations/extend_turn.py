"""Pay on for a turn that still speaks: its hold grows in steps, each one transaction."""

from parley.domain.errors import TooLarge
from parley.domain.turns import EXTEND_BELOW_MICROS, EXTENSION_MICROS, LONGEST_MICROS, MICROS_PER_SECOND, Turn
from parley.operations.caller import Caller
from parley.store.stores import Stores


def extend_turn(stores: Stores, caller: Caller, turn: Turn, samples: int) -> Turn:
    """The turn, its hold grown by one step beyond `samples` at `turn.sample_rate`: what has been or is to be delivered.

    Call it while `is_running_short(turn, samples)`, and before samples beyond `turn.max_samples` go out; go on with the
    turn that it gives: `max_samples` is how far it may go now. That may be less than a step where the wallet or the key
    has less. The same call again changes nothing: a step is named by the sum that it leads to. Settling is never above
    the sum of all steps.

    Raises InsufficientCredits or SpendLimitExceeded where not even a second more can be paid, TooLarge `turn_too_long`
    at 30 minutes, Conflict `turn_ended`. Then nothing was changed: the turn may go on to its `max_samples`, and has to
    end there with the error's code and message as its `error` record.
    """
    needed = -(-samples * MICROS_PER_SECOND // turn.sample_rate)
    if needed > LONGEST_MICROS or turn.reserved_credit_micros >= LONGEST_MICROS:
        raise TooLarge("One turn lasts 30 minutes at most. Begin another to go on.", "turn_too_long")
    upto = min(LONGEST_MICROS, needed + EXTENSION_MICROS)
    return stores.turns.extend(turn, upto, caller.plan, stores.clock.now())


def is_running_short(turn: Turn, samples: int) -> bool:
    """Whether so little of the hold is left after `samples` that it should grow now, ahead of need."""
    left = turn.reserved_credit_micros - samples * MICROS_PER_SECOND // turn.sample_rate
    return left < EXTEND_BELOW_MICROS and turn.reserved_credit_micros < LONGEST_MICROS
