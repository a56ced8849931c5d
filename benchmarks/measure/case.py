"""One portrait and one speech, rendered through the product to finished files and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.measure import drawn, lips, motion
from benchmarks.measure.lips import Rest
from benchmarks.measure.method import look_ahead_ms, times_real_time
from benchmarks.measure.negatives import negatives
from benchmarks.measure.phones import Span, loud_stretches, spans_of, voiced_stretches
from benchmarks.measure.watch import Watched, eye_distance, watch
from renderer.planes import planes_of
from renderer.render import RenderOptions, pictures, render_video
from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import HEAD_AXES, MOUTH_AXES, RATE, Phoneme, Picture, Samples, Speech

SIDE: Final = 512
FPS: Final = 25
PAUSE_SEC: Final = 1.0
"""Silence after each time the speech is said."""
QUIETER_DB: Final = -12.0
QUIET_SEC: Final = 8.0
Figures = dict[str, float]


@dataclass(frozen=True)
class Talk:
    """What is said: `samples` int16 (N,) at RATE; `phones` exact or aligned, None when nobody knows them; `by_text`:
    the renderer is told the phones too (they are its own voice's)."""

    name: str
    samples: Samples
    phones: tuple[Phoneme, ...] | None
    by_text: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    @property
    def spans(self) -> tuple[Span, ...] | None:
        return None if self.phones is None else spans_of(self.phones)

    @property
    def stretches(self) -> list[tuple[float, float]]:
        """(start, end) seconds of speech between pauses."""
        spans = self.spans
        return loud_stretches(self.samples) if spans is None else voiced_stretches(spans)


def measure(rig: Rig, talk: Talk, folder: Path, seconds: float) -> Figures:
    """Everything that quality.py prints for one portrait and one speech; a figure that cannot be had is left out."""
    source = canvas_of(rig, SIDE, SIDE).picture
    rest = lips.rest_of(source)
    said = repeated(talk, seconds)
    seen = film(rig, said, folder / f"{talk.name}.mp4")
    limit = lips.closed_below(rest, seen.gap)
    found = follows(seen, talk, rest) | lasts(seen, said) | liveliness(seen)
    if not talk.by_text:
        found |= gain(rig, talk, seen, folder) | shut_through_other_sounds(rig, limit, folder)
        found |= {"look_ahead_ms": look_ahead_ms(talk.samples), "speed": times_real_time(said.samples)}
    return found | same_bytes(rig, talk, folder) | flaws(rig, said)


def repeated(talk: Talk, seconds: float) -> Talk:
    """Said again and again, PAUSE_SEC apart, for `seconds`; at least once."""
    turn = len(talk.samples) + round(PAUSE_SEC * RATE)
    times = max(1, int(np.ceil(seconds * RATE / turn)))
    samples = np.tile(np.pad(talk.samples, (0, turn - len(talk.samples))), times)
    samples = samples[: max(turn, round(seconds * RATE))]
    if talk.phones is None:
        return replace(talk, samples=samples)
    shifts = [index * turn / RATE for index in range(times)]
    phones = [Phoneme(p.symbol, p.start_sec + shift, p.end_sec + shift) for shift in shifts for p in talk.phones]
    whole = len(samples) / RATE
    return replace(talk, samples=samples, phones=tuple(p for p in phones if p.end_sec <= whole))


def _begun(talk: Talk, seconds: float) -> Talk:
    """Its first seconds."""
    phones = None if talk.phones is None else tuple(p for p in talk.phones if p.end_sec <= seconds)
    return replace(talk, samples=talk.samples[: round(seconds * RATE)], phones=phones)


def _speech(talk: Talk) -> Speech:
    """As the renderer is given it: phones over all of its length, or none."""
    if not talk.by_text or talk.phones is None:
        return Speech(talk.samples)
    whole: list[Phoneme] = []
    for phone in talk.phones:
        if whole and phone.start_sec - whole[-1].end_sec > 1e-6:
            whole.append(Phoneme("", whole[-1].end_sec, phone.start_sec))
        whole.append(phone)
    if whole[-1].end_sec < talk.seconds:
        whole.append(Phoneme("", whole[-1].end_sec, talk.seconds))
    return Speech(talk.samples, tuple(whole))


def film(rig: Rig, talk: Talk, out: Path) -> Watched:
    """Render `talk` to the file `out` and watch that."""
    render_video(rig, _speech(talk), out, _options())
    return watch(out)


def _options() -> RenderOptions:
    return RenderOptions(size=SIDE, fps=FPS)


def follows(seen: Watched, talk: Talk, rest: Rest) -> Figures:
    """The lips against the first time that `talk` is said, in `seen`, which begins with it."""
    limit = lips.closed_below(rest, seen.gap)
    stretches, until = talk.stretches, talk.seconds + PAUSE_SEC
    first = seen.until(until)
    found: Figures = {
        "open_in_pauses": lips.open_in_pauses(first, stretches, limit),
        "frames_to_close": float(lips.frames_to_close(first, stretches[-1][1], until - lips.PREPARE_SEC, limit)),
    }
    spans = talk.spans
    if spans is None:
        return found
    sync = lips.sync_of(first, spans, lips.shut_below(rest, seen.gap))
    left = max(0.0, sync.closed_gap - min(rest.gap, lips.CLOSED_GAP)) * float(np.median(eye_distance(seen.points)))
    heard = {"correlation": sync.correlation, "lag_ms": sync.lag_ms, "labials": float(sync.labials)}
    return found | heard | {"labials_shut": sync.shut, "closed_gap_px": left}


def lasts(seen: Watched, said: Talk) -> Figures:
    """How far the file's two tracks and its sound are from what was said, ms."""
    return {
        "video_excess_ms": 1000 * (seen.video_sec - said.seconds),
        "audio_excess_ms": 1000 * (seen.audio_sec - said.seconds),
        "sound_offset_ms": 1000 * lips.sound_offset_sec(seen.samples, said.samples),
    }


def liveliness(seen: Watched) -> Figures:
    return motion.lips(seen) | motion.head(seen) | motion.blinks(seen) | motion.upper_face(seen)


def gain(rig: Rig, talk: Talk, seen: Watched, folder: Path) -> Figures:
    """The same words quieter: how alike the lips move, and how far, against those in `seen`."""
    loud = talk.samples[: round(QUIET_SEC * RATE)]
    quiet = np.round(loud * 10 ** (QUIETER_DB / 20)).astype(np.int16)
    again = film(rig, Talk("quiet", quiet, None), folder / f"{talk.name}-quiet.mp4").gap
    usual = seen.gap[: len(again)]
    reach = float(np.percentile(again, 95) - again.min()) / max(float(np.percentile(usual, 95) - usual.min()), 1e-6)
    return {"gain_correlation": lips.correlation(usual, again), "gain_reach": reach}


def shut_through_other_sounds(rig: Rig, limit: float, folder: Path) -> Figures:
    """Share of pictures with open lips while something sounds that is no speech."""
    found: Figures = {}
    for name, samples in negatives().items():
        seen = film(rig, Talk(name, samples, None), folder / f"{name}.mp4")
        found[f"open_in_{name}"] = float(np.mean(seen.gap > limit))
    return found


def same_bytes(rig: Rig, talk: Talk, folder: Path, seconds: float = 2.0) -> Figures:
    """1 when the same input gives the same file, byte for byte."""
    part = _begun(talk, seconds)
    prints: list[str] = []
    for turn in ("once", "again"):
        out = folder / f"{talk.name}-{turn}.mp4"
        render_video(rig, _speech(part), out, _options())
        prints.append(hashlib.sha256(out.read_bytes()).hexdigest())
    return {"same_bytes": float(prints[0] == prints[1])}


def flaws(rig: Rig, said: Talk, seconds: float = 8.0, every: int = 8) -> Figures:
    """The pictures of the first seconds, before any coding, and two poses of the runtime."""
    source = canvas_of(rig, SIDE, SIDE)
    drawn_ones = list(islice(pictures(rig, _speech(_begun(said, seconds)), _options()), 0, None, every))
    runtime = MeshRuntime(source)
    still, speaking = np.zeros(len(MOUTH_AXES), np.float32), np.zeros(len(MOUTH_AXES), np.float32)
    speaking[MOUTH_AXES.index("jaw")] = 0.7
    head = np.zeros(len(HEAD_AXES), np.float32)
    poses: Sequence[Picture] = [runtime.draw(mouth, head).rgb() for mouth in (still, speaking)]
    coded = planes_of(source.picture).rgb()
    colours = {"coding": drawn.coding_error(source.picture, coded)}
    return colours | drawn.flaws(drawn.source_of(coded), poses[0], poses[1], drawn_ones)
