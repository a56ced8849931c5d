"""What a caller who waited hears of a render that did not complete: the render's own status and code."""

from parley.domain.errors import (
    Conflict,
    InsufficientCredits,
    InvalidInput,
    ParleyError,
    TooLarge,
    Unavailable,
    UpstreamFailed,
)
from parley.domain.renders import Render

_BY_STATUS: dict[int, type[ParleyError]] = {
    402: InsufficientCredits,
    409: Conflict,
    413: TooLarge,
    422: InvalidInput,
    503: Unavailable,
}


def render_failure(render: Render) -> ParleyError:
    """The error of a failed or canceled render."""
    if render.status == "canceled":
        return Conflict(f"Render {render.id} was canceled.", "render_canceled")
    if render.error is None:
        return UpstreamFailed(f"Render {render.id} failed. Nothing was charged; try again.")
    kind = _BY_STATUS.get(render.error.status, UpstreamFailed)
    return kind(render.error.message, render.error.code)
