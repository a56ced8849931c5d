"""Captions in the picture: each picture gets what is said in it, laid over a small window of its planes."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from renderer.captions.cues import LINE_COLUMNS, Cue, cues_of
from renderer.captions.lettering import letter, require_fonts
from renderer.captions.look import PLACES, SIZES, STYLES, CaptionLook
from renderer.pixels import mix
from renderer.planes import Planes, halved, planes_of, planes_over
from renderer.types import Floats, Picture, Word

_OF_HEIGHT: Final = 0.056
_OF_WIDTH: Final = 0.074
"""Size of the letters: the smaller of these shares, which keeps some 20 of them in the narrowest picture."""
_WIDEST: Final = 0.90
_SAFE: Final = 0.03
"""Kept free at the edges, share of the side."""
_LETTER_WIDTH: Final = 0.5
"""Mean width of a letter in its size."""
_KEPT: Final = 64


class _Overlay(NamedTuple):
    """Where it lies (even numbers), its planes, and how much of it is seen at full and at half size."""

    top: int
    left: int
    planes: Planes
    weight: Floats
    half: Floats


class CaptionBurner:
    """Draws the captions of one video. Safe from several threads; a picture depends on its number alone."""

    def __init__(self, words: tuple[Word, ...], look: CaptionLook, width: int, height: int, fps: int) -> None:
        """Raises CaptionsUndrawable when no font here has the letters."""
        self._style, self._look = STYLES[look.style], look
        self._width, self._height, self._fps = width, height, fps
        require_fonts(words, self._style)
        self._pixels = round(min(_OF_HEIGHT * height, _OF_WIDTH * width) * SIZES[look.size] * self._style.larger)
        room = _WIDEST * width / (_LETTER_WIDTH * max(1, self._pixels))
        self._cues = cues_of(words, int(min(LINE_COLUMNS, self._style.columns, max(8.0, room))))
        self._starts = [cue.start_sec for cue in self._cues]
        # Cues come one after another: what was shown last is all that is asked for again.
        self._overlay = lru_cache(maxsize=_KEPT)(self._drawn)

    def burn(self, frame: int, i420: Picture, alpha: Picture | None = None) -> None:
        """Into picture `frame`: I420 uint8 (H*3/2, W), and its alpha uint8 (H, W) where it has one, in place."""
        second = (frame + 0.5) / self._fps
        index = bisect_right(self._starts, second) - 1
        if index < 0 or second >= self._cues[index].end_sec:
            return
        overlay = self._overlay(index, self._said(self._cues[index], second))
        window = (
            slice(overlay.top, overlay.top + overlay.weight.shape[0]),
            slice(overlay.left, overlay.left + overlay.weight.shape[1]),
        )
        half = tuple(slice(part.start // 2, part.stop // 2) for part in window)
        weight, small = overlay.weight, overlay.half
        if alpha is not None:
            weight, small = _over(alpha, window, weight)
        target = planes_over(i420)
        _lay(target.y[window], overlay.planes.y, weight)
        _lay(target.u[half], overlay.planes.u, small)
        _lay(target.v[half], overlay.planes.v, small)

    def _said(self, cue: Cue, second: float) -> int | None:
        """Which word of the cue is being said, for styles that show it."""
        if self._style.marked is None:
            return None
        spoken = [index for index, word in enumerate(cue.words) if word.start_sec <= second]
        return spoken[-1] if spoken else None

    def _drawn(self, index: int, said: int | None) -> _Overlay:
        cue = self._cues[index]
        marked = None if said is None else cue.words[said]
        drawn = letter(cue.lines, self._style, self._pixels, round(_WIDEST * self._width), marked)
        height, width = drawn.weight.shape
        height, width = min(height, self._height), min(width, self._width)
        rgb, weight = np.ascontiguousarray(drawn.rgb[:height, :width]), drawn.weight[:height, :width].copy()
        x = (0.5 + self._look.offset_x) * self._width - width / 2
        y = (0.5 + PLACES[self._look.position] + self._look.offset_y) * self._height - height / 2
        left, top = _inside(x, width, self._width), _inside(y, height, self._height)
        return _Overlay(top, left, planes_of(rgb), weight, halved(weight))


def _inside(start: float, length: int, whole: int) -> int:
    """The nearest even place at which `length` lies inside, off the edge where there is room."""
    margin = min(_SAFE * whole, (whole - length) / 2)
    return int(min(max(start, margin), whole - length - margin)) & ~1


def _lay(target: Picture, colour: Picture, weight: Floats) -> None:
    target[:] = mix(np.ascontiguousarray(target), colour, 1 - weight, weight)


def _over(alpha: Picture, window: tuple[slice, slice], weight: Floats) -> tuple[Floats, Floats]:
    """Makes `alpha` cover the captions too; gives the share of colour they have in what is then seen."""
    before = alpha[window].astype(np.float32) / np.float32(255)
    whole = weight + before * (1 - weight)
    alpha[window] = np.rint(whole * 255).astype(np.uint8)
    share = (weight / np.maximum(whole, 1e-4)).astype(np.float32)
    return share, halved(share)
