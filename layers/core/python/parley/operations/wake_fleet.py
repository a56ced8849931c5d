"""Ask for a worker where none may be running: the first who asks starts one, the others are told how long it takes."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from parley.domain.errors import InsufficientCredits, ParleyError, Unavailable
from parley.domain.fleet import ASK_AGAIN_SECONDS, asked, grown, wait_seconds
from parley.domain.times import epoch
from parley.operations.caller import Caller
from parley.store.fleet import Fleet
from parley.store.ports import RendererService
from parley.store.stores import Stores

logger = Logger(service="parley")
# Others who ask at the same moment wish for the same: a few tries are enough.
_TRIES = 5
_NOBODY = "No worker is free to speak. Nothing was charged: try again in a moment."


def wake_fleet(stores: Stores) -> None:
    """There is work, now or soon: a worker is to run, and to stay a while. Never fails what called it."""
    fleet, now = stores.fleet, epoch(stores.clock.now())
    if fleet.service is None or now < fleet.asked_until:
        return
    try:
        _wake(fleet, fleet.service, now)
    except (ParleyError, BotoCoreError, ClientError):
        # The sweeper sees the wish, or the work itself, within a minute.
        logger.exception("the renderer service could not be asked for a worker")


def no_worker(stores: Stores, caller: Caller) -> ParleyError:
    """What a caller is told who needs a worker at once, after one was asked for.

    Nobody without credit has one started: InsufficientCredits. Else Unavailable, `worker_starting` with the time that
    it may take, or `worker_unavailable` where workers are started by other means.
    """
    fleet = stores.fleet
    if fleet.service is None:
        return _unserved(Unavailable(_NOBODY, "worker_unavailable"))
    now = stores.clock.now()
    if stores.wallets.touch(caller.space, caller.plan, now).total <= 0:
        return InsufficientCredits("There is no credit left to speak with. Add credits.")
    wake_fleet(stores)
    live = stores.workers.live(now)
    if not live:
        return _unserved(_starting(fleet, epoch(now)))
    if all(worker.free <= 0 for worker in live):
        _grow(fleet, fleet.service, epoch(now))
    return _unserved(Unavailable(_NOBODY, "worker_unavailable"))


def _wake(fleet: Fleet, service: RendererService, now: int) -> None:
    for _ in range(_TRIES):
        seen = fleet.read()
        wish = asked(seen, fleet.policy, now)
        if wish is None or fleet.keep(wish, seen):
            fleet.asked_until = now + ASK_AGAIN_SECONDS
            # Sent to rest a moment ago, what the service says of itself may be older than that.
            if wish is not None and (seen.resting or service.desired() == 0):
                service.set_desired(1)
            return


def _grow(fleet: Fleet, service: RendererService, now: int) -> None:
    """One worker more, where there may be more and none was asked for just now."""
    try:
        seen = fleet.read()
        wish = grown(seen, fleet.policy, now)
        if wish is not None and fleet.keep(wish, seen):
            desired = service.desired()
            if desired < fleet.policy.maximum:
                service.set_desired(desired + 1)
    except (ParleyError, BotoCoreError, ClientError):
        logger.exception("the renderer service could not be asked for one worker more")


def _unserved(refusal: Unavailable) -> Unavailable:
    metrics = EphemeralMetrics(namespace="Parley", service="parley-turn")
    metrics.add_metadata("code", refusal.code)
    metrics.add_metric("TurnsWithoutWorker", MetricUnit.Count, 1)
    metrics.flush_metrics()
    return refusal


def _starting(fleet: Fleet, now: int) -> Unavailable:
    seconds = wait_seconds(fleet.read(), fleet.policy, now)
    return Unavailable(
        f"A worker is starting, which takes about {fleet.policy.start_seconds} seconds. Nothing was charged: try again "
        f"in {seconds} seconds.",
        "worker_starting",
        retry_after_seconds=seconds,
    )
