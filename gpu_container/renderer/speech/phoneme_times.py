"""espeak-ng's phoneme marks become true spans: what it marks late, the silence of the samples puts right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from renderer.types import Phoneme, Samples

Mark = tuple[int, str]
"""(sample index, IPA symbol or "" for a pause)."""

# A closed stop is silent before its burst, and espeak-ng marks the burst (measured: 35 to 70 ms late, the length of the
# closure). The silence belongs to the stop; of a longer pause, no more than a mouth needs to close.
_STOPS: Final = frozenset("pbtdʈɖcɟkɡgqɢʔɓɗʄɠʛʡ")
_LONGEST_CLOSURE_SEC: Final = 0.090
_CLOSURE_AFTER_PAUSE_SEC: Final = 0.060
_STRESS: Final = "ˈˌ"
_SILENT_LEVEL: Final = 2
"""espeak-ng writes zeros in silence; its rounding leaves at most this."""


def spans_of(marks: Sequence[Mark], samples: Samples, rate: int) -> list[Phoneme]:
    """Consecutive segments that cover all of `samples`: every sample in exactly one, pauses ("") merged, none empty."""
    starts = [min(sample, len(samples)) for sample, _ in marks]
    symbols = [symbol for _, symbol in marks]
    _claim_closures(starts, symbols, samples, rate)
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
        symbols.insert(0, "")
    ends = [*starts[1:], len(samples)]
    spans: list[Phoneme] = []
    for symbol, start, end in zip(symbols, starts, ends, strict=True):
        if end <= start:
            continue
        if spans and symbol == "" and spans[-1].symbol == "":
            spans[-1] = Phoneme("", spans[-1].start_sec, end / rate)
        else:
            spans.append(Phoneme(symbol, start / rate, end / rate))
    return spans


def _claim_closures(starts: list[int], symbols: list[str], samples: Samples, rate: int) -> None:
    """Moves each stop's start back over the silence before its burst; changes `starts` in place."""
    silent = np.abs(samples.astype(np.int32)) <= _SILENT_LEVEL
    for index, symbol in enumerate(symbols):
        if symbol.lstrip(_STRESS)[:1] not in _STOPS:
            continue
        burst = starts[index]
        # Up to 12 ms of the stop's own start may be silent too; what counts is where the sound before it ended.
        longest = round(_LONGEST_CLOSURE_SEC * rate)
        earliest = max(0, burst - longest - 1)
        sounding = np.flatnonzero(~silent[earliest:burst])
        silent_from = earliest + int(sounding[-1]) + 1 if len(sounding) else earliest
        if burst - silent_from > longest:
            silent_from = burst - round(_CLOSURE_AFTER_PAUSE_SEC * rate)
        _move_back(starts, index, max(0, silent_from))


def _move_back(starts: list[int], index: int, to: int) -> None:
    starts[index] = min(starts[index], to)
    for before in range(index - 1, -1, -1):
        if starts[before] <= to:
            break
        starts[before] = to


def shifted(phonemes: Sequence[Phoneme], by_sec: float, until_sec: float) -> tuple[Phoneme, ...]:
    """The same segments `by_sec` later, with a pause before and after so that they cover 0 to `until_sec`."""
    moved = [Phoneme(each.symbol, each.start_sec + by_sec, each.end_sec + by_sec) for each in phonemes]
    if moved and moved[0].symbol == "":
        moved[0] = Phoneme("", 0.0, moved[0].end_sec)
    elif by_sec > 0:
        moved.insert(0, Phoneme("", 0.0, by_sec))
    last = moved[-1]
    if last.symbol == "":
        moved[-1] = Phoneme("", last.start_sec, until_sec)
    elif last.end_sec < until_sec:
        moved.append(Phoneme("", last.end_sec, until_sec))
    return tuple(moved)
