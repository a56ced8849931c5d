"""Look after the workers: enough while there is work, none once nobody has wanted one for a while."""

from dataclasses import dataclass

from parley.domain.fleet import Load, Step, Wish, tended
from parley.domain.times import epoch
from parley.store.fleet import Fleet
from parley.store.ports import RendererService
from parley.store.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """What was found, and how many workers are to be there now."""

    load: Load
    desired: int


def tend_fleet(stores: Stores) -> Tended | None:
    """None where workers are started by other means. Safe beside any number of others who wake or tend the fleet."""
    fleet, service = stores.fleet, stores.fleet.service
    if service is None:
        return None
    # The wish before the work: work that comes after this look brings a wish that the write below will meet.
    seen = fleet.read()
    load = _load(stores)
    desired = service.desired()
    step = tended(seen, load, desired, fleet.policy, epoch(stores.clock.now()))
    if step.wish != seen and not fleet.keep(step.wish, seen):
        return Tended(load=load, desired=desired)
    if step.desired != desired:
        service.set_desired(step.desired)
        if step.desired == 0:
            return Tended(load=load, desired=_look_again(stores, fleet, service, step))
    return Tended(load=load, desired=step.desired)


def _look_again(stores: Stores, fleet: Fleet, service: RendererService, step: Step) -> int:
    """Who woke the fleet after our wish to rest may have been answered before our zero: then theirs is said again."""
    if _is_ours(fleet.read(), step.wish) and _load(stores).idle:
        return 0
    service.set_desired(1)
    return 1


def _is_ours(now: Wish, ours: Wish) -> bool:
    return now.version == ours.version


def _load(stores: Stores) -> Load:
    depth = stores.render_queue.depth()
    workers, slots, busy = stores.workers.load(stores.clock.now())
    return Load(waiting=depth.visible, rendering=depth.hidden, workers=workers, slots=slots, busy=busy)
