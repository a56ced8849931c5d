"""Do lips follow what is said? The gap seen between them against what the phones ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.phones import GRID, Span, labials, openness
from benchmarks.measure.watch import Watched, gap, look
from renderer.face.check import check_face
from renderer.types import Picture

Reals = NDArray[np.float64]

MAX_LAG_SEC: Final = 0.25
LAG_STEP_SEC: Final = 0.01
CLOSED_MARGIN: Final = 0.016
"""Above the resting gap, eye distances: about a pixel at 512, several times the detector's own scatter."""
CLOSED_GAP: Final = 0.045
"""What the detector reads on closed lips, at most: a portrait's may be parted at rest; p, b and m still close them."""
CLOSED_SHARE: Final = 0.15
"""And at most this share of the opening that the mouth reaches: a small mouth is not shut when it is half open."""
SETTLE_SEC: Final = 0.32
"""After speech ends the mouth may take this, 8 pictures at 25 a second, to close."""
PREPARE_SEC: Final = 0.20
"""Before speech begins it may already move."""


@dataclass(frozen=True)
class Rest:
    """The portrait itself as the detector sees it: resting gap between the lips and its scatter, in eye distances."""

    gap: float
    scatter: float


@dataclass(frozen=True)
class Sync:
    """`lag_ms` < 0: the mouth is early. `missed`: labials without closed lips, of `labials`; `closed_gap`: the
    least seen on a labial, median of all."""

    correlation: float
    lag_ms: float
    labials: int
    missed: tuple[str, ...]
    closed_gap: float

    @property
    def shut(self) -> float:
        """Share of p, b, m on which the lips were seen shut."""
        return 1.0 - len(self.missed) / max(self.labials, 1)


def rest_of(picture: Picture) -> Rest:
    """RGB uint8 (H, W, 3), lips as in the portrait -> what the detector reads on it when it is moved a little."""
    start = check_face(picture).mesh
    middle = start.points[:, :2].mean(axis=0)
    seen: list[float] = []
    for step in range(16):
        angle = 3.0 * np.sin(2.4 * step)
        place = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, 1 + 0.02 * np.sin(1.7 * step))
        place[:, 2] += (3 * np.sin(1.1 * step), 3 * np.cos(1.9 * step))
        size = (picture.shape[1], picture.shape[0])
        moved = cv2.warpAffine(picture, place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen.append(float(gap(look(np.asarray(moved, np.uint8), start).points.astype(np.float64))))
    return Rest(float(np.mean(seen)), float(np.std(seen)))


def closed_below(rest: Rest, gaps: Reals) -> float:
    """The gap below which lips count as at rest. `gaps`: those of speech by the same mouth."""
    reach = float(np.percentile(gaps, 95)) - rest.gap
    return rest.gap + max(3 * rest.scatter, min(CLOSED_MARGIN, CLOSED_SHARE * reach))


def shut_below(rest: Rest, gaps: Reals) -> float:
    """The gap below which lips count as touching, as p, b and m need it."""
    return closed_below(rest, gaps) - max(0.0, rest.gap - CLOSED_GAP)


def sync_of(seen: Watched, spans: tuple[Span, ...], limit: float) -> Sync:
    """The pictures against the phones; lips count as shut below the gap `limit`."""
    lips, frame = seen.gap, 1.0 / seen.fps
    until = float(seen.middle[-1]) + frame / 2
    wanted = [span for span in labials(spans) if span.end < until]
    least = [float(lips[_around(seen.middle, span, frame)].min()) for span in wanted]
    missed = tuple(f"{s.letter}@{s.start:.2f}s" for s, low in zip(wanted, least, strict=True) if low > limit)
    score, lag = _best_lag(seen.middle, lips, openness(spans, until))
    return Sync(score, 1000 * lag, len(wanted), missed, float(np.median(least)) if least else limit)


def _around(middle: Reals, span: Span, frame: float) -> NDArray[np.bool_]:
    """The pictures on screen from one picture before the sound to one after it."""
    return (middle + frame / 2 > span.start - frame) & (middle - frame / 2 < span.end + frame)


def _best_lag(middle: Reals, lips: Reals, wanted: Reals) -> tuple[float, float]:
    """(correlation, seconds by which the lips come late) where they follow best: the vertex of a parabola there."""
    at = np.arange(len(wanted)) / GRID
    lags = np.arange(-MAX_LAG_SEC, MAX_LAG_SEC + LAG_STEP_SEC / 2, LAG_STEP_SEC)
    scores = np.array([correlation(lips, np.interp(middle - lag, at, wanted)) for lag in lags])
    best = int(np.clip(np.argmax(scores), 1, len(scores) - 2))
    left, top, right = scores[best - 1 : best + 2]
    bend = left - 2 * top + right
    offset = 0.0 if bend >= 0 else 0.5 * (left - right) / bend
    return float(top - 0.25 * (left - right) * offset), float(lags[best] + offset * LAG_STEP_SEC)


def correlation(a: Reals, b: Reals) -> float:
    """Pearson's; 0 when either does not move."""
    if a.std() < 1e-9 or b.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def open_in_pauses(seen: Watched, stretches: list[tuple[float, float]], limit: float) -> float:
    """Share of the pictures in pauses, once the mouth had time to close and before it prepares, with open lips."""
    quiet = seen.middle < seen.middle[-1] - PREPARE_SEC  # what follows may be speech
    for start, end in stretches:
        quiet &= (seen.middle < start - PREPARE_SEC) | (seen.middle > end + SETTLE_SEC)
    return float(np.mean(seen.gap[quiet] > limit)) if quiet.any() else 0.0


def frames_to_close(seen: Watched, end_sec: float, until_sec: float, limit: float) -> int:
    """Pictures from the end of speech to the first after which lips stay closed until `until_sec`."""
    after = (seen.middle > end_sec) & (seen.middle < until_sec)
    still_open = np.flatnonzero(seen.gap[after] > limit)
    return 0 if not len(still_open) else int(still_open[-1]) + 1


def sound_offset_sec(heard: NDArray[np.int16], spoken: NDArray[np.int16]) -> float:
    """Seconds by which the file's sound is later than the speech, by cross-correlation."""
    length = 1 << int(np.ceil(np.log2(len(heard) + len(spoken))))
    product = np.fft.rfft(heard.astype(np.float64), length) * np.conj(np.fft.rfft(spoken.astype(np.float64), length))
    peak = int(np.argmax(np.fft.irfft(product, length)))
    return (peak if peak < length // 2 else peak - length) / 48_000
