"""Stop a render that has not ended: all it held is given back."""

from parley.domain.errors import Conflict
from parley.domain.renders import Render
from parley.operations.caller import Caller
from parley.operations.clear_render_files import clear_outputs, clear_speech
from parley.operations.end_batch_line import end_batch_line
from parley.store.stores import Stores


def cancel_render(stores: Stores, caller: Caller, render_id: str) -> Render:
    """The canceled render; canceling it again changes nothing. Raises NotFound, Conflict (`render_ended`)."""
    render = stores.renders.refund(caller.space, render_id, "canceled", stores.clock.now())
    if render.status != "canceled":
        raise Conflict(f"Render {render_id} is {render.status}: there is nothing left to cancel.", "render_ended")
    # The worker notices by itself, at its next heartbeat; this only ends the waiting.
    stores.workflow.stop(render_id, error="Canceled", cause="canceled through the API")
    clear_speech(stores, caller.space, render_id)
    clear_outputs(stores, caller.space, render_id)
    end_batch_line(stores, render)
    return render
