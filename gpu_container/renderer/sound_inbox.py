"""Sound that comes while it is spoken: one thread puts it in, another takes it out; what is dropped is not heard."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from av import AudioFrame, AudioResampler

from renderer.types import RATE, Samples

MOST_SEC: Final = 90.0
"""Nobody who heeds what is told of how far the turn has come is ever so far ahead."""


AT_ONCE_SEC: Final = 0.4


class InboxFull(Exception):
    """Far more sound came than can be spoken in time."""


class Dropped(Exception):
    """What was being said is not wanted any more. `pushed`: samples that had come by then."""

    def __init__(self, pushed: int) -> None:
        super().__init__()
        self.pushed = pushed


@dataclass(frozen=True)
class Sound:
    """int16 (N,) at RATE. `pushed`: with it so many samples were taken out, at the rate at which they came."""

    samples: Samples
    pushed: int


@dataclass(frozen=True)
class Flush:
    """What came before is to be spoken to its end. `pushed` as for Sound."""

    pushed: int


@dataclass(frozen=True)
class Close:
    """As Flush, and nothing follows."""

    pushed: int


Taken: TypeAlias = Sound | Flush | Close


class SoundInbox:
    """`rate` of what comes, Hz."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = _Resampler(rate)
        self._waiting: deque[Taken] = deque()
        self._waiting_sec = 0.0
        self._changed = threading.Condition()
        self._woken = self._closed = False
        self._dropped: int | None = None
        self._failure: Exception | None = None
        self._pushed = 0

    def push(self, pcm: bytes) -> None:
        """int16 little-endian samples, a whole number of them. Raises InboxFull."""
        came = np.frombuffer(pcm, "<i2")
        with self._changed:
            if self._closed:
                return
            if self._waiting_sec + len(came) / self._rate > MOST_SEC:
                raise InboxFull
            self._pushed += len(came)
            self._put(Sound(self._resampler.push(came), self._pushed))

    def flush(self) -> None:
        with self._changed:
            self._flush()

    def close(self) -> None:
        with self._changed:
            if not self._closed:
                self._flush()
                self._closed = True
                self._put(Close(self._pushed))

    def drop(self) -> None:
        """Nothing that came before is spoken any more; whoever waits with `wait` or `take` is told once."""
        with self._changed:
            self._resampler = _Resampler(self._rate)
            self._waiting = deque(each for each in self._waiting if isinstance(each, Close))
            self._waiting_sec, self._dropped = 0.0, self._pushed
            self._changed.notify_all()

    def wake(self) -> None:
        """Whoever waits looks up."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def take(self, seconds: float) -> Taken | None:
        """What came first, None when nothing comes for so long. Raises Dropped."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_called, seconds)
            self._heed()
            if not self._waiting:
                return None
            taken = self._waiting.popleft()
            return self._joined(taken) if isinstance(taken, Sound) else taken

    def wait(self, seconds: float) -> None:
        """As long as that, or until somebody wakes or drops. Raises Dropped."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_called, seconds)
            self._heed()

    def rest(self) -> Samples | None:
        """What is left of sound that stopped coming, int16 (N,) at RATE; None where more of it has come."""
        with self._changed:
            if self._waiting:
                return None
            rest, self._resampler = self._resampler.finish(), _Resampler(self._rate)
            return rest

    def fail(self, failure: Exception) -> None:
        """Whoever waits has `failure` raised, from now on."""
        with self._changed:
            self._failure = failure
            self._changed.notify_all()

    def _joined(self, first: Sound) -> Sound:
        """With what came right after it, up to AT_ONCE_SEC: whoever is behind does less by doing it at once."""
        joined, length = [first], len(first.samples)
        while self._waiting and isinstance(following := self._waiting[0], Sound):
            length += len(following.samples)
            if length > AT_ONCE_SEC * RATE:
                break
            joined.append(following)
            self._waiting.popleft()
        samples = np.concatenate([each.samples for each in joined])
        self._waiting_sec -= len(samples) / RATE
        return Sound(samples, joined[-1].pushed)

    @property
    def _is_called(self) -> bool:
        return self._woken or self._dropped is not None or self._failure is not None

    def _heed(self) -> None:
        self._woken = False
        if self._failure is not None:
            raise self._failure
        if self._dropped is not None:
            pushed, self._dropped = self._dropped, None
            raise Dropped(pushed)

    def _flush(self) -> None:
        rest = self._resampler.finish()
        self._resampler = _Resampler(self._rate)
        if len(rest):
            self._put(Sound(rest, self._pushed))
        self._put(Flush(self._pushed))

    def _put(self, taken: Taken) -> None:
        if isinstance(taken, Sound):
            self._waiting_sec += len(taken.samples) / RATE
        self._waiting.append(taken)
        self._changed.notify_all()


class _Resampler:
    """One stretch of sound at any rate -> at RATE: the same samples however it is cut, and exactly its length."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = None if rate == RATE else AudioResampler("s16", "mono", RATE)
        self._came = self._given = 0

    def push(self, samples: Samples) -> Samples:
        self._came += len(samples)
        if self._resampler is None or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples)[np.newaxis], "s16", "mono")
        frame.sample_rate = self._rate
        return self._take(self._resampler.resample(frame))

    def finish(self) -> Samples:
        if self._resampler is None or not self._came:
            return np.zeros(0, np.int16)
        missing = round(self._came * RATE / self._rate) - self._given
        tail = self._take(self._resampler.resample(None))[: max(missing, 0)]
        return np.pad(tail, (0, max(0, missing - len(tail))))

    def _take(self, frames: list[AudioFrame]) -> Samples:
        pieces = [np.frombuffer(bytes(each.planes[0])[: 2 * each.samples], np.int16) for each in frames]
        self._given += sum(map(len, pieces))
        return np.concatenate([np.zeros(0, np.int16), *pieces])
