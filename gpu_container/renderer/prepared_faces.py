"""Faces ready to be drawn: loaded, framed and mapped once, kept while they are used."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from parley.wire.backgrounds import rgb_of
from renderer.clip import ClipRig, is_clip, load_clip
from renderer.draw_job import ReadObject
from renderer.rig import Rig, load_rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.clip.runtime import ClipRuntime
from renderer.runtimes.drawn import Backdrop
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.turn import DrawPicture, TurnFailed
from renderer.types import HEAD_AXES, MOUTH_AXES

Source: TypeAlias = Rig | ClipRig

KEPT: Final = 12
"""At 512 x 512 some 30 MB each, a clip's 60."""


@dataclass(frozen=True)
class FaceWanted:
    """`key` of the media bucket; width and height in pixels, both even; `background` #rrggbb, or None for its own."""

    key: str
    width: int
    height: int
    background: str | None = None


Ready: TypeAlias = Callable[[int, int], DrawPicture]
"""(fps, seed) -> the drawing function of one turn."""


class PreparedFaces:
    """Safe from several threads: who asks for a face that another is preparing waits for it."""

    def __init__(self, read: ReadObject, kept: int = KEPT) -> None:
        self._read, self._kept = read, kept
        self._ready: OrderedDict[FaceWanted, Ready] = OrderedDict()
        self._sources: OrderedDict[str, Source] = OrderedDict()
        self._lock = threading.Lock()
        self._preparing: dict[FaceWanted, threading.Lock] = {}

    def of(self, wanted: FaceWanted) -> Ready:
        """Raises TurnFailed avatar_gone, avatar_outdated."""
        with self._lock:
            if wanted in self._ready:
                self._ready.move_to_end(wanted)
                return self._ready[wanted]
            turn = self._preparing.setdefault(wanted, threading.Lock())
        with turn:
            with self._lock:
                ready = self._ready.get(wanted)
            if ready is None:
                ready = _prepared(self._source(wanted.key), wanted)
                self._keep(wanted, ready)
            return ready

    def prepare(self, wanted: FaceWanted) -> dict[str, float]:
        """Makes it ready, one picture drawn; what took how long, in milliseconds. Raises as `of`."""
        began = time.perf_counter()
        self._source(wanted.key)
        loaded = time.perf_counter()
        ready = self.of(wanted)
        prepared = time.perf_counter()
        mouth = np.zeros(len(MOUTH_AXES), np.float32)
        mouth[0] = 0.5
        ready(25, 0)(0, mouth, np.zeros(len(HEAD_AXES), np.float32))
        drawn = time.perf_counter()
        spans = {"load": loaded - began, "prepare": prepared - loaded, "first_picture": drawn - prepared}
        return {name: round(seconds * 1000, 1) for name, seconds in spans.items()}

    def _keep(self, wanted: FaceWanted, ready: Ready) -> None:
        with self._lock:
            self._ready[wanted] = ready
            self._preparing.pop(wanted, None)
            while len(self._ready) > self._kept:
                self._ready.popitem(last=False)

    def _source(self, key: str) -> Source:
        with self._lock:
            if key in self._sources:
                self._sources.move_to_end(key)
                return self._sources[key]
        try:
            data = self._read(key)
            source = load_clip(data) if is_clip(data) else load_rig(data)
        except FileNotFoundError as gone:
            raise TurnFailed("avatar_gone", "The avatar's picture or clip was deleted.") from gone
        except ValueError as outdated:
            raise TurnFailed(
                "avatar_outdated", "Upload the avatar's picture or clip again: it must be prepared anew."
            ) from outdated
        with self._lock:
            self._sources[key] = source
            while len(self._sources) > self._kept:
                self._sources.popitem(last=False)
        return source


def _prepared(source: Source, wanted: FaceWanted) -> Ready:
    width, height = wanted.width, wanted.height
    backdrop: Backdrop = None
    if wanted.background is not None:
        backdrop = np.full((height, width, 3), rgb_of(wanted.background), np.uint8)
    if isinstance(source, ClipRig):

        def of_clip(fps: int, seed: int) -> DrawPicture:
            clip = ClipRuntime(source, width, height, fps, seed, backdrop)
            return lambda k, mouth, _: clip.draw(k, mouth)

        return of_clip
    portrait = MeshRuntime(canvas_of(source, width, height), backdrop)
    return lambda _fps, _seed: lambda _, mouth, head: portrait.draw(mouth, head)
