"""`parley render`: a portrait and speech become a video on this machine, with no server between."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from local.given_files import CannotRender, blaming, speaker_from, speech_from
from local.render_options import RenderRequest, options_of

if TYPE_CHECKING:
    from renderer.render import RenderResult
    from renderer.types import Speech

__all__ = ["RenderRequest", "run"]

_USAGE_ERROR = 2


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
    options = options_of(request)
    from renderer.captions import cues_of, webvtt
    from renderer.render import render_video

    with blaming(str(request.portrait)):
        rig = speaker_from(request.portrait)
    speech = _speech(request)
    columns = (TextColumn("Rendering"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress, blaming(str(request.out)):
        task = progress.add_task("")

        def tell(done: int, frames: int) -> None:
            progress.update(task, completed=done, total=frames)

        result = render_video(rig, speech, request.out, options, tell)
    if request.captions is not None:
        with blaming(str(request.captions)):
            request.captions.write_text(webvtt(cues_of(speech.words or ())), "utf-8")
    return result


def _speech(request: RenderRequest) -> Speech:
    with blaming(str(request.speech) if request.speech else "--text"):
        speech = speech_from(request.speech, request.text, request.voice)
    if request.transcript is None:
        return speech
    from renderer.speech.align_words import align_words

    with blaming("--transcript"):
        return replace(speech, words=align_words(speech.samples, _transcript(request.transcript), request.voice))


def _transcript(given: str) -> str:
    """The text itself, or what the file of that name holds."""
    try:
        is_file = Path(given).is_file()
    except OSError:  # longer than a file's name may be
        is_file = False
    return Path(given).read_text("utf-8", errors="replace") if is_file else given
