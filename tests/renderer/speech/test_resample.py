"""Another rate, the same moments: length, timing and purity of the resampler."""

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.speech.resample import resample
from renderer.types import Samples


def sine(hz: float, rate: int, seconds: float) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return np.rint(20_000 * np.sin(2 * np.pi * hz * time)).astype(np.int16)


def error_db(samples: Samples, wanted: Samples) -> float:
    middle = slice(2_000, -2_000)
    difference: NDArray[np.float64] = samples[middle].astype(float) - wanted[middle].astype(float)
    return 20 * float(np.log10(np.sqrt(np.mean(difference**2)) / 20_000 + 1e-12))


@pytest.mark.parametrize("count", [0, 1, 2, 146, 147, 148, 22_050, 100_003])
def test_the_length_is_exact(count: int) -> None:
    assert len(resample(np.zeros(count, np.int16), 22_050, 48_000)) == round(count * 48_000 / 22_050)


@pytest.mark.parametrize("hz", [100.0, 1_000.0, 5_000.0, 8_500.0])
def test_a_tone_keeps_its_moment_after_a_minute(hz: float) -> None:
    resampled = resample(sine(hz, 22_050, 60.0), 22_050, 48_000)
    assert error_db(resampled, sine(hz, 48_000, 60.0)) < -60


def test_nothing_new_sounds_above_the_old_band() -> None:
    resampled = resample(sine(9_000, 22_050, 2.0), 22_050, 48_000)[4_800:-4_800]
    spectrum = np.abs(np.fft.rfft(resampled * np.hanning(len(resampled)))) ** 2
    hz = np.fft.rfftfreq(len(resampled), 1 / 48_000)
    assert spectrum[hz > 12_000].sum() < 1e-6 * spectrum.sum()


def test_full_scale_does_not_wrap() -> None:
    square = np.where(np.arange(22_050) // 50 % 2, 32_767, -32_768).astype(np.int16)
    resampled = resample(square, 22_050, 48_000).astype(int)
    wanted = np.where(np.arange(48_000) * 22_050 // 48_000 // 50 % 2, 1, -1)
    assert np.mean(np.sign(resampled) == wanted) > 0.98


def test_the_same_rate_is_the_same_sound() -> None:
    tone = sine(440, 48_000, 0.1)
    assert np.array_equal(resample(tone, 48_000, 48_000), tone)
