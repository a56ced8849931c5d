"""Are the lips of a finished MP4 in time with its sound? Measured on its pixels and its sound, not on what was meant.

    python benchmarks/lipsync_pixels.py [--portrait FILE] [--fps 24 25 30] [--text "..."] [--keep FOLDER]

Speaks a text whose phones espeak-ng times exactly, renders it, decodes the file again, lays the face mesh on every
picture and compares the gap between the lips with the phones. Rows named `sound` are rendered from the samples alone.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    _root = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(_root), str(_root / "gpu_container"), str(_root / "layers/core/python")]

from renderer.face.check import check_face
from renderer.face.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Mesh, refit
from renderer.render import RenderOptions, render_mp4
from renderer.rig import Rig, build_rig
from renderer.speech import speak
from renderer.types import RATE, Phoneme, Picture, Samples, Speech

Reals = NDArray[np.float64]

TEXT: Final = (
    "Peter bought a big brown map from Bob. My mother may pay for a small apple pie. "
    "Open the farm gate, and park the van by the pump."
)
"""Closed lips at starts, in the middle and at ends of words, between open and close vowels, and three pauses."""

GRID: Final = 200
"""Points a second of the phones' curve."""
MAX_LAG_SEC: Final = 0.25
LIP_PAIRS: Final = ((82, 87), (13, 14), (312, 317))
"""Upper and lower inner lip, left of the middle, at it, right of it."""
CLOSED_SHARE: Final = 0.15
"""Lips count as closed below this share of the wide-open gap: 2.5 pixels at 512, the mesh's own noise being about 1."""
OPEN_SHARE: Final = 0.30
"""An open vowel shows at least this share of it."""
SETTLE_SEC: Final = 0.20
"""After speech ends the mouth may take this to close; before it begins, this to prepare."""

# How far apart lips are for a sound, by the height of the vowel; consonants but the labials leave them to the vowels.
_OPENNESS: Final = {
    **dict.fromkeys("aɑæɐʌɒ", 1.0),
    **dict.fromkeys("ɛeəɜɔoɚɝ", 0.7),
    **dict.fromkeys("iɪuʊɨy", 0.4),
    **dict.fromkeys("pbm", 0.0),
    **dict.fromkeys("fv", 0.1),
}
_OTHER_SOUND: Final = 0.3
_MARKS: Final = "ˈˌː̩ʲʷ"


@dataclass(frozen=True)
class Seen:
    """A decoded MP4: `middle` (N,) seconds at which each picture is half shown; `gap` (N,) between the lips, in eye
    distances; the decoded sound at RATE; lengths in seconds as the file states them."""

    middle: Reals
    gap: Reals
    samples: Samples
    video_sec: float
    audio_sec: float


@dataclass(frozen=True)
class Figures:
    """What one MP4 shows. `lag_ms` > 0: the lips are late. `missed`: labials p, b, m, of `labials`, on which the lips
    never closed; `shut`: open vowels, of `vowels`, on which they hardly parted. Gaps in eye distances."""

    lag_ms: float
    correlation: float
    labials: int
    missed: tuple[str, ...]
    vowels: int
    shut: tuple[str, ...]
    silent_gap: float
    open_gap: float
    sound_offset_ms: float
    video_excess_ms: float
    audio_excess_ms: float

    @property
    def closed(self) -> float:
        """Share of the labials on which the lips close."""
        return 1 - len(self.missed) / max(self.labials, 1)

    @property
    def opened(self) -> float:
        """Share of the open vowels on which the lips part."""
        return 1 - len(self.shut) / max(self.vowels, 1)

    @property
    def silence(self) -> float:
        """The widest gap in silence as a share of the wide-open gap."""
        return self.silent_gap / self.open_gap


def lip_gap(mesh: Mesh) -> float:
    """Mean gap of the inner lips over the distance between the outer corners of the eyes."""
    flat = mesh.points[:, :2]
    gaps = [float(np.linalg.norm(flat[upper] - flat[lower])) for upper, lower in LIP_PAIRS]
    return float(np.mean(gaps)) / float(np.linalg.norm(flat[LEFT_EYE_CORNERS[0]] - flat[RIGHT_EYE_CORNERS[1]]))


def watch(path: Path) -> Seen:
    """Decode an MP4 and measure the lips on each picture."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.duration and video.time_base and video.average_rate and audio.duration and audio.time_base
        half = 0.5 / float(video.average_rate)
        middle: list[float] = []
        gaps: list[float] = []
        mesh: Mesh | None = None
        for frame in container.decode(video):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            mesh = check_face(picture).mesh if mesh is None else refit(picture, mesh)
            middle.append(float(frame.time or 0.0) + half)
            gaps.append(lip_gap(mesh))
        lengths = float(video.duration * video.time_base), float(audio.duration * audio.time_base)
    return Seen(np.array(middle), np.array(gaps), _sound(path), *lengths)


def _sound(path: Path) -> Samples:
    """The decoded speech placed at its own times: index 0 is the file's time 0."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        pieces: list[Samples] = []
        start: float | None = None
        for frame in container.decode(audio=0):
            start = float(frame.time or 0.0) if start is None else start
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    heard = np.concatenate(pieces).astype(np.int16)
    shift = round((start or 0.0) * RATE)
    return heard[-shift:] if shift < 0 else np.pad(heard, (shift, 0))


def measure(seen: Seen, speech: Speech, rest: float) -> Figures:
    """Compare what was seen with the `speech` (with phonemes) that was rendered; `rest`: the portrait's own lip gap."""
    assert speech.phonemes is not None
    gap = np.maximum(seen.gap - rest, 0.0)
    wide = float(np.percentile(gap, 95))
    offset = _sound_offset(seen.samples, speech.samples)
    lag, correlation = _best_lag(seen.middle, seen.gap, speech.phonemes, speech.duration_sec)
    labials = [phoneme for phoneme in speech.phonemes if _plain(phoneme.symbol)[:1] in ("p", "b", "m")]
    vowels = [phoneme for phoneme in speech.phonemes if _OPENNESS.get(_plain(phoneme.symbol)[:1]) == 1.0]
    silent = _silent(seen.middle, speech.phonemes)
    return Figures(
        lag_ms=1000 * (lag - offset),
        correlation=correlation,
        labials=len(labials),
        missed=_named(p for p in labials if gap[_shown(seen.middle, p)].min() > CLOSED_SHARE * wide),
        vowels=len(vowels),
        shut=_named(p for p in vowels if gap[_shown(seen.middle, p)].max() < OPEN_SHARE * wide),
        silent_gap=float(gap[silent].max()) if silent.any() else 0.0,
        open_gap=wide,
        sound_offset_ms=1000 * offset,
        video_excess_ms=1000 * (seen.video_sec - speech.duration_sec),
        audio_excess_ms=1000 * (seen.audio_sec - speech.duration_sec),
    )


def _named(phonemes: Iterable[Phoneme]) -> tuple[str, ...]:
    return tuple(f"{p.symbol}@{p.start_sec:.2f}s" for p in phonemes)


def _shown(middle: Reals, phoneme: Phoneme) -> NDArray[np.bool_]:
    """The pictures on screen while a phone sounds."""
    half = float(middle[1] - middle[0]) / 2
    return (middle + half > phoneme.start_sec) & (middle - half < phoneme.end_sec)


def _silent(middle: Reals, phonemes: tuple[Phoneme, ...]) -> NDArray[np.bool_]:
    """The pictures that lie SETTLE_SEC or more inside a pause."""
    quiet = np.ones(len(middle), bool)
    for phoneme in phonemes:
        if phoneme.symbol:
            quiet &= (middle < phoneme.start_sec - SETTLE_SEC) | (middle > phoneme.end_sec + SETTLE_SEC)
    return quiet


def _plain(symbol: str) -> str:
    return "".join(letter for letter in symbol if letter not in _MARKS)


def phone_openness(phonemes: tuple[Phoneme, ...], duration_sec: float) -> Reals:
    """How open lips should be, 0..1, at GRID points a second; smoothed evenly over 100 ms, as lips are slow."""
    curve = np.zeros(int(duration_sec * GRID) + 1)
    for phoneme in phonemes:
        letters = _plain(phoneme.symbol)
        edges = np.linspace(phoneme.start_sec, phoneme.end_sec, len(letters) + 1)
        for letter, start, end in zip(letters, edges, edges[1:], strict=False):
            curve[round(start * GRID) : round(end * GRID)] = _OPENNESS.get(letter, _OTHER_SOUND)
    window = np.hanning(2 * round(0.05 * GRID) + 1)
    return np.convolve(curve, window / window.sum(), mode="same").astype(np.float64)


def _best_lag(middle: Reals, gap: Reals, phonemes: tuple[Phoneme, ...], duration_sec: float) -> tuple[float, float]:
    """The delay of the lips, in seconds, at which they follow the phones best, and the correlation there."""
    openness = phone_openness(phonemes, duration_sec)
    at = np.arange(len(openness)) / GRID
    lags = np.arange(-MAX_LAG_SEC, MAX_LAG_SEC, 0.0025)
    scores = [float(np.corrcoef(gap, np.interp(middle - lag, at, openness))[0, 1]) for lag in lags]
    best = int(np.argmax(scores))
    return float(lags[best]), scores[best]


def _sound_offset(heard: Samples, spoken: Samples) -> float:
    """Seconds by which the file's sound is later than the speech, by cross-correlation."""
    length = 1 << int(np.ceil(np.log2(len(heard) + len(spoken))))
    product = np.fft.rfft(heard.astype(np.float64), length) * np.conj(np.fft.rfft(spoken.astype(np.float64), length))
    peak = int(np.argmax(np.fft.irfft(product, length)))
    return (peak if peak < length // 2 else peak - length) / RATE


def rest_gap(rig: Rig) -> float:
    """The lip gap that the mesh reads on the portrait itself, whose lips are closed."""
    return lip_gap(check_face(rig.picture).mesh)


def render_and_measure(rig: Rig, speech: Speech, out: Path, fps: int, by_sound: bool = False) -> Figures:
    """Render `speech` to `out` and measure the file; `by_sound` hides the phonemes from the renderer."""
    shown = Speech(speech.samples) if by_sound else speech
    render_mp4(rig, shown, out, RenderOptions(fps=fps))
    return measure(watch(out), speech, rest_gap(rig))


def _portrait(path: Path | None) -> Picture:
    if path is None:
        from local.presenter import draw_presenter

        return draw_presenter()
    from renderer.media.pictures import decode_picture

    return decode_picture(path.read_bytes())


HEADER: Final = (
    "rendered by    lag ms    corr   closed   opened   silence  video ms  audio ms  sound ms  not closed | not opened"
)
"""Columns of the table."""


def _row(name: str, f: Figures) -> str:
    return (
        f"{name:<12}{f.lag_ms:>+9.1f}{f.correlation:>8.2f}{f'{f.labials - len(f.missed)}/{f.labials}':>9}"
        f"{f'{f.vowels - len(f.shut)}/{f.vowels}':>9}"
        f"{f.silence:>10.1%}{f.video_excess_ms:>+10.1f}{f.audio_excess_ms:>+10.1f}{f.sound_offset_ms:>+10.2f}"
        f"  {' '.join(f.missed)} | {' '.join(f.shut)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", type=Path)
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--fps", type=int, nargs="+", default=[24, 25, 30])
    parser.add_argument("--keep", type=Path, help="folder for the MP4s")
    options = parser.parse_args()
    rig, speech = build_rig(_portrait(options.portrait)), speak(options.text)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{speech.duration_sec:.2f} s of speech; lag > 0: lips late; silence: widest gap over the wide-open gap")
        print(HEADER)
        for fps in options.fps:
            for by_sound in (False, True):
                name = f"{'sound' if by_sound else 'text'}, {fps} fps"
                out = folder / f"{name.replace(', ', '-').replace(' ', '')}.mp4"
                print(_row(name, render_and_measure(rig, speech, out, fps, by_sound)), flush=True)


if __name__ == "__main__":
    main()
