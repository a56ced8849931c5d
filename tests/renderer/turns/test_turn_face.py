"""A face that takes its time: who ends the turn does not wait for it, and the turns after it have it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from parley.wire.mux import VideoFormat
from renderer.runtimes.drawn import Drawn
from renderer.turn import DrawPicture, TurnFailed, TurnOptions, TurnStream
from renderer.turn_control import TurnControl
from renderer.turn_pieces import given_pieces
from tests.waiting import HANG_SECONDS

OPTIONS = TurnOptions("trn_1", VideoFormat("i420", 16, 16, 25))


class Slow:
    """A face that is loaded once it is let."""

    def __init__(self) -> None:
        self.asked, self.may, self.done = threading.Event(), threading.Event(), threading.Event()

    def __call__(self) -> DrawPicture:
        self.asked.set()
        assert self.may.wait(HANG_SECONDS)
        self.done.set()
        return lambda _k, _mouth, _head: Drawn(np.zeros((24, 16), np.uint8))


def stream(face: Any, control: TurnControl) -> TurnStream:
    return TurnStream(OPTIONS, face, given_pieces(iter([np.zeros(48_000, np.int16)])), control)


def test_a_turn_that_is_interrupted_while_its_face_loads_ends_before_that_is_loaded() -> None:
    face, control = Slow(), TurnControl()
    records = stream(face, control).records()
    assert next(records).type == "start"
    threading.Thread(target=lambda: face.asked.wait(HANG_SECONDS) and control.interrupt(), daemon=True).start()
    last = next(records)
    assert (last.type, last.header["reason"], last.header["samples"]) == ("end", "interrupted", 0)
    assert not face.done.is_set()
    assert list(records) == []
    face.may.set()
    assert face.done.wait(HANG_SECONDS), "it is loaded for the turns to come"


def test_a_turn_that_nobody_listens_to_ends_without_a_word() -> None:
    face, control = Slow(), TurnControl()
    records = stream(face, control).records()
    next(records)
    control.abandon()
    assert list(records) == []
    face.may.set()


def test_what_goes_wrong_as_it_loads_is_told() -> None:
    def gone() -> DrawPicture:
        raise TurnFailed("avatar_gone", "The avatar's picture was deleted.")

    last = [*stream(gone, TurnControl()).records()][-1]
    assert (last.type, last.header["code"]) == ("error", "avatar_gone")


def test_a_face_that_is_there_is_spoken_with() -> None:
    face = Slow()
    face.may.set()
    last = [*stream(face, TurnControl()).records()][-1]
    assert (last.type, last.header["frames"]) == ("end", 25)
