"""How errors cross the state machine: our own as JSON in an exception's message, everything else by its name."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from parley.domain.errors import ParleyError
from parley.domain.renders import RenderError


class StepUnavailable(Exception):
    """Something is down for the moment: the state machine tries the step again. The message is an error as JSON."""


class StepRejected(Exception):
    """The request itself is at fault: the state machine refunds at once. The message is an error as JSON."""


class Failure(BaseModel):
    """What a Catch of the state machine hands on. A cause may be missing: not every engine keeps it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    Error: str = ""
    Cause: str | None = None


_SORRY: Final = "Nothing was charged: submit it again."
_TIMEOUT: Final = RenderError(
    code="render_timeout", message=f"The render was not finished in time. {_SORRY}", status=503
)
# What a worker reports by code, and what to tell where its own words were lost on the way.
_BY_CODE: Final[Mapping[str, RenderError]] = {
    error.code: error
    for error in (
        RenderError(
            code="render_crashed",
            message="The renderer broke down on this input several times. Nothing was charged: try other speech.",
            status=502,
        ),
        RenderError(code="render_over", message=f"The render had ended already. {_SORRY}", status=409),
        RenderError(
            code="avatar_gone",
            message="The avatar's picture was deleted before the render began. Make the avatar again.",
            status=404,
        ),
        RenderError(
            code="avatar_outdated",
            message="The avatar was prepared for an older renderer. Upload its picture again.",
            status=409,
        ),
        RenderError(
            code="background_gone", message=f"The picture behind the speaker was deleted. {_SORRY}", status=404
        ),
        RenderError(
            code="captions_undrawable",
            message="No font here has the letters of these captions. Nothing was charged: leave captions out, and take"
            " them as WebVTT from captionsUrl.",
            status=422,
        ),
        RenderError(
            code="look_unknown", message=f"This worker cannot draw that shape or these captions. {_SORRY}", status=503
        ),
        RenderError(code="emotion_unknown", message=f"This worker cannot show that emotion. {_SORRY}", status=503),
        RenderError(code="speech_gone", message=f"The speech of this render was deleted. {_SORRY}", status=404),
    )
}
_UNUSABLE: Final = "The sound, or the picture behind the speaker, cannot be used. Nothing was charged: send another."
_FAILED: Final = RenderError(code="render_failed", message=f"The render failed on our side. {_SORRY}", status=502)


@contextmanager
def told_to_the_machine() -> Generator[None]:
    """Turns our own errors into the two that the state machine tells apart."""
    try:
        yield
    except ParleyError as error:
        text = json.dumps({"code": error.code, "message": error.message, "status": error.status})
        raise (StepUnavailable if error.retryable else StepRejected)(text) from error


def render_error_of(failure: Failure) -> RenderError:
    """What the render says of its end, from what the state machine caught."""
    if failure.Error in ("States.Timeout", "States.HeartbeatTimeout"):
        return _TIMEOUT
    if failure.Error in (StepRejected.__name__, StepUnavailable.__name__):
        return _of_step(failure.Cause) or _FAILED
    known = _BY_CODE.get(failure.Error)
    if known is not None:
        return known if not failure.Cause else RenderError(code=known.code, message=failure.Cause, status=known.status)
    if failure.Error.startswith(("audio_", "image_", "media_")):
        return RenderError(code=failure.Error, message=failure.Cause or _UNUSABLE, status=422)
    return _FAILED


def _of_step(cause: str | None) -> RenderError | None:
    """Lambda wraps an exception as {"errorType", "errorMessage", ...}; the message is ours again."""
    try:
        said: Any = json.loads(json.loads(cause or "")["errorMessage"])
        return RenderError(code=str(said["code"]), message=str(said["message"]), status=int(said["status"]))
    except (ValueError, KeyError, TypeError):
        return None
