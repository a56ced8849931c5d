"""Turns among the moves of the wallet machine: begun, kept alive, paid on and ended beside renders and bare holds."""

from datetime import timedelta
from typing import Any

from given import SECOND, a_turn
from hypothesis import strategies as st
from hypothesis.stateful import rule
from wallet_machine import KEYS, PLAN, Fate, WalletMachine, amounts, fates, keys, pick_one, which

from parley.domain.errors import NotFound
from parley.domain.turns import Turn
from parley.store.due import Due
from parley.store.turns import Turns


class TurnMachine(WalletMachine):
    """Slots are shared with renders, the wallet with everything."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns(self.table, hold_seconds=600, pick=min)
        self.begun: list[Turn] = []

    @rule(key=keys, wanted=amounts, used=st.sampled_from([None, "once", "twice"]), fate=fates)
    def start_turn(self, key: str, wanted: int, used: str | None = None, fate: Fate = None) -> None:
        turn, rival = (a_turn(self.stores, KEYS[key][0], key_id=key, idempotency_key=used) for _ in range(2))
        self.begun += [rival, turn]
        self.move(
            lambda: self.turns.start(turn, wanted, PLAN, self.at),
            fate,
            lambda: self.turns.start(turn, wanted, PLAN, self.at),
            lambda: self.turns.start(rival, wanted, PLAN, self.at),
        )

    @rule(key=keys, one=which, samples=st.integers(0, 500_000), seconds=st.sampled_from([2, 16]), fate=fates)
    def keep_turn_alive(self, key: str, one: int, samples: int, seconds: int, fate: Fate) -> None:
        """In time, or later than its lease."""
        turn = self.turn(key, one)
        rival = a_turn(self.stores, KEYS[key][0], key_id=key)
        self.begun.append(rival)
        self.at += timedelta(seconds=seconds)
        self.move(
            lambda: self.turns.keep_alive(turn, samples, self.at),
            fate,
            lambda: self.turns.end(turn.space, turn.id, "failed", samples, self.at),
            lambda: self.turns.start(rival, SECOND, PLAN, self.at),
        )

    @rule(
        key=keys,
        one=which,
        status=st.sampled_from(["completed", "interrupted", "failed"]),
        samples=st.sampled_from([0, 1, 24_000, 100_000, 10_000_000]),
        fate=fates,
    )
    def end_turn(self, key: str, one: int, status: Any, samples: int, fate: Fate) -> None:
        turn = self.turn(key, one)
        nothing = samples == 0
        self.move(
            lambda: self.turns.end(turn.space, turn.id, status, samples, self.at, give_up_key=nothing),
            fate,
            lambda: self.turns.end(turn.space, turn.id, "failed", samples + 1, self.at),
            lambda: self.turns.keep_alive(turn, samples, self.at),
        )

    @rule(key=keys, one=which, more=amounts, fate=fates)
    def extend_turn(self, key: str, one: int, more: int, fate: Fate) -> None:
        """To a sum of its own; a rival has it grow to another, ends it, or takes what is left in the wallet."""
        turn = self.turn(key, one)
        rival = a_turn(self.stores, KEYS[key][0], key_id=key)
        self.begun.append(rival)
        upto = turn.reserved_credit_micros + more
        self.move(
            lambda: self.turns.extend(turn, upto, PLAN, self.at),
            fate,
            lambda: self.turns.extend(turn, upto + 1, PLAN, self.at),
            lambda: self.turns.end(turn.space, turn.id, "completed", 100_000, self.at),
            lambda: self.turns.start(rival, 20 * SECOND, PLAN, self.at),
        )

    def turn(self, key: str, one: int) -> Turn:
        if one == 0 or not self.begun:
            self.start_turn(key, wanted=5 * SECOND)
        seen: Turn = pick_one(self.begun, one)
        try:
            # As the relay knows it: with the slot that it was given.
            return self.turns.get(seen.space, seen.id)
        except NotFound:
            return seen

    def not_swept_yet(self, thing: Due) -> bool:
        if thing.id not in {turn.id for turn in self.begun}:
            return True
        lost = self.turns.get(thing.space, thing.id)
        self.turns.end(thing.space, thing.id, "failed", lost.samples, self.at)
        return False
