"""`parley render`: a portrait and speech become a video on this machine, with no server between."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from renderer.render import RenderOptions, RenderResult
    from renderer.rig import Rig
    from renderer.types import Speech

_USAGE_ERROR = 2


@dataclass(frozen=True)
class RenderRequest:
    """What the command line said. Exactly one of `speech` and `text`; `background` is #rrggbb or None."""

    portrait: Path
    speech: Path | None
    out: Path
    text: str | None = None
    voice: str = "en-us"
    size: int = 512
    fps: int = 25
    background: str | None = None
    seed: int = 0


class CannotRender(Exception):
    """Something the user gave cannot be used; the message says what to change."""


def run(request: RenderRequest) -> int:
    """The command's exit status: 0, or 2 when what was given cannot be used: one line on stderr, no file left."""
    started = time.perf_counter()
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    try:
        result = _render(request, err)
    except CannotRender as problem:
        err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
        return _USAGE_ERROR
    taken = time.perf_counter() - started
    out.print(
        f"{request.out}: {result.duration_seconds:.1f} s of video in {taken:.1f} s,"
        f" {result.duration_seconds / taken:.1f} times real time",
        soft_wrap=True,
    )
    return 0


def _render(request: RenderRequest, err: Console) -> RenderResult:
    options = _options(request)
    from renderer.render import render_mp4

    with _blaming(str(request.portrait)):
        rig = _rig(request.portrait)
    with _blaming(str(request.speech) if request.speech else "--text"):
        speech = _speech(request)
    columns = (TextColumn("Rendering"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress, _blaming(str(request.out)):
        task = progress.add_task("")

        def tell(done: int, frames: int) -> None:
            progress.update(task, completed=done, total=frames)

        return render_mp4(rig, speech, request.out, options, tell)


def _options(request: RenderRequest) -> RenderOptions:
    if (request.speech is None) == (request.text is None):
        raise CannotRender("Give either a sound file or --text, one of the two.")
    if request.fps not in (24, 25, 30):
        raise CannotRender(f"--fps is {request.fps}: choose 24, 25 or 30.")
    if request.size % 2 or not 256 <= request.size <= 1024:
        raise CannotRender(f"--size is {request.size}: choose an even number of pixels from 256 to 1024.")
    background = None
    if request.background is not None:
        found = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", request.background)
        if not found:
            raise CannotRender(f"--background is {request.background}: write a colour as #rrggbb.")
        red, green, blue = (int(part, 16) for part in found.groups())
        background = (red, green, blue)
    # Imported here: OpenCV, PyAV and LiteRT cost 0.3 s that a mistyped option need not wait for.
    from renderer.render import RenderOptions

    return RenderOptions(request.size, request.fps, background, request.seed)


def _rig(portrait: Path) -> Rig:
    from renderer.media.pictures import decode_picture
    from renderer.rig import build_rig

    data = portrait.read_bytes()
    with _native_code_silent():
        return build_rig(decode_picture(data))


def _speech(request: RenderRequest) -> Speech:
    if request.speech is not None:
        from renderer.media.sounds import decode_speech

        return decode_speech(request.speech)
    from renderer.speech import speak

    return speak(request.text or "", voice=request.voice)


@contextmanager
def _blaming(what: str) -> Generator[None]:
    """Every way in which `what` can be unusable, as one CannotRender that names it."""
    from renderer.face.models import ModelsMissing
    from renderer.media.errors import MediaRejected
    from renderer.rig import FaceRejected
    from renderer.speech import SpeechRejected, SpeechUnavailable

    try:
        yield
    except (MediaRejected, FaceRejected, SpeechRejected, SpeechUnavailable, ModelsMissing) as refusal:
        raise CannotRender(f"{what}: {refusal}") from refusal
    except OSError as failure:
        raise CannotRender(f"{what}: {failure.strerror or failure}") from failure


@contextmanager
def _native_code_silent() -> Generator[None]:
    """libpng, libjpeg and LiteRT write straight to file descriptor 2; ours is the one line there to be read."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
