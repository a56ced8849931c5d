"""End a render that failed: all it held returns, and it says what to change."""

from parley.domain.errors import Conflict
from parley.domain.renders import Render, RenderError
from parley.domain.spaces import Space
from parley.operations.clear_render_files import clear_outputs, clear_speech
from parley.operations.end_batch_line import end_batch_line
from parley.store.stores import Stores


def refund_render(stores: Stores, space: Space, render_id: str, error: RenderError) -> Render:
    """The failed render, or, when it had ended before, as it stands: a completed one stays completed and paid.

    Safe to repeat. Raises NotFound.
    """
    render = stores.renders.refund(space, render_id, "failed", stores.clock.now(), error=error)
    if not render.ended:
        raise Conflict(f"Render {render_id} could not be ended.")
    clear_speech(stores, space, render_id)
    kept = (render.output_key, render.captions_key) if render.status == "completed" else ()
    clear_outputs(stores, space, render_id, but=kept)
    end_batch_line(stores, render)
    return render
