"""How well lips are read from sound, on voices that training never heard: python training/score_visemes.py --help

Compares the drawn opening (no pixels: benchmarks/quality.py does that) with what the phones ask for.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "gpu_container"), str(_ROOT / "layers/core/python")]

from engines import espeak_takes, festival_takes, flite_takes  # noqa: E402
from noises import NOT_SPEECH, not_speech  # noqa: E402
from recording import as_samples, as_sound, recorded  # noqa: E402

from benchmarks.measure.phones import GRID, Span, openness, spans_of, voiced_stretches  # noqa: E402
from renderer.motion.mouth import mouth_track  # noqa: E402
from renderer.speech.resample import resample  # noqa: E402
from renderer.types import MOUTH_AXES, RATE, Phoneme, Samples, VisemeTrack  # noqa: E402
from renderer.visemes import NetworkVisemes, track_from_phonemes  # noqa: E402
from renderer.visemes.spectrum import ANALYSIS_RATE  # noqa: E402

FPS: Final = 25
SHUT_SHARE: Final = 0.15
"""Lips count as shut below this share of the opening they reach."""
_TONGUE: Final = frozenset("tdnkɡszlʃʒŋɾ")
_LABIALS: Final = frozenset("pbmɓ")
_OPEN: Final = frozenset("aɑæɐʌɒɔɛ")
_LAGS_SEC: Final = np.arange(-0.2, 0.201, 0.01)

Reader = Callable[[Samples], VisemeTrack]
Said = tuple[Samples, tuple[Phoneme, ...]]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Over all of a voice's sentences. `lag_ms` > 0: lips late. Shares: `shut` of p b m on which lips close,
    `shut_wrongly` of tongue sounds (no p b m within 60 ms), `opened` of open vowels; `teeth` of f v on which the lower
    lip tucks under; `open_in_pauses` of pictures; `frames_to_close` the longest; `right` columns of the best viseme."""

    correlation: float
    lag_ms: float
    frames_to_close: int
    shut: float | None
    shut_wrongly: float | None
    opened: float | None
    teeth: float | None
    open_in_pauses: float | None
    right: float | None


_SHARES: Final = ("shut", "shut_wrongly", "opened", "teeth", "open_in_pauses", "right")


def opening(track: VisemeTrack, seconds: float) -> tuple[Reals, Reals]:
    """How far lips are drawn apart in each picture, and how far the lower lip is tucked under the teeth."""
    axes = mouth_track(track, FPS, int(seconds * FPS)).axes.astype(np.float64)
    jaw, upper, lower, press = (axes[:, MOUTH_AXES.index(each)] for each in ("jaw", "upper", "lower", "press"))
    return (0.45 * jaw + 0.1 * upper + 0.1 * np.maximum(lower, 0)) * (1 - press), np.maximum(-lower, 0)


@dataclass
class _Seen:
    """What the pictures of a voice's sentences showed so far."""

    lips: list[Reals] = field(default_factory=lambda: [])
    wanted: list[Reals] = field(default_factory=lambda: [])
    shares: dict[str, list[bool]] = field(default_factory=lambda: {name: [] for name in _SHARES})
    slowest: int = 0

    def add(self, samples: Samples, phonemes: tuple[Phoneme, ...], track: VisemeTrack) -> None:
        seconds = len(samples) / RATE
        lips, tucked = opening(track, seconds)
        middle = (np.arange(len(lips)) + 0.5) / FPS
        spans = spans_of(phonemes)
        limit = SHUT_SHARE * float(np.percentile(lips, 95))
        curve = openness(spans, seconds)
        at = np.arange(len(curve)) / GRID
        self.wanted.append(np.stack([np.interp(middle - lag, at, curve) for lag in _LAGS_SEC]))
        self.lips.append(lips)
        self._phones(spans, middle, lips, tucked, limit)
        quiet = np.ones(len(middle), bool)
        for start, end in voiced_stretches(spans):
            quiet &= (middle < start - 0.2) | (middle > end + 0.32)
        self.shares["open_in_pauses"] += (lips[quiet] > limit).tolist()
        after = np.flatnonzero(lips[middle > spans[-1].end] > limit)
        self.slowest = max(self.slowest, int(after[-1]) + 1 if len(after) else 0)

    def _phones(self, spans: tuple[Span, ...], middle: Reals, lips: Reals, tucked: Reals, limit: float) -> None:
        labials = np.array([(s.start, s.end) for s in spans if s.letter in _LABIALS] or [(-9.0, -9.0)])
        for span in spans:
            around = (middle + 1.5 / FPS > span.start) & (middle - 1.5 / FPS < span.end)
            during = (middle > span.start - 0.01) & (middle < span.end + 0.01)
            away = min(abs(labials[:, 0] - span.end).min(), abs(labials[:, 1] - span.start).min())
            if not during.any():
                continue
            if span.letter in _LABIALS:
                self.shares["shut"].append(bool(lips[around].min() <= limit))
            elif span.letter in _TONGUE and away > 0.06:
                self.shares["shut_wrongly"].append(bool(lips[during].min() <= limit))
            elif span.letter in _OPEN:
                self.shares["opened"].append(bool(lips[during].max() >= 2 * limit))
            elif span.letter in "fv":
                self.shares["teeth"].append(bool(tucked[around].max() > 0.4))

    def score(self) -> Score:
        lips, curves = np.concatenate(self.lips), np.concatenate(self.wanted, axis=1)
        scores = [float(np.corrcoef(lips, each)[0, 1]) for each in curves]
        best = int(np.argmax(scores))
        shares = {name: round(float(np.mean(each)), 3) if each else None for name, each in self.shares.items()}
        return Score(
            round(scores[best], 3), round(1000 * float(_LAGS_SEC[best])), frames_to_close=self.slowest, **shares
        )


def score(said: Iterable[Said], read: Reader | None) -> Score:
    """`read` None: by the true phones."""
    seen = _Seen()
    for samples, phonemes in said:
        truth = track_from_phonemes(phonemes, np.ones(-(-len(samples) * 100 // RATE), np.float32))
        track = truth if read is None else read(samples)
        seen.add(samples, phonemes, track)
        seen.shares["right"] += (track.weights.argmax(1) == truth.weights.argmax(1)).tolist()
    return seen.score()


def held_out(count: int, seed: int = 99) -> dict[str, list[Said]]:
    """Voices and languages that training never heard, plain, and the first as recordings have it."""
    choose = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as scratch:
        groups = {
            "flite rms (English)": list(flite_takes("rms", count, choose, Path(scratch))),
            "festival pc (Italian)": list(festival_takes("pc_diphone", count, choose, Path(scratch))),
            "espeak-ng Swedish": list(espeak_takes("sv", count // 2, choose)),
            "espeak-ng Korean": list(espeak_takes("ko", count // 2, choose)),
        }
    found: dict[str, list[Said]] = {}
    for name, takes in groups.items():
        found[name] = [said(as_sound(take.sound), take.phonemes) for take in takes]
    takes = groups["flite rms (English)"]
    found["flite rms, recorded"] = [
        said(recorded(np.pad(as_sound(t.sound), 4_800), choose), t.phonemes, 0.3) for t in takes
    ]
    return found


def said(sound: NDArray[np.float32], phonemes: tuple[Phoneme, ...], before: float = 0.0) -> Said:
    samples = resample(as_samples(np.pad(sound, (0, ANALYSIS_RATE // 2))), ANALYSIS_RATE, RATE)
    return samples, tuple(Phoneme(p.symbol, p.start_sec + before, p.end_sec + before) for p in phonemes)


def open_in_other_sounds(read: Reader, seed: int = 7) -> dict[str, float]:
    """Kind of sound that is no speech -> share of pictures with open lips; 60 s of each."""
    choose = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for kind in NOT_SPEECH:
        opened: list[bool] = []
        for _ in range(10):
            sound = not_speech(kind, 6 * ANALYSIS_RATE, choose) * np.float32(10 ** (choose.uniform(-40, -1) / 20))
            lips, _ = opening(read(resample(as_samples(sound), ANALYSIS_RATE, RATE)), 6.0)
            opened += (lips > 0.03).tolist()
        found[kind] = round(float(np.mean(opened)), 4)
    return found


def recording(wave: Path, words: str) -> list[Said]:
    """A recording and its words, English, aligned by pocketsphinx."""
    from benchmarks.measure.align import align
    from renderer.media.sounds import decode_speech

    samples = decode_speech(wave).samples
    return [(samples, align(samples, words)[1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="sentences of each voice")
    parser.add_argument(
        "--recording", nargs=2, metavar=("WAV", "WORDS"), help="English speech and the file of its words"
    )
    options = parser.parse_args()
    read = NetworkVisemes().track
    sets = held_out(options.count)
    if options.recording:
        sets["recording"] = recording(Path(options.recording[0]), Path(options.recording[1]).read_text())
    voices = {
        name: {"sound": asdict(score(each, read)), "text": asdict(score(each, None))} for name, each in sets.items()
    }
    result = {"voices": voices, "open lips in other sounds": open_in_other_sounds(read)}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
