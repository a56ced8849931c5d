"""Sound that is pushed while it is spoken: the same records however it is cut, utterance by utterance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from parley.wire.mux import Record, VideoFormat
from renderer.live_turn import CLOSING_SEC, LiveTurn
from renderer.motion.expression import Expression
from renderer.motion.mouth import mouth_track
from renderer.runtimes.drawn import Drawn
from renderer.sound_inbox import MOST_SEC, InboxFull, SoundInbox
from renderer.speech import speak
from renderer.turn import TurnOptions
from renderer.turn_control import TurnControl
from renderer.types import MOUTH_AXES, Floats, Samples
from renderer.visemes.by_sound import NetworkVisemes

SPOKEN = speak("Mama, we may buy some more. Good morning.").samples


class Hand(TurnControl):
    """Time passes only while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0


class HandInbox(SoundInbox):
    def __init__(self, rate: int, control: Hand) -> None:
        super().__init__(rate)
        self._control = control

    def take(self, seconds: float):  # type: ignore[no-untyped-def]
        taken = super().take(0)
        self._control.now += 0.0 if taken is not None else seconds
        return taken

    def wait(self, seconds: float) -> None:
        super().wait(0)
        self._control.now += seconds


class Stage:
    """A stream whose pictures are their mouths."""

    def __init__(self, rate: int = 48_000, fps: int = 25, sample_rate: int = 24_000, most: int | None = None) -> None:
        self.control = Hand()
        self.inbox = HandInbox(rate, self.control)
        self.mouths: list[Floats] = []
        self.heads: list[Floats] = []
        options = TurnOptions("t", VideoFormat("i420", 16, 16, fps), sample_rate, 7, Expression("happy"), False, most)
        self.live = LiveTurn(options, lambda: self.draw, self.inbox, self.control, lambda: self.control.now)

    def draw(self, frame: int, mouth: Floats, head: Floats) -> Drawn:
        assert frame == len(self.mouths)
        self.mouths.append(mouth)
        self.heads.append(head)
        return Drawn(np.full((24, 16), frame % 256, np.uint8))

    def records(self) -> Iterator[Record]:
        return itertools.chain.from_iterable(self.live.bursts())

    def all(self) -> list[Record]:
        return list(self.records())

    def push(self, samples: Samples, chunk: int = 960) -> None:
        for at in range(0, len(samples), chunk):
            self.inbox.push(samples[at : at + chunk].astype("<i2").tobytes())


def types(records: list[Record]) -> list[str]:
    return [record.type for record in records if record.type not in ("video", "audio")]


def sound(records: list[Record]) -> Samples:
    return np.frombuffer(b"".join(record.payload for record in records if record.type == "audio"), "<i2")


@pytest.mark.parametrize(("fps", "sample_rate"), [(25, 24_000), (24, 16_000), (30, 16_000), (24, 24_000)])
def test_two_utterances_lie_on_one_clock_to_the_sample(fps: int, sample_rate: int) -> None:
    stage = Stage(fps=fps, sample_rate=sample_rate)
    for _ in range(2):
        stage.push(SPOKEN)
        stage.inbox.flush()
    stage.inbox.close()
    records = stage.all()
    assert types(records) == ["start", "utterance", "pause", "utterance", "pause", "pause", "end"]
    pictures = [record for record in records if record.type == "video"]
    sounds = [record for record in records if record.type == "audio"]
    assert [record.header["pts"] for record in pictures] == [k * sample_rate // fps for k in range(len(pictures))]
    starts = [0, *itertools.accumulate(len(record.payload) // 2 for record in sounds)]
    assert [record.header["pts"] for record in sounds] == starts[:-1]
    pauses = [record.header for record in records if record.type == "pause"]
    assert [each["pushed"] for each in pauses] == [len(SPOKEN), 2 * len(SPOKEN), 2 * len(SPOKEN)]
    assert pauses[1]["pts"] == records[-1].header["samples"] == starts[-1] == len(pictures) * sample_rate // fps
    longest = len(SPOKEN) / 48_000 + CLOSING_SEC + 1 / fps
    assert len(SPOKEN) / 48_000 <= pauses[0]["pts"] / sample_rate <= longest  # type: ignore[operator]


def test_the_same_sound_gives_the_same_records_however_it_is_cut() -> None:
    told: list[tuple[list[Record], bytes]] = []
    for chunk in (480, 960, 1111, len(SPOKEN)):
        stage = Stage()
        stage.push(SPOKEN, chunk)
        stage.inbox.close()
        told.append((stage.all(), b"".join(mouth.tobytes() for mouth in [*stage.mouths, *stage.heads])))
    assert all(each == told[0] for each in told[1:])


def test_what_is_heard_is_what_was_pushed() -> None:
    for rate in (16_000, 24_000, 48_000):
        stage = Stage(rate=rate, sample_rate=24_000)
        tone = (8000 * np.sin(2 * np.pi * 300 * np.arange(rate * 2) / rate)).astype(np.int16)
        stage.push(tone, rate // 50)
        stage.inbox.close()
        heard = sound(stage.all()).astype(np.float64)
        wanted = 8000 * np.sin(2 * np.pi * 300 * np.arange(48_000) / 24_000)
        assert len(heard) >= 48_000 and np.abs(heard[500:47_000] - wanted[500:47_000]).max() < 200


def test_a_picture_waits_for_no_more_than_160_ms_of_sound() -> None:
    for fps, most in ((25, 0.17), (24, 0.2), (30, 0.2)):
        stage = Stage(fps=fps)
        stage.push(SPOKEN[: 48_000 * 2], 480)
        shown = 0
        # Time stands still: all that is sure comes out, and nothing else.
        for record in stage.records():
            shown += record.type == "video"
            if not stage.inbox._waiting and record.type == "audio" and shown >= (2.0 - most) * fps - 1:
                break
            assert record.type != "pause", f"{shown} pictures of {fps} a second"


def test_lips_are_as_with_the_whole_track_and_every_closure_is_seen() -> None:
    stage = Stage()
    stage.push(SPOKEN)
    stage.inbox.close()
    stage.all()
    live = np.stack(stage.mouths)
    whole = mouth_track(NetworkVisemes().track(SPOKEN), 25, len(live), Expression("happy")).axes
    jaw, press = MOUTH_AXES.index("jaw"), MOUTH_AXES.index("press")
    assert np.corrcoef(live[:, jaw], whole[:, jaw])[0, 1] > 0.9
    shut = np.flatnonzero(whole[:, press] > 0.95)
    assert len(shut) and all(live[max(0, at - 1) : at + 2, press].max() > 0.9 for at in shut)
    assert np.abs(live[-1, :6]).max() < 0.01, "the mouth is not at rest at an utterance's end"


def test_sound_that_stops_is_spoken_to_its_end_without_a_flush() -> None:
    stage = Stage()
    stage.push(SPOKEN)
    records: list[Record] = []
    for record in stage.records():
        records.append(record)
        if record.type == "pause":
            stage.inbox.close()
    assert [each.header["reason"] for each in records if each.type == "pause"] == ["quiet", "flushed"]
    assert records[-1].type == "end" and len(sound(records)) >= len(SPOKEN) // 2


def test_what_is_dropped_is_not_heard_and_the_head_goes_on_from_where_it_was() -> None:
    stage = Stage()
    stage.push(np.tile(SPOKEN, 10))
    records: list[Record] = []
    for record in stage.records():
        records.append(record)
        if record.type == "audio" and record.header["pts"] == 48_000:
            stage.inbox.drop()
            stage.push(SPOKEN)
            stage.inbox.close()
    assert types(records) == ["start", "utterance", "pause", "utterance", "pause", "end"]
    pauses = [record.header for record in records if record.type == "pause"]
    assert (pauses[0]["reason"], pauses[0]["pts"], pauses[0]["pushed"]) == ("interrupted", 48_960, 10 * len(SPOKEN))
    moved = np.abs(np.diff(np.stack(stage.heads)[:, :5], axis=0)).max(axis=1)
    assert moved[50] < 1.5 * max(moved[:50].max(), 0.004), "the head jumps between utterances"


def test_a_stream_without_sound_ends_without_pictures() -> None:
    stage = Stage()
    stage.inbox.close()
    assert types(stage.all()) == ["start", "pause", "end"]
    silent = Stage()
    silent.push(np.zeros(48_000, np.int16))
    silent.inbox.close()
    records = silent.all()
    assert records[-1].header["samples"] == 24_000 and np.abs(np.stack(silent.mouths)[:, :6]).max() < 0.01


def test_an_interrupt_ends_the_stream_and_a_client_gone_is_told_nothing() -> None:
    for abandon in (False, True):
        stage = Stage()
        stage.push(np.tile(SPOKEN, 4))
        records: list[Record] = []
        for record in stage.records():
            records.append(record)
            if record.type == "audio" and record.header["pts"] == 4_800:
                stage.control.abandon() if abandon else stage.control.interrupt()
        assert records[-1].type == ("audio" if abandon else "end")
        assert abandon or (records[-1].header["reason"], records[-1].header["samples"]) == ("interrupted", 5_760)


def test_bounds() -> None:
    stage = Stage(most=24_000)
    stage.push(SPOKEN)
    stage.inbox.close()
    records = stage.all()
    assert (records[-1].type, records[-1].header["code"]) == ("error", "turn_too_long")
    assert len(sound(records)) <= 24_000
    full = SoundInbox(8_000)
    with pytest.raises(InboxFull):
        for _ in range(int(MOST_SEC) + 2):
            full.push(bytes(16_000))
