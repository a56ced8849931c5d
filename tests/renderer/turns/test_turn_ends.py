"""A turn that is to end makes nothing more: the benchmark measures how soon, here it is what comes after."""

from __future__ import annotations

import numpy as np
import pytest

from parley.wire.mux import VideoFormat
from renderer.planes import blank
from renderer.turn import TurnOptions, TurnStream
from renderer.turn_pieces import Piece
from renderer.types import RATE
from tests.renderer.turns.test_turn_purity import Hasty

LONG = Piece("It never ends.", np.full(60 * RATE, 3000, np.int16))


@pytest.mark.parametrize("at", [0, 1, 30])
def test_between_an_interrupt_and_the_end_no_picture_is_made(at: int) -> None:
    control, drawn = Hasty(), list[int]()

    def draw(frame: int, *_: object):
        drawn.append(frame)
        return blank(64, 64)

    options = TurnOptions("t", VideoFormat("i420", 64, 64, 25))
    bursts = TurnStream(options, lambda: draw, iter([LONG]), control, control.clock).bursts()
    seen = [next(bursts) for _ in range(1 + at)]
    control.interrupt()
    (end,) = (record for burst in bursts for record in burst)
    assert (len(drawn), end.type, end.header["reason"], end.header["frames"]) == (at, "end", "interrupted", at)
    assert end.header["samples"] == sum(len(r.payload) // 2 for burst in seen for r in burst if r.type == "audio")


@pytest.mark.parametrize("at", [0, 1, 30])
def test_a_turn_that_nobody_hears_any_more_ends_without_a_word(at: int) -> None:
    control = Hasty()
    options = TurnOptions("t", VideoFormat("i420", 64, 64, 25))
    bursts = TurnStream(options, lambda: lambda *_: blank(64, 64), iter([LONG]), control, control.clock).bursts()
    for _ in range(1 + at):
        next(bursts)
    control.abandon()
    assert list(bursts) == []
