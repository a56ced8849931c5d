"""Speech -> the Opus packets of a WebM's sound track, a frame at a time as its pictures are written."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from fractions import Fraction
from typing import Final, TypeAlias

import numpy as np
from av import AudioFrame, AudioStream, Packet
from av.container import OutputContainer

from renderer.types import RATE, Samples

AudioPackets: TypeAlias = "list[Packet[AudioStream]]"

_FRAME_SAMPLES: Final = 960
"""20 ms at RATE, Opus's usual frame."""
_BITS_PER_SEC: Final = 64_000
"""Speech is transparent to Opus from 48,000 on (mono, full band)."""


class OpusTrack:
    """The sound track of one container, at RATE, which is Opus's own."""

    def __init__(self, container: OutputContainer) -> None:
        self._stream = container.add_stream("libopus", rate=RATE, layout="mono", options={"application": "audio"})
        self._stream.bit_rate = _BITS_PER_SEC
        self._held: list[Samples] = []
        self._encoded = 0

    def add(self, samples: Samples) -> None:
        """More speech, int16 (N,)."""
        self._held.append(samples)

    def encode(self, until: int) -> AudioPackets:
        """Packets of the whole frames that begin before sample `until`, as far as there is speech."""
        sound = self._taken()
        count = max(0, min(len(sound), until - self._encoded)) // _FRAME_SAMPLES
        packets: AudioPackets = []
        for start in range(0, count * _FRAME_SAMPLES, _FRAME_SAMPLES):
            packets += self._packets_of(sound[start : start + _FRAME_SAMPLES])
        self._held = [sound[count * _FRAME_SAMPLES :]]
        return packets

    def finish(self) -> AudioPackets:
        """Packets of all that is left. The last frame is short, which tells the muxer the exact end."""
        packets = self.encode(until=1 << 62)
        rest = self._taken()
        if len(rest):
            packets += self._packets_of(rest)
        return packets + self._stream.encode(None)

    def _taken(self) -> Samples:
        held, self._held = self._held, []
        return np.concatenate(held) if held else np.zeros(0, np.int16)

    def _packets_of(self, chunk: Samples) -> AudioPackets:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(chunk[np.newaxis]), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._encoded, Fraction(1, RATE)
        self._encoded += len(chunk)
        return self._stream.encode(frame)  # pyright: ignore[reportUnknownVariableType]
