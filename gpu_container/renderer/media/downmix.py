"""Decoded frames of any sample format and channel layout -> one channel of clean float samples."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

from renderer.types import Floats

_FULL_SCALE: Final = {"u1": 128.0, "i2": 32_768.0, "i4": 2_147_483_648.0}

_CHANNEL_WEIGHT: Final = {"FC": 1.0, "FL": 0.7071, "FR": 0.7071, "LFE": 0.0, "LFE2": 0.0}
"""ITU-R BS.775 downmix: speech sits in the centre, the low-frequency channel is left out, any other weighs 0.5."""


def mono_of(frame: AudioFrame) -> Floats:
    """The frame as float32 (N,) in -1..1. The channels' weights sum to 1: mixing cannot clip. NaN becomes 0."""
    channels = _channels_of(frame)
    if len(channels) == 1:
        return np.clip(channels[0], -1.0, 1.0)
    weights = _weights([channel.name for channel in frame.layout.channels], len(channels))
    return np.clip(weights @ channels, -1.0, 1.0)


def _channels_of(frame: AudioFrame) -> Floats:
    raw: NDArray[Any] = frame.to_ndarray()
    if frame.format.is_packed:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    kind = raw.dtype.str[1:]
    if kind not in _FULL_SCALE:
        # Float files can hold anything; one NaN would spread through the resampler's whole filter.
        return np.nan_to_num(np.clip(raw, -8.0, 8.0), nan=0.0).astype(np.float32)
    samples = raw.astype(np.float32)
    return (samples - 128.0) / 128.0 if kind == "u1" else samples / np.float32(_FULL_SCALE[kind])


def _weights(names: list[str], count: int) -> Floats:
    if count == 2 or len(names) != count:
        return np.full(count, 1.0 / count, np.float32)
    weights = np.array([_CHANNEL_WEIGHT.get(name, 0.5) for name in names], np.float32)
    return weights / (weights.sum() or 1.0)
