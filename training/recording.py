"""What microphones, rooms, lines and codecs do to a voice: everything that must not change what the lips do."""

from __future__ import annotations

import io
from typing import Final

import av
import numpy as np
from noises import background
from numpy.typing import NDArray

from renderer.speech.resample import resample
from renderer.types import Samples
from renderer.visemes.spectrum import ANALYSIS_RATE

Sound = NDArray[np.float32]
"""(N,) at 16 kHz, 1.0 = full scale."""

_CODECS: Final = (("mp3", "libmp3lame", 24_000, ANALYSIS_RATE), ("mp3", "libmp3lame", 48_000, ANALYSIS_RATE),
                  ("ogg", "libopus", 10_000, 48_000), ("ogg", "libopus", 20_000, 48_000),
                  ("wav", "pcm_mulaw", 64_000, 8_000), ("adts", "aac", 32_000, ANALYSIS_RATE))  # fmt: skip
_WARPS: Final = tuple(range(13_600, 19_201, 400))


def as_sound(samples: Samples) -> Sound:
    return samples.astype(np.float32) / np.float32(32_768)


def as_samples(sound: Sound) -> Samples:
    return np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype(np.int16)


def another_body(samples: Samples, choose: np.random.Generator) -> tuple[Samples, float]:
    """The voice played slower or faster: another length of vocal tract, another pitch. With the stretch of time."""
    rate = int(choose.choice(_WARPS))
    return resample(samples, rate, ANALYSIS_RATE), ANALYSIS_RATE / rate


def recorded(sound: Sound, choose: np.random.Generator) -> Sound:
    """`sound` as some recording has it: same length, same timing."""
    sound = _filtered(sound, _colour(len(sound), choose))
    if choose.random() < 0.4:
        sound = _in_a_room(sound, choose)
    if choose.random() < 0.65:
        sound = _over_noise(sound, choose)
    if choose.random() < 0.12:
        sound = np.tanh(sound / (np.abs(sound).max() + 1e-9) * np.float32(choose.uniform(1, 6)))
    loudest = 10 ** (choose.uniform(-30, -0.3) / 20)
    sound = (sound / (np.abs(sound).max() + 1e-9) * loudest).astype(np.float32)
    if choose.random() < 0.2:
        sound = coded(sound, *_CODECS[int(choose.integers(len(_CODECS)))])
    return sound


def _filtered(sound: Sound, response: NDArray[np.float64]) -> Sound:
    return np.fft.irfft(np.fft.rfft(sound) * response, len(sound)).astype(np.float32)


def _colour(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """A microphone's and line's response: a tilt, some broad bumps, the ends of a band."""
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / ANALYSIS_RATE), 20.0)
    octaves = np.log2(hertz / 1_000)
    decibels = choose.uniform(-3.5, 3.5) * octaves
    for _ in range(3):
        decibels += choose.uniform(-8, 8) * np.exp(
            -(((octaves - choose.uniform(-3, 3)) / choose.uniform(0.3, 1.2)) ** 2)
        )
    low = choose.choice([0.0, 60.0, 120.0, 300.0], p=[0.4, 0.3, 0.2, 0.1])
    high = choose.choice([9_000.0, 7_000.0, 5_000.0, 3_400.0], p=[0.55, 0.2, 0.15, 0.1])
    decibels -= 24 * np.maximum(0, np.log2(hertz / high)) + (24 * np.maximum(0, np.log2(low / hertz)) if low else 0)
    return 10 ** (np.clip(decibels, -60, 24) / 20)


def _in_a_room(sound: Sound, choose: np.random.Generator) -> Sound:
    """The direct sound and, 2 to 12 ms later, an exponential tail."""
    decay_sec = choose.uniform(0.12, 0.7)
    length = int(decay_sec * ANALYSIS_RATE)
    tail = choose.normal(0, 1, length) * 10 ** (-3 * np.arange(length) / length)
    tail[: int(choose.uniform(0.002, 0.012) * ANALYSIS_RATE)] = 0
    tail *= 10 ** (choose.uniform(-18, -3) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    size = len(sound) + length
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: len(sound)].astype(np.float32)


def _over_noise(sound: Sound, choose: np.random.Generator) -> Sound:
    noise = background(len(sound), choose)
    loud = np.sqrt(np.mean(sound[np.abs(sound) >= 0.1 * np.abs(sound).max()] ** 2) + 1e-12)
    ratio_db = choose.uniform(3, 45) if choose.random() < 0.8 else choose.uniform(-3, 10)
    return (sound + noise * loud * 10 ** (-ratio_db / 20)).astype(np.float32)


def coded(sound: Sound, container: str, codec: str, bits: int, rate: int) -> Sound:
    """Through an encoder and back, put where it was: codecs delay."""
    samples = resample(as_samples(sound), ANALYSIS_RATE, rate)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.frame_size or 1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(file) as wave:
        parts = [p.to_ndarray()[0] for f in wave.decode(audio=0) for p in resampler.resample(f)]
    return _aligned(as_sound(resample(np.concatenate(parts), rate, ANALYSIS_RATE)), sound)


def _aligned(late: Sound, reference: Sound) -> Sound:
    size = 1 << int(np.ceil(np.log2(len(late) + len(reference))))
    match = np.fft.irfft(np.fft.rfft(late, size) * np.conj(np.fft.rfft(reference, size)), size)
    shift = int(match[:8_000].argmax())
    kept = late[shift : shift + len(reference)]
    return np.pad(kept, (0, len(reference) - len(kept)))
