"""Speech that is pushed while it is spoken, utterance by utterance, as a stream of records."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from math import ceil
from typing import Final

import numpy as np

from parley.wire import mux
from parley.wire.mux import PauseReason, Record
from renderer.motion.live_head import LiveHead
from renderer.motion.live_mouth import LiveMouth
from renderer.sound_inbox import Close, Dropped, Sound, SoundInbox
from renderer.turn import TOO_LONG, DrawPicture, TurnOptions, error_record, visemes_record
from renderer.turn_control import TurnControl
from renderer.turn_face import loaded
from renderer.turn_pace import Pace
from renderer.turn_pictures import PictureStream
from renderer.turn_timeline import Moment, Timeline
from renderer.types import RATE, Floats, Samples

CLOSING_SEC: Final = 0.2
"""Silence at an utterance's end, of its own or added: lips close and the mouth comes to rest in it."""
QUIET_SEC: Final = 0.1
"""Sound that comes as it is spoken and is late by so much has ended: what waits for what follows is said without."""
IN_HAND_SEC: Final = 0.1
"""Sound that came sooner than it is played has ended when less than this is left of it."""
_POLL_SEC: Final = 0.02
_HEARD: Final = 40
"""Of 32768: what is quieter is silence."""


class LiveTurn:
    """`face` makes the drawing function: it may load and prepare, and raises TurnFailed. `clock` in seconds.

    The same sound with the same flushes gives the same records, however it is cut and however fast it comes, as long
    as it comes in time.
    """

    def __init__(
        self,
        options: TurnOptions,
        face: Callable[[], DrawPicture],
        inbox: SoundInbox,
        control: TurnControl,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options, self._face, self._inbox, self._control, self._clock = options, face, inbox, control, clock
        self._pace = Pace(clock, self._wait)
        self._pictures = PictureStream(options.video)
        self._heads = LiveHead(options.video.fps, options.seed, options.expression)
        self._timeline: Timeline | None = None
        self._utterances = self._frames = self._samples = 0
        self._pushed = 0
        self._pose: Floats | None = None
        self._quiet = 0
        """Samples at RATE: silence that the utterance ends in so far."""
        self._came_at = 0.0
        control.at_end(inbox.wake)

    def bursts(self) -> Iterator[list[Record]]:
        """`start`; for each utterance `utterance`, pictures with their sound, `pause`; then `end` or `error`. Nothing
        more once the turn is abandoned."""
        options = self._options
        yield [mux.start(options.turn_id, options.sample_rate, options.video)]
        try:
            draw = loaded(self._face, self._control)
            while not (yield from self._go_on(draw)):
                continue
            yield [mux.end("completed", self._samples, self._frames, 0)]
        except Exception as error:
            # Whatever was cut short by the end of the turn fails in its own way: the end is the reason.
            if self._control.abandoned:
                return
            interrupted = mux.end("interrupted", self._samples, self._frames, 0)
            yield [interrupted if self._control.ended else error_record(error, options.turn_id)]

    def _go_on(self, draw: DrawPicture) -> Generator[list[Record], None, bool]:
        """One step; gives True once all is said."""
        try:
            self._control.check()
            taken = self._inbox.take(_POLL_SEC)
            if taken is None:
                yield from self._quieten(draw)
                return False
            self._pushed = taken.pushed
            if isinstance(taken, Sound):
                self._came_at = self._clock()
                yield from self._say(taken.samples, draw)
                return False
            if isinstance(taken, Close):
                return True
            yield from self._end_utterance("flushed", draw)
        except Dropped as dropped:
            # What was worked out and is not shown leaves no trace: the head goes on from where it was seen.
            self._timeline, self._pushed = None, dropped.pushed
            self._heads.goes_on_from(self._pose)
            yield [mux.pause(self._samples, "interrupted", self._pushed)]
        return False

    def _say(self, samples: Samples, draw: DrawPicture) -> Iterator[list[Record]]:
        if not len(samples):
            return
        opening: list[Record] = []
        if self._timeline is None:
            opening.append(self._begin_utterance())
        assert self._timeline is not None
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _HEARD)
        self._quiet = len(samples) - 1 - int(loud[-1]) if len(loud) else self._quiet + len(samples)
        if opening:
            yield opening
        yield from self._shown(self._timeline.push(samples), draw)

    def _begin_utterance(self) -> Record:
        options, fps = self._options, self._options.video.fps
        self._utterances += 1
        self._quiet = 0
        self._heads.begin()
        mouths = LiveMouth(fps, options.expression)
        self._timeline = Timeline(fps, options.sample_rate, mouths, self._heads, has_phonemes=False, first=self._frames)
        self._pace.resume(self._frames / fps)
        return mux.utterance(self._samples, self._utterances)

    def _quieten(self, draw: DrawPicture) -> Iterator[list[Record]]:
        """No sound came: where it is missed by now, the utterance is over."""
        if self._timeline is None or self._clock() - self._came_at < QUIET_SEC:
            return
        played = self._pace.played_sec
        if played is not None and self._known_sec(self._timeline) - played > IN_HAND_SEC:
            return
        rest = self._inbox.rest()
        if rest is not None:
            yield from self._say(rest, draw)
            yield from self._end_utterance("quiet", draw)

    def _known_sec(self, timeline: Timeline) -> float:
        return timeline.position / self._options.sample_rate

    def _end_utterance(self, reason: PauseReason, draw: DrawPicture) -> Iterator[list[Record]]:
        timeline = self._timeline
        if timeline is not None:
            fps = self._options.video.fps
            length = timeline.samples + max(0, round(CLOSING_SEC * RATE) - self._quiet)
            # Whole pictures, so that the next utterance begins with a whole one.
            whole = ceil(ceil(length * fps / RATE) * RATE / fps)
            yield from self._shown(timeline.push(np.zeros(whole - timeline.samples, np.int16)), draw)
            yield from self._shown([self._full(moment) for moment in timeline.finish()], draw)
            self._timeline = None
        yield [mux.pause(self._samples, reason, self._pushed)]

    def _full(self, moment: Moment) -> Moment:
        """The last picture's sound may be a sample too long or too short, where rates do not divide."""
        rate, fps = self._options.sample_rate, self._options.video.fps
        length = (moment.frame + 1) * rate // fps - moment.pts
        return replace(moment, sound=np.pad(moment.sound[:length], (0, max(0, length - len(moment.sound)))))

    def _shown(self, moments: list[Moment], draw: DrawPicture) -> Iterator[list[Record]]:
        for moment in moments:
            self._pace.reach(moment.frame / self._options.video.fps)
            self._control.check()
            if self._options.max_samples is not None and moment.pts + len(moment.sound) > self._options.max_samples:
                raise TOO_LONG
            picture, key = self._pictures.encode(draw(moment.frame, moment.mouth, moment.head).i420)
            burst = [visemes_record(moment)] if self._options.visemes else []
            burst.append(mux.video(picture, moment.pts, moment.frame, key))
            burst.append(mux.audio(moment.sound.astype("<i2", copy=False).tobytes(), moment.pts))
            self._samples, self._frames = moment.pts + len(moment.sound), moment.frame + 1
            self._pose = moment.head
            yield burst

    def _wait(self, seconds: float) -> None:
        self._inbox.wait(seconds)
        self._control.check()
