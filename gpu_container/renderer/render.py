"""One render: a rig and speech become a talking video."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from parley.wire.shapes import Aspect, sides_of
from renderer.captions import CaptionBurner, CaptionLook
from renderer.clip import ClipRig
from renderer.drawing_ahead import drawn_ahead
from renderer.media.backdrops import covering
from renderer.media.mp4 import Mp4Writer
from renderer.media.webm import WebmWriter
from renderer.motion.expression import NO_EXPRESSION, Expression
from renderer.motion.head import head_track
from renderer.motion.mouth import mouth_track
from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.clip.runtime import ClipRuntime
from renderer.runtimes.drawn import Backdrop, Drawn
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import RATE, Floats, Picture, Speech
from renderer.visemes import track_of

Source: TypeAlias = Rig | ClipRig
"""Who speaks: a portrait, or a clip."""

Background: TypeAlias = tuple[int, int, int] | Picture | Literal["transparent"] | None

_Draw: TypeAlias = Callable[[int, Floats, Floats], Drawn]
"""Draws picture k with its mouth and head axes."""


class RenderStopped(Exception):
    """`should_stop` said so: nothing was written."""


@dataclass(frozen=True)
class RenderOptions:
    """`size` pixels, even, the longer side, and `aspect` by its name (parley.wire.shapes); `fps` pictures a second;
    `background` RGB, a picture, TRANSPARENT, or None for the portrait's own; `seed` chooses how the head moves and when
    it blinks; `expression` is the feeling it speaks with; `captions` how its words are drawn into the picture."""

    size: int = 512
    fps: int = 25
    background: Background = None
    seed: int = 0
    expression: Expression = NO_EXPRESSION
    aspect: Aspect = "1:1"
    captions: CaptionLook | None = None

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        return sides_of(self.size, self.aspect)

    @property
    def file_type(self) -> Literal["mp4", "webm"]:
        """What is written: MP4 has no alpha that players would read."""
        return "webm" if isinstance(self.background, str) else "mp4"


@dataclass(frozen=True)
class RenderResult:
    """What was written. `duration_seconds` = frames / fps, which is at most one frame longer than the speech."""

    frames: int
    fps: int
    width: int
    height: int
    duration_seconds: float


def frame_count(samples: int, fps: int) -> int:
    """Pictures needed so that every one of `samples` (at RATE) has its picture; at least one."""
    return max(1, math.ceil(samples * fps / RATE))


def pictures(rig: Source, speech: Speech, options: RenderOptions) -> Iterator[Picture]:
    """Every picture of the render, RGB uint8 (H, W, 3), before it is encoded."""
    for drawn in drawings(rig, speech, options):
        yield drawn.rgb()


def drawings(rig: Source, speech: Speech, options: RenderOptions) -> Iterator[Drawn]:
    """Every picture of the render. Picture k shows samples [k, k + 1) * RATE / fps.

    Raises CaptionsUndrawable.
    """
    frames = frame_count(len(speech.samples), options.fps)
    track = track_of(speech)
    mouth = mouth_track(track, options.fps, frames, options.expression).axes
    head = head_track(frames, options.fps, options.seed, track.energy, options.expression).axes
    draw = _captioned(_runtime(rig, options), speech, options)
    yield from drawn_ahead(lambda k: draw(k, mouth[k], head[k]), frames)


def _runtime(rig: Source, options: RenderOptions) -> _Draw:
    width, height = options.sides
    backdrop = _backdrop(options.background, width, height)
    if isinstance(rig, ClipRig):
        clip = ClipRuntime(rig, width, height, options.fps, options.seed, backdrop)
        return lambda k, mouth, _: clip.draw(k, mouth)
    portrait = MeshRuntime(canvas_of(rig, width, height), backdrop)
    return lambda _, mouth, head: portrait.draw(mouth, head)


def _backdrop(background: Background, width: int, height: int) -> Backdrop:
    if isinstance(background, tuple):
        return np.full((height, width, 3), background, np.uint8)
    return covering(background, width, height) if isinstance(background, np.ndarray) else background


def _captioned(draw: _Draw, speech: Speech, options: RenderOptions) -> _Draw:
    """`draw`, and over it what is said, where that is asked for and known."""
    if options.captions is None or not speech.words:
        return draw
    burner = CaptionBurner(speech.words, options.captions, *options.sides, options.fps)

    def captioned(k: int, mouth: Floats, head: Floats) -> Drawn:
        drawn = draw(k, mouth, head)
        burner.burn(k, drawn.i420, drawn.alpha)
        return drawn

    return captioned


def render_video(
    rig: Source,
    speech: Speech,
    out: Path,
    options: RenderOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RenderResult:
    """Write `out`, an MP4, or a WebM where the background is TRANSPARENT.

    `on_progress(done, frames)` after each picture; `should_stop` is asked before each. Raises RenderStopped and
    CaptionsUndrawable, and leaves no file then nor at any other error.
    """
    options = options or RenderOptions()
    frames = frame_count(len(speech.samples), options.fps)
    width, height = options.sides
    writes = WebmWriter if options.file_type == "webm" else Mp4Writer
    with writes(out, width, height, options.fps) as writer:
        writer.write_audio(speech.samples)
        for done, drawn in enumerate(drawings(rig, speech, options), 1):
            if should_stop is not None and should_stop():
                raise RenderStopped
            writer.write_frame(drawn.i420, drawn.alpha)
            if on_progress is not None:
                on_progress(done, frames)
    return RenderResult(frames, options.fps, width, height, frames / options.fps)
