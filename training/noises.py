"""Sounds that are no speech: what stands behind a voice, and what must leave the lips closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.visemes.spectrum import ANALYSIS_RATE

Sound = NDArray[np.float32]
Maker = Callable[[int, np.random.Generator], NDArray[np.float64]]


def coloured(length: int, choose: np.random.Generator, slope_db: float | None = None) -> NDArray[np.float64]:
    """Noise that falls by `slope_db` an octave: 0 white, 3 pink, 6 brown."""
    slope = choose.uniform(-1, 7) if slope_db is None else slope_db
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / ANALYSIS_RATE), 20.0)
    return np.fft.irfft(np.fft.rfft(choose.normal(0, 1, length)) * hertz ** (-slope / 6.02), length)


def _slow(length: int, choose: np.random.Generator, hertz: float) -> NDArray[np.float64]:
    """A smooth random curve, 0..1, with `hertz` bends a second."""
    points = choose.random(max(4, int(length / ANALYSIS_RATE * hertz) + 3))
    return np.interp(np.linspace(0, len(points) - 1, length), np.arange(len(points)), points)


def wind(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    return coloured(length, choose, choose.uniform(5, 10)) * _slow(length, choose, 2.0) ** 2


def breath(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Puffs of shaped noise, a breath's or a sigh's length, silence between."""
    sound = np.zeros(length)
    at = 0
    while at < length:
        size = min(int(choose.uniform(0.25, 1.6) * ANALYSIS_RATE), length - at)
        if size > 800:
            puff = resonant(coloured(size, choose, choose.uniform(0, 4)), choose)
            sound[at : at + size] = puff / (puff.std() + 1e-9) * np.hanning(size) ** choose.uniform(0.5, 2)
        at += size + int(choose.uniform(0.1, 1.5) * ANALYSIS_RATE)
    return sound


def resonant(sound: NDArray[np.float64], choose: np.random.Generator) -> NDArray[np.float64]:
    """Through two or three broad resonances, as a throat or a pipe has."""
    hertz = np.fft.rfftfreq(len(sound), 1 / ANALYSIS_RATE)
    shape = np.full(len(hertz), 0.05)
    for _ in range(int(choose.integers(1, 4))):
        shape += np.exp(-(((hertz - choose.uniform(300, 5_000)) / choose.uniform(150, 1_200)) ** 2))
    return np.fft.irfft(np.fft.rfft(sound) * shape, len(sound))


def buzz(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Mains, motors, drones: harmonics of a steady tone, sometimes only a few of them."""
    seconds = np.arange(length) / ANALYSIS_RATE
    pitch = choose.choice([50.0, 60.0, 100.0, 120.0, choose.uniform(40, 400)])
    wobble = 1 + choose.uniform(0, 0.01) * np.cumsum(_slow(length, choose, 3) - 0.5) / ANALYSIS_RATE
    count, fall = int(choose.integers(1, 30)), choose.uniform(0.3, 2.0)
    hum = sum(
        np.sin(2 * np.pi * pitch * k * seconds * wobble + choose.uniform(0, 6)) / k**fall
        for k in range(1, count + 1)
        if pitch * k < 7_500
    )
    return np.asarray(hum) * (1 if choose.random() < 0.6 else _slow(length, choose, 1.0))


def tones(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Beeps, sweeps, dial tones, alarms."""
    seconds = np.arange(length) / ANALYSIS_RATE
    hertz = choose.uniform(100, 3_000) * 2 ** (
        choose.uniform(0, 3) * (_slow(length, choose, 1.5) if choose.random() < 0.5 else 0.0 * seconds)
    )
    sound = np.sin(2 * np.pi * np.cumsum(hertz) / ANALYSIS_RATE)
    return sound * (np.sin(2 * np.pi * choose.uniform(0.5, 6) * seconds) > 0 if choose.random() < 0.6 else 1.0)


def note(length: int, pitch: float, choose: np.random.Generator) -> NDArray[np.float64]:
    """One note of some instrument: plucked, struck, blown or bowed, with or without vibrato."""
    seconds = np.arange(length) / ANALYSIS_RATE
    phase = (
        pitch * seconds
        + choose.choice([0.0, 0.0, 0.004, 0.012]) * pitch * np.sin(2 * np.pi * choose.uniform(4, 7) * seconds) / 6
    )
    fall, count = choose.uniform(0.5, 2.5), int(choose.integers(2, 16))
    wave = sum(
        choose.uniform(0.3, 1) * np.sin(2 * np.pi * k * phase) / k**fall for k in range(1, count) if k * pitch < 7_500
    )
    decay = np.exp(-seconds * choose.uniform(0.2, 9)) * np.minimum(1, seconds / choose.uniform(0.002, 0.12))
    return np.asarray(wave) * decay * np.minimum(1, (length - np.arange(length)) / 400)


def music(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Chords or a melody over drums; scales of twelve tones, 60 to 170 beats a minute."""
    sound = np.zeros(length + ANALYSIS_RATE)
    beat = int(60 / choose.uniform(60, 170) * ANALYSIS_RATE / choose.choice([1, 2, 4]))
    root = choose.uniform(80, 350)
    chord, drums = choose.random() < 0.6, choose.random() < 0.6
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, -5, -3])
    for at in range(0, length, beat):
        size = min(int(beat * choose.choice([1, 1, 2, 4])), length + ANALYSIS_RATE - at)
        for _ in range(3 if chord else int(choose.random() < 0.85)):
            sound[at : at + size] += note(
                size, root * 2 ** (choose.choice(scale) / 12) * choose.choice([1, 1, 2]), choose
            )
        if drums:
            hit = min(3_000, size)
            sound[at : at + hit] += choose.uniform(0.5, 2) * _drum(hit, choose)
    return sound[:length]


def _drum(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    seconds = np.arange(length) / ANALYSIS_RATE
    if choose.random() < 0.5:
        return np.sin(2 * np.pi * 90 * np.exp(-seconds * 15) * seconds) * np.exp(-seconds * 18)
    return choose.normal(0, 0.5, length) * np.exp(-seconds * choose.uniform(15, 80))


def clicks(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Keys, knocks, clocks, clapping: short resonant bursts, few or very many."""
    sound = np.zeros(length + 4_000)
    per_sec = 10 ** choose.uniform(0.2, 2.3)
    for at in np.sort(choose.integers(0, length, max(1, int(length / ANALYSIS_RATE * per_sec)))):
        size = int(choose.uniform(40, 1_500))
        burst = choose.normal(0, 1, size) * np.exp(-np.arange(size) / size * 5)
        if choose.random() < 0.5:
            burst *= np.sin(2 * np.pi * choose.uniform(200, 5_000) * np.arange(size) / ANALYSIS_RATE)
        sound[at : at + size] += burst * choose.uniform(0.2, 1)
    return sound[:length]


def hum_voice(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    """Somebody humming a tune behind closed lips: a soft glottal wave, one low resonance, gliding pitch."""
    base = choose.uniform(90, 320)
    steps = np.round(_slow(length, choose, 2.0) * 10) if choose.random() < 0.6 else _slow(length, choose, 1.0) * 6
    smooth = np.convolve(np.pad(steps, 400, "edge"), np.ones(801) / 801, "valid")[:length]
    phase = np.cumsum(base * 2 ** (smooth / 12)) / ANALYSIS_RATE
    wave = sum(np.sin(2 * np.pi * k * phase) / k ** choose.uniform(1.6, 3.0) for k in range(1, 12))
    return np.asarray(wave) * (0.3 + _slow(length, choose, 3.0))


def nothing(length: int, choose: np.random.Generator) -> NDArray[np.float64]:
    return np.full(length, choose.choice([0.0, 1.0]) * 1e-9)


NOT_SPEECH: Final[dict[str, Maker]] = {
    "silence": nothing, "noise": coloured, "wind": wind, "breath": breath, "buzz": buzz, "tones": tones,
    "music": music, "clicks": clicks, "hum": hum_voice,
}  # fmt: skip
_BEHIND: Final = ("noise", "noise", "noise", "wind", "buzz", "music", "clicks")


def not_speech(kind: str, length: int, choose: np.random.Generator) -> Sound:
    """float32 (length,) at 16 kHz, its highest peak 1."""
    sound = NOT_SPEECH[kind](length, choose)
    return (sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)


def background(length: int, choose: np.random.Generator) -> Sound:
    """What stands behind a voice; root mean square 1."""
    sound = NOT_SPEECH[str(choose.choice(_BEHIND))](length, choose)
    return (sound / (np.sqrt(np.mean(sound**2)) + 1e-9)).astype(np.float32)
