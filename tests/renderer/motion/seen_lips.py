"""How the tests read drawn lips: aperture, closures and lag of a MouthTrack against what was said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderer.motion.lip_shapes import TARGETS
from renderer.motion.mouth import mouth_track
from renderer.types import MOUTH_AXES, MouthTrack, Speech
from renderer.visemes import track_from_phonemes, track_of
from renderer.visemes.read_symbol import shapes_of

Values = NDArray[np.float64]
AXIS = {name: index for index, name in enumerate(MOUTH_AXES)}
# What the mesh opens for each axis at 1, in mouth widths.
JAW_OPENS, UPPER_OPENS, LOWER_OPENS = 0.45, 0.10, 0.10
SHUT = 0.012
"""Aperture in mouth widths under which lips touch: under half of what a resting gap shows."""


def lips_of(speech: Speech, fps: int = 25) -> MouthTrack:
    return mouth_track(track_of(speech), fps, int(np.ceil(speech.duration_sec * fps)))


def axis(mouth: MouthTrack, name: str) -> Values:
    return mouth.axes[:, AXIS[name]].astype(np.float64)


def aperture(mouth: MouthTrack) -> Values:
    """Height of the mouth's opening over its width, per picture."""
    return _opening(mouth.axes.astype(np.float64)) * (1.0 - axis(mouth, "press"))


def _opening(axes: Values) -> Values:
    lower = np.maximum(axes[..., AXIS["lower"]], 0.0)
    return JAW_OPENS * axes[..., AXIS["jaw"]] + UPPER_OPENS * axes[..., AXIS["upper"]] + LOWER_OPENS * lower


@dataclass(frozen=True)
class Moment:
    """Pictures during one sound: from 50 ms before it, since the mouth leads, to its end."""

    symbol: str
    first: int
    last: int


def moments(speech: Speech, letters: str, fps: int) -> list[Moment]:
    """The sounds whose first letter is one of `letters`."""
    found: list[Moment] = []
    for each in speech.phonemes or ():
        symbol = each.symbol.lstrip("ˈˌ")
        if symbol and symbol[0] in letters and shapes_of(symbol):
            first = max(0, int(np.ceil((each.start_sec - 0.05) * fps - 0.5)))
            found.append(Moment(symbol, first, max(first, int(each.end_sec * fps - 0.5))))
    return found


def shut_share(speech: Speech, mouth: MouthTrack, letters: str = "pbm", slack: int = 0) -> float:
    """Share of the sounds during which at least one picture shows the lips shut."""
    seen = aperture(mouth)
    sounds = moments(speech, letters, mouth.fps)
    shut = [bool((seen[max(0, s.first - slack) : s.last + 1 + slack] < SHUT).any()) for s in sounds]
    return float(np.mean(shut))


def lag_ms(speech: Speech, mouth: MouthTrack) -> tuple[float, float]:
    """(lag of the drawn opening behind the openness of the phones in ms, negative: mouth leads; correlation there)."""
    columns = len(speech.samples) // 480
    openness = track_from_phonemes(speech.phonemes or (), np.zeros(columns, np.float32)).weights @ _opening(TARGETS)
    drawn = np.interp((np.arange(columns) + 0.5) / 100, (np.arange(len(mouth.axes)) + 0.5) / mouth.fps, aperture(mouth))
    shifts = range(-15, 16)
    inside = slice(20, -20)
    scores = [float(np.corrcoef(openness[inside], np.roll(drawn, -shift)[inside])[0, 1]) for shift in shifts]
    best = int(np.argmax(scores))
    return 10.0 * shifts[best], scores[best]


def jitter(mouth: MouthTrack) -> float:
    """Share of the aperture's energy above 8 Hz, its mean aside."""
    seen = aperture(mouth)
    energy = np.abs(np.fft.rfft(seen - seen.mean())) ** 2
    return float(energy[np.fft.rfftfreq(len(seen), 1 / mouth.fps) > 8.0].sum() / energy.sum())
