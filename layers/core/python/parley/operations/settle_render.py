"""End a render that went well: it is completed and its real length is paid, in one transaction."""

from parley.domain.errors import Conflict
from parley.domain.object_keys import outputs_prefix
from parley.domain.renders import Render, RenderOutput
from parley.domain.spaces import Space
from parley.operations.clear_render_files import clear_outputs, clear_speech
from parley.operations.end_batch_line import end_batch_line
from parley.store.stores import Stores
from parley.wire.render_job import RenderDone


def settle_render(stores: Stores, space: Space, done: RenderDone) -> Render:
    """The completed render; a repetition gives it as it stands and finishes what was left undone.

    Raises Conflict: `render_ended` for a render refunded or canceled before, `lease_lost` for an old worker's result,
    `output_missing` when there is no such file. Then nothing was charged.
    """
    _require_output(stores, space, done)
    output = RenderOutput(
        fence=done.fence,
        output_key=done.output_key,
        frames=done.frames,
        fps=done.fps,
        width=done.width,
        height=done.height,
        duration_seconds=done.duration_seconds,
        captions_key=_own_captions(space, done),
    )
    render = stores.renders.finish(space, done.render_id, output, stores.clock.now())
    clear_speech(stores, space, render.id)
    clear_outputs(stores, space, render.id, but=(render.output_key, render.captions_key))
    end_batch_line(stores, render)
    return render


def _own_captions(space: Space, done: RenderDone) -> str | None:
    """The captions' key, if it is a file of this render."""
    key = done.captions_key
    return key if key is not None and key.startswith(outputs_prefix(space, done.render_id)) else None


def _require_output(stores: Stores, space: Space, done: RenderDone) -> None:
    """Nobody pays for a file that is not there, or for another's."""
    ours = done.output_key.startswith(outputs_prefix(space, done.render_id))
    if ours and stores.media.head(done.output_key) is not None:
        return
    render = stores.renders.get(space, done.render_id)
    if render.ended:
        # Whoever ended it cleared its files away.
        raise Conflict(f"Render {render.id} is {render.status}: this result came too late.", "render_ended")
    raise Conflict(f"The result of render {render.id} is not in the bucket.", "output_missing")
