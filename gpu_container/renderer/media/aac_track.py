"""Speech -> the AAC packets of an MP4's sound track, a frame at a time as its pictures are written."""

# pyright: reportUnknownMemberType=false
# PyAV's stubs leave a packet's stream type open.

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Final, TypeAlias

import numpy as np
from av import AudioFrame, AudioStream, Packet
from av.container import OutputContainer

from renderer.types import Floats, Samples

AudioPackets: TypeAlias = "list[Packet[AudioStream]]"

_FRAME_SAMPLES: Final = 1024
_BITS_PER_SEC: Final = 96_000
"""With the fast coder: 39 dB over its error on speech at 8 ms a second; the default coder takes 17 ms for 26 dB."""


class AacTrack:
    """The sound track of one container. `add` may be called by one thread while another calls `encode`."""

    def __init__(self, container: OutputContainer, rate: int) -> None:
        """rate in Hz, one that AAC knows (8,000 to 96,000)."""
        self._stream = container.add_stream("aac", rate=rate, layout="mono", options={"aac_coder": "fast"})
        self._stream.bit_rate = _BITS_PER_SEC
        self._rate = rate
        self._held: deque[Samples] = deque()
        self._encoded = 0

    def add(self, samples: Samples) -> None:
        """More speech, int16 (N,)."""
        self._held.append(samples)

    def encode(self, until: int) -> AudioPackets:
        """Packets of the whole frames that begin before sample `until`, as far as there is speech."""
        packets: AudioPackets = []
        while self._encoded < until and sum(map(len, self._held)) >= _FRAME_SAMPLES:
            packets += self._packets_of(self._take(_FRAME_SAMPLES))
        return packets

    def finish(self) -> AudioPackets:
        """Packets of all that is left. The last frame is short, which tells the muxer the exact end."""
        packets = self.encode(until=1 << 62)
        if self._held:
            packets += self._packets_of(self._take(_FRAME_SAMPLES))
        return packets + self._stream.encode(None)

    def _take(self, count: int) -> Floats:
        taken: list[Samples] = []
        while count and self._held:
            piece = self._held.popleft()
            taken.append(piece[:count])
            count -= len(taken[-1])
            if len(piece) > len(taken[-1]):
                self._held.appendleft(piece[len(taken[-1]) :])
        return np.concatenate(taken).astype(np.float32) / np.float32(32_768)

    def _packets_of(self, chunk: Floats) -> AudioPackets:
        if not len(chunk):
            return []
        frame = AudioFrame.from_ndarray(chunk[np.newaxis], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._encoded, Fraction(1, self._rate)
        self._encoded += len(chunk)
        return self._stream.encode(frame)  # pyright: ignore[reportUnknownVariableType]
