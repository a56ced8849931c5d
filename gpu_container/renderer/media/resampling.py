"""Mono float samples of any rate -> 16-bit samples at the renderer's rate, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np
from av import AudioFrame, AudioResampler

from renderer.types import RATE, Floats

_CHUNK_SAMPLES: Final = 32_768
"""Frames are gathered to this length before the resampler, whose filter graph costs about 20 us a call."""


def resampled(frames: Iterator[tuple[int, Floats]]) -> Iterator[bytes]:
    """s16 mono at RATE. Each stretch of one rate comes out at its exact length, the resampler's tail included."""
    for rate, stretch in groupby(frames, key=itemgetter(0)):
        resampler = AudioResampler("s16", "mono", RATE)
        samples_in = samples_out = 0
        for chunk in _gathered(samples for _, samples in stretch):
            frame = AudioFrame.from_ndarray(chunk[np.newaxis], "fltp", "mono")
            frame.sample_rate = rate
            samples_in += len(chunk)
            for piece in resampler.resample(frame):
                samples_out += piece.samples
                yield bytes(piece.planes[0])[: 2 * piece.samples]
        tail = b"".join(bytes(piece.planes[0])[: 2 * piece.samples] for piece in resampler.resample(None))
        missing_bytes = 2 * (round(samples_in * RATE / rate) - samples_out)
        yield tail[:missing_bytes].ljust(missing_bytes, b"\0")


def _gathered(pieces: Iterator[Floats]) -> Iterator[Floats]:
    held: list[Floats] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count >= _CHUNK_SAMPLES:
            yield np.concatenate(held)
            held, count = [], 0
    if count:
        yield np.concatenate(held)
