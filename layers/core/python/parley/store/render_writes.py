"""A render's own writes: what each change of its state demands of the item as it stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parley.domain.errors import Conflict, NotFound
from parley.domain.renders import ACTIVE, Render, RenderError, RenderOutput, more_operation
from parley.domain.spaces import Space
from parley.domain.times import epoch, iso
from parley.store.mapping import set_clause, to_item
from parley.store.ports import Item, ItemKey, Write
from parley.store.schema import due_attributes
from parley.store.wallet_writes import Overtaken, Replayed, hold_key

# A render that nobody took up this long after its submission is sent again by the sweeper.
RESEND_SECONDS = 30
_ACTIVE = "#status IN (:queued, :processing)"
_UNLEASED = "attribute_not_exists(#leaseExpires) OR #leaseExpires <= :now OR #leaseOwner = :owner"
_ACTIVE_VALUES: dict[str, str] = {status: status for status in ACTIVE}
_NOT_DUE = {"dueShard": None, "dueAt": None}


def render_key(space: Space, render_id: str) -> ItemKey:
    return ItemKey(space.partition, f"RENDER#{render_id}")


def render_and_holds(space: Space, render_id: str) -> list[ItemKey]:
    """The render, its hold, and the second hold that longer speech may have needed."""
    return [render_key(space, render_id), hold_key(space, render_id), hold_key(space, more_operation(render_id))]


def absent(render_id: str) -> NotFound:
    return NotFound(f"There is no render {render_id}.")


def ended(render_id: str, status: str) -> Conflict:
    return Conflict(f"Render {render_id} is {status}: nothing can be changed any more.", "render_ended")


def submitted(render: Render, at: datetime) -> Write:
    """A new render, due for another sending soon. Refusal: Replayed."""
    return Write(
        kind="put",
        key=render_key(render.space, render.id),
        item={**to_item(render), **due_attributes(render.id, epoch(at) + RESEND_SECONDS)},
        condition="attribute_not_exists(pk)",
        refused=lambda _: Replayed(),
    )


def begun(space: Space, render_id: str, at: datetime) -> Write:
    """queued -> processing. Refusals: NotFound, Replayed when it was begun before, Conflict `render_ended`."""

    def refused(old: Item | None) -> Exception:
        return Replayed() if old and old["status"] == "processing" else _refusal(render_id, old)

    changes = {"status": "processing", "startedAt": iso(at), "updatedAt": iso(at), **_NOT_DUE}
    return _update(space, render_id, changes, "#status = :queued", {"queued": "queued"}, refused)


def postponed(space: Space, render_id: str, at: datetime) -> Write:
    """Still queued: due for another sending later. Refusals: NotFound, Replayed when it is no longer queued."""

    def refused(old: Item | None) -> Exception:
        return absent(render_id) if old is None else Replayed()

    changes = due_attributes(render_id, epoch(at) + RESEND_SECONDS)
    return _update(space, render_id, changes, "#status = :queued", {"queued": "queued"}, refused)


def leased(space: Space, render_id: str, owner: str, at: datetime, seconds: int) -> Write:
    """A worker takes it: the fence grows. Refusals: NotFound, Conflict `render_ended` or `render_leased`."""

    def refused(old: Item | None) -> Exception:
        if old is None or old["status"] not in ACTIVE:
            return _refusal(render_id, old)
        return Conflict(f"Render {render_id} is being made by another worker.", "render_leased")

    now = epoch(at)
    return Write(
        kind="update",
        key=render_key(space, render_id),
        update="SET #status = :processing, #leaseOwner = :owner, #leaseExpires = :expires, #updatedAt = :at, "
        "#startedAt = if_not_exists(#startedAt, :at) REMOVE #dueShard, #dueAt ADD #fence :one",
        condition=f"{_ACTIVE} AND ({_UNLEASED})",
        values={**_ACTIVE_VALUES, "owner": owner, "expires": now + seconds, "at": iso(at), "now": now, "one": 1},
        refused=refused,
    )


def renewed(space: Space, render_id: str, fence: int, at: datetime, seconds: int, progress: float) -> Write:
    """The worker of that fence goes on. Refusal: Conflict `lease_lost` (or `render_ended`, NotFound)."""
    changes = {"leaseExpires": epoch(at) + seconds, "progress": round(progress, 4), "updatedAt": iso(at)}
    return _fenced(space, render_id, fence, changes)


def put_down(space: Space, render_id: str, fence: int, at: datetime) -> Write:
    """The worker of that fence gives up its lease, so that the next need not wait. Refusal: as for `renewed`."""
    return _fenced(space, render_id, fence, {"leaseExpires": None, "leaseOwner": None, "updatedAt": iso(at)})


def topped_up(render: Render, amount: int, at: datetime) -> Write:
    """More is reserved than was. Refusals: NotFound, Conflict `render_ended`, Overtaken."""
    changes = {"reservedCreditMicros": render.reserved_credit_micros + amount, "updatedAt": iso(at)}
    return _as_seen(render, changes, _ACTIVE, _ACTIVE_VALUES)


def completed(render: Render, output: RenderOutput, billed: int, at: datetime) -> Write:
    """processing -> completed, by the worker whose fence is the newest. Refusals: as for `topped_up`."""
    changes: dict[str, Any] = {
        "status": "completed",
        "progress": 1.0,
        "billedCreditMicros": billed,
        "frames": output.frames,
        "durationSeconds": output.duration_seconds,
        "width": output.width,
        "height": output.height,
        "outputKey": output.output_key,
        "captionsKey": output.captions_key,
        "updatedAt": iso(at),
        "completedAt": iso(at),
        **_NOT_DUE,
    }
    return _as_seen(
        render,
        changes,
        "#status = :wasProcessing AND #fence = :fence",
        {"wasProcessing": "processing", "fence": output.fence},
    )


def refunded(render: Render, status: str, error: RenderError | None, at: datetime) -> Write:
    """To failed or canceled. Refusals: as for `topped_up`."""
    changes = {
        "status": status,
        "billedCreditMicros": 0,
        "error": error,
        "updatedAt": iso(at),
        "completedAt": iso(at),
        **_NOT_DUE,
    }
    return _as_seen(render, changes, _ACTIVE, _ACTIVE_VALUES)


def _as_seen(render: Render, changes: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> Write:
    """An update that also demands that no more was reserved since the render was read: its holds end with it."""

    def refused(old: Item | None) -> Exception:
        return Overtaken(old) if old and old["status"] in ACTIVE else _refusal(render.id, old)

    demand = f"{condition} AND #reservedCreditMicros = :seen"
    seen = {**values, "seen": render.reserved_credit_micros}
    return _update(render.space, render.id, changes, demand, seen, refused)


def _fenced(space: Space, render_id: str, fence: int, changes: Mapping[str, Any]) -> Write:
    def refused(old: Item | None) -> Exception:
        if old is None or old["status"] not in ACTIVE:
            return _refusal(render_id, old)
        return Conflict(f"Render {render_id} was taken over by another worker.", "lease_lost")

    condition = "#status = :wasProcessing AND #fence = :fence"
    return _update(space, render_id, changes, condition, {"wasProcessing": "processing", "fence": fence}, refused)


def _update(
    space: Space, render_id: str, changes: Mapping[str, Any], condition: str, values: Mapping[str, Any], refused: Any
) -> Write:
    clause, changed = set_clause(changes)
    return Write(
        kind="update",
        key=render_key(space, render_id),
        update=clause,
        condition=condition,
        values={**changed, **values},
        refused=refused,
    )


def _refusal(render_id: str, old: Item | None) -> Exception:
    return absent(render_id) if old is None else ended(render_id, str(old["status"]))
