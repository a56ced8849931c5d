"""espeak-ng's phoneme marks become true spans: what it marks late, the silence of the samples puts right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.types import Phoneme, Samples

Mark = tuple[int, str]
"""(sample index, IPA symbol or "" for a pause)."""

# A closed stop is silent before its burst, and espeak-ng marks the burst (measured: 35 to 70 ms late, the length of the
# closure). The silence belongs to the stop; of a longer pause, no more than a mouth needs to close.
_STOPS: Final = frozenset("pbtdʈɖcɟkɡgqɢʔɓɗʄɠʛʡ")
_STRESS: Final = "ˈˌ"
_BLOCK_SEC: Final = 0.005
_LONGEST_CLOSURE: Final = 18
_CLOSURE_AFTER_PAUSE: Final = 12
"""In blocks: 90 ms and 60 ms."""

# Some voices carry an echo, up to 25 dB under their vowels, which fills every silence: a closure is where the level is
# near the lowest before the burst, a pause where it is well under the voice.
_OVER_LOWEST_DB: Final = 10.0
_CLOSED_UNDER_LOUD_DB: Final = 30.0
_PAUSE_UNDER_LOUD_DB: Final = 22.0

# After a nasal or a liquid espeak-ng marks a vowel only once its opening is over (measured in several languages: the
# level has been rising for 20 ms by then; at speed, for a third of the consonant).
_SONORANTS: Final = frozenset("mnɲŋɳɴlɫɭʎrɹɾɻɽjwɥ")
_VOWELS: Final = frozenset("aeiouyɑɐɒæɔəɘɚɛɜɝɞɤɨɪɯɵøœɶʉʊʌʏ")
_LATE_SEC: Final = 0.020
_LATE_SHARE: Final = 1 / 3


def spans_of(marks: Sequence[Mark], samples: Samples, rate: int) -> list[Phoneme]:
    """Consecutive segments that cover all of `samples`: every sample in exactly one, pauses ("") merged, none empty."""
    loud_db = _loud_db(samples, rate)
    kept = _without_voiced_pauses(marks, samples, loud_db)
    starts = [min(sample, len(samples)) for sample, _ in kept]
    symbols = [symbol for _, symbol in kept]
    letters = [symbol.lstrip(_STRESS)[:1] for symbol in symbols]
    for index, letter in enumerate(letters):
        if letter in _STOPS:
            _move_back(starts, index, starts[index] - _closure(samples[: starts[index]], rate, loud_db))
        elif index > 0 and letter in _VOWELS and letters[index - 1] in _SONORANTS:
            length = starts[index] - starts[index - 1]
            _move_back(starts, index, starts[index] - round(min(_LATE_SEC * rate, _LATE_SHARE * length)))
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


def _without_voiced_pauses(marks: Sequence[Mark], samples: Samples, loud_db: float) -> list[Mark]:
    """Drops the pauses that sound: between two vowels espeak-ng marks one and lets the first vowel run on."""
    ends = [*(sample for sample, _ in marks[1:]), len(samples)]
    kept: list[Mark] = []
    for (start, symbol), end in zip(marks, ends, strict=True):
        if symbol or end <= start or _levels_db(samples[None, start:end])[0] < loud_db - _PAUSE_UNDER_LOUD_DB:
            kept.append((start, symbol))
    return kept


def _closure(before: Samples, rate: int, loud_db: float) -> int:
    """How many of the last samples before a burst are the closure."""
    block = round(_BLOCK_SEC * rate)
    count = min(_LONGEST_CLOSURE, len(before) // block)
    if count == 0:
        return 0
    levels = _levels_db(before[len(before) - count * block :].reshape(count, block))
    if levels.min() > loud_db - _PAUSE_UNDER_LOUD_DB:
        return 0
    closed_db = max(levels.min() + _OVER_LOWEST_DB, loud_db - _CLOSED_UNDER_LOUD_DB)
    sounding = np.flatnonzero(levels >= closed_db)
    blocks = count - 1 - int(sounding[-1]) if len(sounding) else min(count, _CLOSURE_AFTER_PAUSE)
    return blocks * block


def _loud_db(samples: Samples, rate: int) -> float:
    """The level of the voice: that of its loudest twentieth."""
    block = round(_BLOCK_SEC * rate)
    whole = samples[: len(samples) // block * block].reshape(-1, block)
    return float(np.percentile(_levels_db(whole), 95)) if len(whole) else 0.0


def _levels_db(blocks: Samples) -> NDArray[np.float64]:
    """Level of each row, 0 dB an amplitude of 1."""
    return 10.0 * np.log10(np.mean(blocks.astype(np.float64) ** 2, axis=1) + 1.0)


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
