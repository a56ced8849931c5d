"""What a turn draws depends on its sound alone: cut into any pieces, it is the render of the whole, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from parley.wire.mux import VideoFormat
from renderer.motion.expression import Expression
from renderer.motion.head import head_track
from renderer.motion.head_stream import HeadStream
from renderer.motion.mouth import mouth_track
from renderer.motion.mouth_stream import MouthStream
from renderer.render import RenderOptions, drawings, frame_count
from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.speech import speak
from renderer.speech.clauses import FIRST, Clause
from renderer.turn import TurnOptions, TurnStream
from renderer.turn_control import TurnControl
from renderer.turn_pieces import COLUMN, Piece, shaped, spoken_pieces
from renderer.turn_sound import Decimator
from renderer.turn_timeline import Moment, timeline
from renderer.types import RATE, Phoneme, Speech, VisemeTrack
from renderer.visemes import track_of
from renderer.visemes.track_stream import TrackStream

TEXT = "Bob's mother baked brown bread, maybe. Pip popped up by the pub, and we all went home."


def whole_of(pieces: list[Piece]) -> Speech:
    """What the pieces say, as one speech."""
    phonemes: list[Phoneme] = []
    samples = 0
    for piece in pieces:
        offset = samples / RATE
        phonemes += [Phoneme(p.symbol, p.start_sec + offset, p.end_sec + offset) for p in piece.phonemes or ()]
        samples += len(piece.samples)
    return Speech(np.concatenate([piece.samples for piece in pieces]), tuple(phonemes) or None)


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
@pytest.mark.parametrize("has_phonemes", [True, False])
def test_motion_in_pieces_is_the_motion_of_the_whole(fps: int, has_phonemes: bool) -> None:
    rng = np.random.default_rng([fps, has_phonemes])
    speech = speak(TEXT)
    speech = Speech(speech.samples[: len(speech.samples) // COLUMN * COLUMN], speech.phonemes if has_phonemes else None)
    feeling = Expression("happy", 1.0) if fps < 30 else None
    whole, frames = track_of(speech), frame_count(len(speech.samples), fps)
    tracks, mouths, heads = TrackStream(has_phonemes), MouthStream(fps, feeling), HeadStream(fps, 5, feeling)
    cuts = [0, *np.sort(rng.integers(0, len(speech.samples), 12)).tolist(), len(speech.samples)]
    parts: list[VisemeTrack] = []
    mouth, head = [], []
    for index in range(len(cuts)):
        if index + 1 < len(cuts):
            phonemes = (speech.phonemes or ()) if index == 0 else ()
            parts.append(tracks.push(speech.samples[cuts[index] : cuts[index + 1]], phonemes))
        else:
            parts.append(tracks.finish())
        mouth.append(mouths.push(parts[-1]))
        head.append(heads.push(parts[-1].energy))
    mouth.append(mouths.finish(frames))
    head.append(heads.finish(frames))
    assert np.array_equal(np.concatenate([part.weights for part in parts]), whole.weights)
    assert np.array_equal(np.concatenate([part.energy for part in parts]), whole.energy)
    assert np.array_equal(np.concatenate(mouth), mouth_track(whole, fps, frames, feeling).axes)
    assert np.array_equal(np.concatenate(head), head_track(frames, fps, 5, whole.energy, feeling).axes)


@pytest.mark.parametrize("has_phonemes", [True, False])
def test_a_picture_brings_the_visemes_of_its_own_middle_however_the_sound_is_cut(has_phonemes: bool) -> None:
    fps, speech = 25, speak(TEXT)
    samples = speech.samples[: len(speech.samples) // COLUMN * COLUMN]
    phonemes = speech.phonemes if has_phonemes else None
    weights = track_of(Speech(samples, phonemes)).weights
    moments: list[Moment] = []
    pieces = timeline(fps, 24_000, 5, Expression(), has_phonemes)
    for at in range(0, len(samples), COLUMN):
        moments += pieces.push(samples[at : at + COLUMN], (phonemes or ()) if at == 0 else ())
    moments += pieces.finish()
    assert len(moments) == frame_count(len(samples), fps)
    for moment in moments:
        assert np.array_equal(moment.visemes, weights[min(4 * moment.frame + 2, len(weights) - 1)])


def test_pictures_streamed_clause_by_clause_are_those_of_the_whole_render(presenter_rig: Rig) -> None:
    pieces = list(spoken_pieces([TEXT], speak, FIRST))
    assert len(pieces) > 1
    runtime = MeshRuntime(canvas_of(presenter_rig, 128, 128))
    feeling = Expression("curious", 0.5)
    options = TurnOptions("t", VideoFormat("i420", 128, 128, 25), seed=3, expression=feeling)
    control = Hasty()
    face = lambda: lambda _, mouth, head: runtime.draw(mouth, head)  # noqa: E731
    stream = TurnStream(options, face, iter(pieces), control, control.clock)
    shown = [record.payload for record in stream.records() if record.type == "video"]
    whole = drawings(presenter_rig, whole_of(pieces), RenderOptions(128, seed=3, expression=feeling))
    assert shown == [drawn.i420.tobytes() for drawn in whole]


class Hasty(TurnControl):
    """Time passes only while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        super().wait(0)
        self.now += max(seconds, 0.0)


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_sound_is_taken_down_without_drift_however_it_is_cut(rate: int) -> None:
    seconds = np.arange(RATE * 2 + 17) / RATE
    sound = (8_000 * np.sin(2 * np.pi * 440 * seconds)).astype(np.int16)
    whole = Decimator(rate)
    at_once = np.concatenate([whole.push(sound), whole.finish()])
    pieces = Decimator(rate)
    cut = [pieces.push(part) for part in np.array_split(sound, [1, 2, 500, 30_000, 30_001])]
    assert np.array_equal(np.concatenate([*cut, pieces.finish()]), at_once)
    assert len(at_once) == int(len(sound) * rate / RATE + 0.5)
    wanted = 8_000 * np.sin(2 * np.pi * 440 * np.arange(len(at_once)) / rate)
    assert np.abs(at_once - wanted)[100:-100].max() < 25


def test_a_clause_has_the_silence_that_its_end_asks_for() -> None:
    piece = shaped(Clause("One,", 0.16), speak("One,"))
    assert len(piece.samples) % COLUMN == 0 and piece.phonemes is not None
    assert piece.phonemes[0].symbol == piece.phonemes[-1].symbol == ""
    assert piece.phonemes[-1].end_sec == len(piece.samples) / RATE
    loud = np.flatnonzero(np.abs(piece.samples.astype(int)) > 40) / RATE
    assert 0.04 < loud[0] < 0.13 and 0.15 < len(piece.samples) / RATE - loud[-1] < 0.3
