"""One spoken reply as a stream of records: sound and pictures as soon as they are sure, at the pace they are played."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from parley.wire import mux
from parley.wire.mux import Record, VideoFormat
from renderer.ahead import Ahead, Exhausted, NotYet
from renderer.arkit import arkit_weights
from renderer.motion.expression import NO_EXPRESSION, Expression
from renderer.runtimes.drawn import Drawn
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.turn_control import TurnControl
from renderer.turn_face import loaded
from renderer.turn_pace import Pace
from renderer.turn_pictures import PictureStream
from renderer.turn_pieces import COLUMN, Piece
from renderer.turn_timeline import Moment, Timeline, timeline
from renderer.types import RATE, Floats, Phoneme

log = logging.getLogger("renderer.turn")

DrawPicture: TypeAlias = Callable[[int, Floats, Floats], Drawn]
"""Picture k with its mouth (8,) and head (12,)."""

PIECES_AHEAD: Final = 3
"""Clauses that may wait, spoken, to be drawn."""
UNSURE_SEC: Final = 0.30
"""So much of the last sound is not drawn yet: what follows it decides."""
IN_HAND_SEC: Final = 0.15
"""A turn that has nothing more to say yet goes on in silence before less than this is in the client's hand."""
SILENCE_SEC: Final = 0.1
_POLL_SEC: Final = 0.02


@dataclass(frozen=True)
class TurnOptions:
    """How a turn is sent. `sample_rate` divides 48,000 Hz. `max_samples`, of that rate: what is longer is cut
    there, and ends in an error.
    `playout_delay_sec`: the client plays so much later than it receives."""

    turn_id: str
    video: VideoFormat
    sample_rate: int = 24_000
    seed: int = 0
    expression: Expression = NO_EXPRESSION
    visemes: bool = False
    max_samples: int | None = None
    playout_delay_sec: float = 0.0


class TurnFailed(Exception):
    """What is needed for the turn cannot be had: told to the client as its `error` record."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable


class TurnStream:
    """`face` makes the drawing function: it may load and prepare, and raises TurnFailed. `pieces` may be slow, and
    raises TurnFailed, SpeechRejected or SpeechUnavailable. `clock` in seconds."""

    def __init__(
        self,
        options: TurnOptions,
        face: Callable[[], DrawPicture],
        pieces: Iterator[Piece],
        control: TurnControl | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options, self._face = options, face
        self._control = control or TurnControl()
        self._pace = Pace(clock, self._control.wait)
        self._pieces = pieces
        self._texts: deque[tuple[int, str]] = deque()
        self._frames = self._samples = 0
        self._was_cut = False
        self._timeline: Timeline | None = None

    def records(self) -> Iterator[Record]:
        """`start`, then what is said, then `end` or `error`; nothing more once the turn is abandoned."""
        for burst in self.bursts():
            yield from burst

    def bursts(self) -> Iterator[list[Record]]:
        """The records in groups that belong together: a picture, its sound, and what comes with them."""
        options = self._options
        yield [mux.start(options.turn_id, options.sample_rate, options.video)]
        ahead = Ahead(self._pieces, PIECES_AHEAD, f"speak-{options.turn_id}")
        try:
            yield from self._speak(ahead)
            end = mux.end("completed", self._samples, self._frames, 0)
            yield [
                *self._texts_until(self._samples + 1),
                error_record(TOO_LONG, options.turn_id) if self._was_cut else end,
            ]
        except Exception as error:
            # Whatever was cut short by the end of the turn fails in its own way: the end is the reason.
            if self._control.abandoned:
                return
            interrupted = self._control.ended
            yield [
                mux.end("interrupted", self._samples, self._frames, 0)
                if interrupted
                else error_record(error, self._options.turn_id)
            ]
        finally:
            ahead.close()

    def _speak(self, ahead: Ahead[Piece]) -> Iterator[list[Record]]:
        draw = loaded(self._face, self._control)
        pictures = PictureStream(self._options.video)
        for piece in self._to_say(ahead):
            if self._timeline is None:
                if not len(piece.samples):
                    self._texts.append((0, piece.text))
                    continue
                self._timeline = self._new_timeline(piece.phonemes is not None)
            if piece.text:
                self._texts.append((self._timeline.position, piece.text))
            moments = self._timeline.push(piece.samples, piece.phonemes or ())
            yield from self._shown(moments, draw, pictures)
        if self._timeline is not None:
            yield from self._shown(self._timeline.finish(), draw, pictures)

    def _new_timeline(self, has_phonemes: bool) -> Timeline:
        options = self._options
        return timeline(options.video.fps, options.sample_rate, options.seed, options.expression, has_phonemes)

    def _to_say(self, ahead: Ahead[Piece]) -> Iterator[Piece]:
        """The pieces, silence where the next is late, up to what may be sent at most."""
        most = self._options.max_samples
        left = None if most is None else most * RATE // self._options.sample_rate
        while not self._was_cut:
            self._control.check()
            try:
                piece = ahead.take(_POLL_SEC)
            except NotYet:
                if not self._is_running_dry():
                    continue
                piece = _SILENCE
            except Exhausted:
                return
            if left is not None:
                self._was_cut = len(piece.samples) > left
                piece = _cut(piece, left)
                left -= len(piece.samples)
            yield piece

    def _is_running_dry(self) -> bool:
        played = self._pace.played_sec
        if played is None or self._timeline is None:
            return False
        sure = self._timeline.samples / RATE - UNSURE_SEC
        return sure - (played - self._options.playout_delay_sec) < IN_HAND_SEC

    def _shown(self, moments: list[Moment], draw: DrawPicture, pictures: PictureStream) -> Iterator[list[Record]]:
        for moment in moments:
            self._pace.reach(moment.frame / self._options.video.fps)
            self._control.check()
            picture, key = pictures.encode(draw(moment.frame, moment.mouth, moment.head).i420)
            burst = self._texts_until(moment.pts + len(moment.sound))
            if self._options.visemes:
                burst.append(visemes_record(moment))
            burst.append(mux.video(picture, moment.pts, moment.frame, key))
            burst.append(mux.audio(moment.sound.astype("<i2", copy=False).tobytes(), moment.pts))
            self._samples, self._frames = moment.pts + len(moment.sound), moment.frame + 1
            yield burst

    def _texts_until(self, pts: int) -> list[Record]:
        records: list[Record] = []
        while self._texts and self._texts[0][0] < pts:
            start, text = self._texts.popleft()
            records.append(mux.text_delta(text, start))
        return records


TOO_LONG: Final = TurnFailed("turn_too_long", "This is as long as one turn may be. Begin another to go on.")
_SILENT: Final = round(SILENCE_SEC * RATE) // COLUMN * COLUMN
_SILENCE: Final = Piece("", np.zeros(_SILENT, np.int16), (Phoneme("", 0.0, _SILENT / RATE),))


def _cut(piece: Piece, most: int) -> Piece:
    """At most so many samples of it."""
    if len(piece.samples) <= most:
        return piece
    return Piece(piece.text, piece.samples[:most], piece.phonemes)


def visemes_record(moment: Moment) -> Record:
    oculus: list[mux.Json] = [round(float(weight), 3) for weight in moment.visemes]
    arkit: list[mux.Json] = [*arkit_weights(moment.mouth, moment.head)]
    return mux.visemes(moment.pts, {"frame": moment.frame, "oculus": oculus, "arkit": arkit})


def error_record(error: Exception, turn_id: str) -> Record:
    """What the client is told of what ended its turn."""
    if isinstance(error, TurnFailed):
        return mux.error(error.code, error.message, error.retryable)
    if isinstance(error, SpeechRejected):
        return mux.error(error.code, error.message, retryable=False)
    if isinstance(error, SpeechUnavailable):
        log.error("no speech", extra={"turnId": turn_id, "problem": str(error)})
        return mux.error("speech_unavailable", "The voice does not answer. Try again later.", retryable=True)
    log.error("a turn broke off", extra={"turnId": turn_id}, exc_info=error)
    return mux.error("turn_failed", "The turn broke off by a fault of ours. Try again.", retryable=True)
