"""Visemes from sound alone: a small trained network listens, and lips touch or they do not."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from renderer.types import RATE, TRACK_RATE, VISEMES, Floats, Samples, VisemeTrack
from renderer.visemes import hearing
from renderer.visemes.hearing import Hearing
from renderer.visemes.network import BLOCK, DELAY, Network
from renderer.visemes.spectrum import AHEAD_SEC as WINDOW_AHEAD_SEC
from renderer.visemes.spectrum import SpectrumStream, columns_of, rows_after

AHEAD_SEC: Final = WINDOW_AHEAD_SEC + (hearing.AHEAD + DELAY) / TRACK_RATE
"""A column depends on no sound later than this after its start."""

_SIL, _PP, _FF, _NN, _DD, _KK = (VISEMES.index(name) for name in ("sil", "PP", "FF", "nn", "DD", "kk"))
_AT_ONCE: Final = 10 * RATE
"""Samples per step, which bounds memory for half an hour of sound."""
_RANGE_DB: Final = 30.0
"""From a vowel's peak down to the weakest sound that still counts as heard."""
_LEAST_SHAPE: Final = np.array([0.0, -1.0, 0.0], np.float32)
_NO_ANSWER: Final = np.zeros((0, len(VISEMES) + 3), np.float32)
_NO_COLUMNS: Final = VisemeTrack(
    np.zeros((0, len(VISEMES)), np.float32), np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
)
# Lips touch or they do not: below the first likelihood a sound that needs the touch counts as none, above the second as
# certain. PP decides over FF, less what speaks for the tongue (m and n hum alike), and must stay so for some columns: a
# closure that flickers is none. Set on voices that training did not hear.
_TEETH: Final = (0.25, 0.50)
_SHUT: Final = (0.025, 0.075)
_TONGUE: Final = ((_NN, 1.5), (_DD, 0.15), (_KK, 0.15))
_SHUT_COLUMNS: Final = 3
# And silence decides over both: soon where no voice is near, for then what sounds is rarely speech.
_SILENT_BY_A_VOICE: Final = (0.20, 0.45)
_SILENT: Final = (0.01, 0.03)
_VOICED: Final = 0.60
_STEADY_COLUMNS: Final = 4
"""A window of noise is sometimes periodic by chance; four in a row hardly ever are."""
_AFTER_A_VOICE: Final = 35
"""Columns (10 ms) after a voice in which voiceless sounds still belong to it; before it, what is known: DELAY."""


class NetworkVisemes:
    """Reads lips from samples with the trained network. No state: the same sound gives the same track."""

    def track(self, samples: Samples) -> VisemeTrack:
        """int16 (N,) at RATE -> a track of ceil(N / 480) columns, with `shape`; exact silence where nobody speaks."""
        stream = VisemeStream()
        return joined([stream.push(samples), stream.finish()])


class VisemeStream:
    """The same for sound that comes in pieces: joined, what `push` and `finish` return is the whole's track."""

    def __init__(self) -> None:
        self._spectra = SpectrumStream()
        self._hearing = Hearing()
        self._network = Network()
        self._columns = np.zeros((0, hearing.HEARD), np.float32)
        self._levels = np.zeros(0, np.float32)
        self._voicing = np.zeros(_AFTER_A_VOICE + _STEADY_COLUMNS - 1, np.float32)
        self._samples = self._given = self._blocks = 0
        self._waiting: list[Samples] = []
        self._shut = np.zeros(_SHUT_COLUMNS - 1, np.float32)
        self._late = DELAY

    def push(self, samples: Samples) -> VisemeTrack:
        """int16 (N,) at RATE, what comes next -> the columns that are now sure: none, or some."""
        self._samples += len(samples)
        self._waiting.append(samples)
        # Only whole blocks bring an answer, and sound costs the less the more of it is looked at at once.
        blocks = (rows_after(self._samples) - hearing.AHEAD) // BLOCK
        if blocks <= self._blocks:
            return _NO_COLUMNS
        self._blocks = blocks
        waiting = self._take_waiting()
        return joined(
            [self._hear(self._spectra.push(waiting[at : at + _AT_ONCE])) for at in range(0, len(waiting), _AT_ONCE)]
        )

    def finish(self) -> VisemeTrack:
        """The columns that are left, as if silence followed. The stream takes no more."""
        sure, tail = self._spectra.push(self._take_waiting()), self._spectra.finish()
        quiet = np.zeros((hearing.AHEAD + DELAY + BLOCK, tail.shape[1]), np.float32)
        rest = self._hear(np.concatenate([sure, tail, quiet]))
        count = columns_of(self._samples) - (self._given - len(rest.weights))
        return _cut(rest, count)

    def _take_waiting(self) -> Samples:
        waiting = np.concatenate([np.zeros(0, np.int16), *self._waiting])
        self._waiting.clear()
        return waiting

    def _hear(self, power: Floats) -> VisemeTrack:
        heard = self._hearing.push(power)
        self._levels = np.concatenate([self._levels, heard.level_db])
        columns = np.concatenate([self._columns, heard.columns])
        whole = len(columns) // BLOCK * BLOCK
        answers = [self._network.answer(columns[at : at + BLOCK]) for at in range(0, whole, BLOCK)]
        self._columns = columns[whole:]
        answer = np.concatenate([_NO_ANSWER, *answers])
        early = min(self._late, len(answer))
        self._late, answer = self._late - early, answer[early:]
        levels, self._levels = self._levels[: len(answer)], self._levels[len(answer) :]
        self._given += len(answer)
        self._voicing = np.concatenate([self._voicing, heard.columns[:, -1]])
        voiced = _near_a_voice(self._voicing[: len(answer) + _AFTER_A_VOICE + _STEADY_COLUMNS - 1 + DELAY])
        self._voicing = self._voicing[len(answer) :]
        shut = np.concatenate([self._shut, _shut_share(answer)])
        self._shut = shut[len(answer) :]
        return _read(answer, levels, voiced[: len(answer)], shut)


def joined(tracks: list[VisemeTrack]) -> VisemeTrack:
    """Tracks one after another."""
    shapes = [track.shape for track in tracks if track.shape is not None]
    return VisemeTrack(
        np.concatenate([track.weights for track in tracks]),
        np.concatenate([track.energy for track in tracks]),
        np.concatenate(shapes) if len(shapes) == len(tracks) else None,
    )


def _cut(track: VisemeTrack, count: int) -> VisemeTrack:
    assert track.shape is not None
    return VisemeTrack(track.weights[:count], track.energy[:count], track.shape[:count])


def _near_a_voice(voicing: Floats) -> NDArray[np.bool_]:
    """For each column but the first and last few of `voicing` (context): is there a steady voice about it?"""
    reach = _AFTER_A_VOICE + DELAY + 1
    if len(voicing) < reach + _STEADY_COLUMNS - 1:
        return np.zeros(0, np.bool_)
    steady = sliding_window_view(voicing, _STEADY_COLUMNS).min(axis=1) > _VOICED
    return np.asarray(sliding_window_view(steady, reach).any(axis=1), np.bool_)


def _read(answer: Floats, level_db: Floats, voiced: NDArray[np.bool_], shut: Floats) -> VisemeTrack:
    """The network's answers (T, 18), the levels at their time, whether a voice is near, and how surely the lips are
    shut, from _SHUT_COLUMNS - 1 columns before on, as a track."""
    weights = answer[:, : len(VISEMES)]
    silence = np.where(voiced, _share(weights[:, _SIL], *_SILENT_BY_A_VOICE), _share(weights[:, _SIL], *_SILENT))
    weights = _decided(weights, _FF, _share(weights[:, _FF], *_TEETH))
    weights = _decided(weights, _PP, sliding_window_view(shut, _SHUT_COLUMNS).min(axis=1) if len(answer) else shut[:0])
    weights = _decided(weights, _SIL, silence)
    shape = np.clip(answer[:, len(VISEMES) :], _LEAST_SHAPE, np.float32(1.0))
    energy = np.clip(1.0 + level_db / np.float32(_RANGE_DB), 0.0, 1.0) * (1.0 - silence)
    return VisemeTrack(weights, energy.astype(np.float32), shape)


def _shut_share(answer: Floats) -> Floats:
    """How surely each column alone has the lips shut, 0..1."""
    likelihood = answer[:, _PP].copy()
    for viseme, amount in _TONGUE:
        likelihood -= answer[:, viseme] * np.float32(amount)
    return _share(likelihood, *_SHUT)


def _share(likelihood: Floats, none: float, certain: float) -> Floats:
    return np.clip((likelihood - np.float32(none)) / np.float32(certain - none), np.float32(0.0), np.float32(1.0))


def _decided(weights: Floats, viseme: int, share: Floats) -> Floats:
    """`viseme` has exactly `share` of each row; the others keep their proportions."""
    others = weights.copy()
    others[:, viseme] = 0.0
    decided = others * ((1.0 - share) / np.maximum(others.sum(axis=1), 1e-6))[:, None]
    decided[:, viseme] = share
    return decided.astype(np.float32)
