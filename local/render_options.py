"""What `parley render` was asked to make, checked, as the renderer takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local.given_files import CannotRender, blaming, spare
from parley.wire.backgrounds import AS_IS, TRANSPARENT, parse_background, rgb_of
from parley.wire.shapes import ASPECTS, LEAST_SIZE, MOST_SIZE, Aspect

if TYPE_CHECKING:
    from renderer.captions import CaptionLook
    from renderer.motion.expression import Expression
    from renderer.render import Background, RenderOptions

_FPS: Final = (24, 25, 30)
MOST_SEED: Final = 2**31 - 1
"""As the API takes it."""


@dataclass(frozen=True)
class RenderRequest:
    """What the command line said. Exactly one of `speech` and `text`; `background` a name, a colour or a picture file;
    `captions` where to write a WebVTT file, `burn_captions` the style of those in the picture; `transcript` what
    `speech` says, or a text file of it."""

    portrait: Path
    speech: Path | None
    out: Path
    text: str | None = None
    voice: str = "en-us"
    size: int = 512
    fps: int = 25
    background: str | None = None
    seed: int = 0
    emotion: str = "neutral"
    intensity: float = 0.5
    aspect: str = "1:1"
    captions: Path | None = None
    burn_captions: str | None = None
    transcript: str | None = None


def options_of(request: RenderRequest) -> RenderOptions:
    """Raises CannotRender, saying what to change."""
    _check_sources(request)
    aspect: Aspect | None = next((name for name in ASPECTS if name == request.aspect), None)
    if aspect is None:
        raise CannotRender(f"--aspect is {request.aspect}: choose one of {', '.join(ASPECTS)}.")
    if request.fps not in _FPS:
        raise CannotRender(f"--fps is {request.fps}: choose 24, 25 or 30.")
    if request.size % 2 or not LEAST_SIZE <= request.size <= MOST_SIZE:
        raise CannotRender(
            f"--size is {request.size}: choose an even number of pixels from {LEAST_SIZE} to {MOST_SIZE}."
        )
    if not 0 <= request.seed <= MOST_SEED:
        raise CannotRender(f"--seed is {request.seed}: choose a whole number from 0 to {MOST_SEED}.")
    background, captions, expression = _background(request), _captions(request), _expression(request)
    # Imported here: OpenCV, PyAV and LiteRT cost 0.3 s that a mistyped option need not wait for.
    from renderer.render import RenderOptions

    options = RenderOptions(request.size, request.fps, background, request.seed, expression, aspect, captions)
    ending = request.out.suffix.lower()
    if options.file_type == "webm" and ending != ".webm":
        raise CannotRender(f"{request.out}: a transparent video is a WebM, so its name must end in .webm.")
    if options.file_type == "mp4" and ending == ".webm":
        raise CannotRender(f"{request.out}: only a transparent video is a WebM; this one's name must end in .mp4.")
    return options


def _check_sources(request: RenderRequest) -> None:
    for out in filter(None, (request.out, request.captions)):
        spare(out, request.portrait, request.speech, request.background, request.transcript)
    if (request.speech is None) == (request.text is None):
        raise CannotRender("Give either a sound file or --text, one of the two.")
    if request.text is not None and request.transcript is not None:
        raise CannotRender("--transcript is what a sound file says: with --text the words are known already.")
    wants_words = request.captions is not None or request.burn_captions is not None
    if wants_words and request.text is None and request.transcript is None:
        raise CannotRender("Captions need the words: add --transcript, what the sound says or a text file of it.")


def _background(request: RenderRequest) -> Background:
    if request.background is None:
        return None
    bare = request.background if request.background.startswith("#") else f"#{request.background}"
    for wish in (request.background, bare):
        try:
            named = parse_background(wish)
        except ValueError:
            continue
        if named == TRANSPARENT:
            return "transparent"
        return None if named == AS_IS else rgb_of(named)
    picture = Path(request.background)
    if not picture.is_file():
        raise CannotRender(
            f"--background is {request.background}: write a colour (white, #20a0c0), green_screen, transparent, as_is,"
            " or the name of a picture file."
        )
    from renderer.media.pictures import decode_picture

    with blaming(str(picture)):
        return decode_picture(picture.read_bytes())


def _captions(request: RenderRequest) -> CaptionLook | None:
    if request.burn_captions is None:
        return None
    from renderer.captions import STYLES, CaptionLook

    if request.burn_captions not in STYLES:
        raise CannotRender(f"--burn-captions is {request.burn_captions}: choose one of {', '.join(STYLES)}.")
    return CaptionLook(request.burn_captions)


def _expression(request: RenderRequest) -> Expression:
    from renderer.motion.expression import EMOTIONS, Expression, as_emotion

    if request.emotion not in EMOTIONS:
        raise CannotRender(f"--emotion is {request.emotion}: choose one of {', '.join(EMOTIONS)}.")
    if not 0 <= request.intensity <= 1:
        raise CannotRender(f"--intensity is {request.intensity}: choose a number from 0 to 1.")
    return Expression(as_emotion(request.emotion), request.intensity)
