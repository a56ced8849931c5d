"""What a running turn may still deliver: its hold grows by steps while it speaks, and ends it where it cannot."""

from functools import partial

import anyio
from anyio.to_thread import run_sync
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from parley.domain.errors import ParleyError, Unavailable
from parley.domain.turns import Turn
from parley.operations.caller import Caller
from parley.operations.extend_turn import extend_turn, is_running_short
from parley.store.stores import Stores

logger = Logger(service="parley-turn")


class Credit:
    """`turn` is the turn with what is held for it now. Two may ask at once: one step is made, both go by it."""

    def __init__(self, stores: Stores, caller: Caller, turn: Turn) -> None:
        self._stores, self._caller = stores, caller
        self.turn = turn
        self._lock = anyio.Lock()

    async def cover(self, samples: int) -> None:
        """Returns once so many samples in all may be delivered. Raises ParleyError where they may not."""
        while samples > self.turn.max_samples:
            async with self._lock:
                if samples > self.turn.max_samples:
                    await self._extend(samples)

    async def keep_ahead(self, delivered: int) -> None:
        """Grows the hold in good time. What stands in the way is told by `cover`, should it come to that."""
        if not is_running_short(self.turn, delivered):
            return
        async with self._lock:
            try:
                if is_running_short(self.turn, delivered):
                    await self._extend(delivered)
            except ParleyError as refusal:
                logger.info("a hold could not grow", turnId=self.turn.id, why=refusal.code)

    async def _extend(self, samples: int) -> None:
        try:
            self.turn = await run_sync(partial(extend_turn, self._stores, self._caller, self.turn, samples))
        except (BotoCoreError, ClientError) as failure:
            logger.exception("a hold could not grow", turnId=self.turn.id)
            raise Unavailable("What the turn still needs could not be set aside. Try again.") from failure
