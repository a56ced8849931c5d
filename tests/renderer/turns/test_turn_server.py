"""Turns over HTTP: a real server on a loopback port, its streams decoded as a client does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast

import av
import numpy as np
import pytest

from parley.wire.mux import Record
from renderer.media.wav import write_wav
from renderer.rig import Rig, save_rig
from renderer.speech import speak
from renderer.types import RATE
from tests.renderer.turns.turn_server import RunningServer, records_of, running_server
from tests.waiting import wait_for

LONG = "This is the first of many sentences. " * 60


@pytest.fixture(scope="module")
def server(presenter_rig: Rig) -> Iterator[RunningServer]:
    wav = io.BytesIO()
    write_wav(wav, speak("A sound that was there before.").samples)
    with running_server({"rigs/a": save_rig(presenter_rig), "uploads/sound": wav.getvalue()}) as running:
        yield running


def completed(server: RunningServer, turn: str, **fields: Any) -> list[Record]:
    answer = server.turn(turn, **fields)
    assert answer.status == 200, answer.read()
    records = list(records_of(answer))
    assert records[-1].type == "end", records[-1].header
    return records


def number(record: Record, name: str) -> int:
    return cast(int, record.header[name])


def heard(records: list[Record]) -> int:
    """Samples of sound that came."""
    return sum(number(each, "samples") for each in records if each.type == "audio")


def waited(server: RunningServer, running: int) -> None:
    wait_for(lambda: server.slots.running == running)


def test_a_spoken_turn_is_sound_and_pictures_that_fit_to_the_sample(server: RunningServer) -> None:
    records = completed(server, "t1", text="Hello there, my friend. How are you?", codec="h264")
    assert [records[0].header["video"], records[0].header["audio"]] == [
        {"codec": "h264", "width": 128, "height": 128, "fps": 25},
        {"encoding": "pcm_s16le", "sample_rate": 24_000, "channels": 1},
    ]
    pictures = [record for record in records if record.type == "video"]
    sounds = [record for record in records if record.type == "audio"]
    assert [number(each, "frame") for each in pictures] == list(range(len(pictures)))
    assert [number(each, "pts") for each in pictures] == [k * 960 for k in range(len(pictures))]
    assert [number(each, "pts") for each in sounds] == [k * 960 for k in range(len(sounds))]
    assert all(len(each.payload) == 2 * number(each, "samples") for each in sounds)
    last = records[-1]
    assert number(last, "samples") == sum(number(each, "samples") for each in sounds)
    assert number(last, "frames") == len(pictures) == -(-number(last, "samples") // 960)
    texts = [str(each.header["text"]) for each in records if each.type == "text_delta"]
    assert "".join(texts) == "Hello there, my friend. How are you?" and len(texts) > 1
    assert np.abs(np.frombuffer(b"".join(each.payload for each in sounds), "<i2")).max() > 3000


def test_h264_is_decoded_picture_by_picture_and_can_be_entered_every_two_seconds(server: RunningServer) -> None:
    records = completed(server, "t2", text="One, two, three, four, five, six.", codec="h264")
    pictures = [each for each in records if each.type == "video"]
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    shown = [frame for each in pictures for frame in decoder.decode(av.Packet(each.payload))]
    shown += decoder.decode(None)
    assert len(shown) == len(pictures) and (shown[0].width, shown[0].height) == (128, 128)
    keys = [number(each, "frame") for each in pictures if each.header["keyframe"]]
    assert keys == list(range(0, len(pictures), 50))
    entered = av.CodecContext.create("h264", "r")
    entered.thread_count = 1
    late = [frame for each in pictures[50:] for frame in entered.decode(av.Packet(each.payload))] + entered.decode(None)
    assert len(late) == len(pictures) - 50
    # Parameter sets come with each key frame, in start-code form; no picture is held back for another.
    assert all(each.payload[4] & 31 == 7 for each in pictures if each.header["keyframe"])


@pytest.mark.parametrize(
    ("codec", "start", "length"), [("jpeg", b"\xff\xd8\xff", None), ("i420", b"", 128 * 128 * 3 // 2)]
)
def test_pictures_come_as_asked(server: RunningServer, codec: str, start: bytes, length: int | None) -> None:
    pictures = [each for each in completed(server, f"t3{codec}", codec=codec) if each.type == "video"]
    assert all(each.payload.startswith(start) and each.header["keyframe"] for each in pictures)
    assert length is None or {len(each.payload) for each in pictures} == {length}


def test_visemes_come_before_their_picture_when_asked_for(server: RunningServer) -> None:
    records = completed(server, "t4", text="Mama.", visemes=True, sampleRate=16_000)
    told = [each for each in records if each.type == "visemes"]
    assert len(told) == number(records[-1], "frames")
    weights = np.array([each.header["oculus"] for each in told], np.float32)
    assert weights.shape[1] == 15 and np.allclose(weights.sum(axis=1), 1, atol=0.02)
    arkit = np.array([each.header["arkit"] for each in told], np.float32)
    assert arkit.shape[1] == 52 and arkit.min() >= 0 and arkit.max() <= 1 and arkit[:, 24].max() > 0.15
    assert "visemes" not in {each.type for each in completed(server, "t5")}


def test_given_sound_is_spoken_by_its_own_length(server: RunningServer) -> None:
    records = completed(server, "t6", mode="speak_audio", text=None, audio={"s3Key": "uploads/sound"})
    given = len(speak("A sound that was there before.").samples)
    assert number(records[-1], "samples") == round(given * 24_000 / RATE)


def test_start_comes_before_the_face_is_loaded_and_what_is_missing_is_one_error_record(server: RunningServer) -> None:
    for fields, code in (
        ({"rigKey": "rigs/none"}, "avatar_gone"),
        ({"mode": "speak_audio", "audio": {"s3Key": "uploads/none"}}, "audio_gone"),
        ({"text": "... !!! ---"}, "text_unspeakable"),
        ({"text": "\U0001f600\U0001f389"}, "text_unspeakable"),
        ({"voice": "xx-nobody"}, "voice_unknown"),
        ({"mode": "speak_audio", "audio": {"s3Key": "rigs/a"}}, "audio_unreadable"),
    ):
        records = list(records_of(server.turn(f"t7{code}{len(fields)}", **fields)))
        assert [each.type for each in records] == ["start", "error"]
        assert records[1].header["code"] == code and not records[1].header["retryable"]
        waited(server, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Xin chào, tôi là người Việt. 你好，世界。Привет, мир! مرحبا، كيف حالك؟",
        '<speak>Say <break time="1s"/> it <emphasis level="strong">now</emphasis>.</speak>',
        "\u0000\u0007Bell \u202eand override\u202c, e.g. 3.14 or 1,000 at 12:30.",
        "Ha \U0001f600! Yes \U0001f44d\U0001f3fd. \U0001f389",
    ],
)
def test_any_text_with_a_word_in_it_is_spoken_and_shown_as_written(server: RunningServer, text: str) -> None:
    records = list(records_of(server.turn("t8", text=text, maxSamples=24_000 * 4)))
    assert heard(records) > 12_000
    shown = "".join(str(each.header["text"]) for each in records if each.type == "text_delta")
    cut = heard(records) == 24_000 * 4
    assert (records[-1].type, shown) == ("end", text) or (cut and text.startswith(shown))


def test_a_turn_is_cut_at_what_was_paid_for(server: RunningServer) -> None:
    records = list(records_of(server.turn("t9", text=LONG, maxSamples=30_001)))
    assert (records[-1].type, records[-1].header["code"]) == ("error", "turn_too_long")
    assert 0 <= 30_001 - heard(records) <= 1


def test_an_interrupt_ends_the_stream_with_what_was_delivered(server: RunningServer) -> None:
    answer = server.turn("t10", text=LONG[:4000])
    records: list[Record] = []
    stream = records_of(answer)
    for record in stream:
        records.append(record)
        if record.type == "audio" and number(record, "pts") > 24_000:
            break
    assert server.post("/turns/t10/interrupt", {}, server.token("t10")).status == 202
    records += stream
    assert records[-1].header["reason"] == "interrupted"
    assert number(records[-1], "samples") == heard(records)
    waited(server, 0)
    assert server.post("/turns/t10/interrupt", {}, server.token("t10")).status == 404


def test_a_client_that_goes_away_gives_its_slot_back(server: RunningServer) -> None:
    answer = server.turn("t11", text=LONG)
    assert next(records_of(answer)).type == "start"
    answer.close()
    waited(server, 0)


def test_more_turns_than_slots_are_told_when_to_come_again(server: RunningServer) -> None:
    begun = [server.turn(f"t12{index}", text=LONG) for index in range(2)]
    assert server.turn("t120", text=LONG).status == 409
    refused = server.turn("t129", text=LONG)
    assert refused.status == 503 and refused.getheader("Retry-After") == "1"
    assert server.health()["free"] == 0
    for answer in begun:
        answer.close()
    waited(server, 0)
    assert completed(server, "t13")


def test_only_a_token_for_this_turn_and_worker_opens_it(server: RunningServer) -> None:
    body = {"turnId": "t14", "workerId": "w", "rigKey": "rigs/a", "mode": "speak_text", "text": "Hi.", "maxSamples": 9}
    for token in (
        None,
        "nonsense",
        server.token("another"),
        server.token("t14", worker="another"),
        server.token("t14", key=b"another key, just as long as it"),
        server.token("t14", age=61),
    ):
        assert server.post("/turn", body, token).status == 401
        assert server.post("/turns/t14/interrupt", {}, token).status == 401
    assert server.post("/prepare", {"rigKey": "rigs/a"}, server.token("x", worker="another")).status == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 127},
        {"height": 4096},
        {"fps": 0},
        {"fps": 120},
        {"emotion": "wild"},
        {"codec": "gif"},
        {"mode": "sing"},
    ],
)
def test_a_job_out_of_range_is_refused_before_any_record(server: RunningServer, fields: dict[str, Any]) -> None:
    assert server.turn("t15", **fields).status == 422
    assert server.post("/turn", b"{", server.token("t15")).status == 422
    waited(server, 0)


def test_a_body_too_large_is_refused(server: RunningServer) -> None:
    assert server.post("/turn", b" " * 7_000_000, server.token("t16")).status == 413


def test_a_prepared_face_needs_no_loading(server: RunningServer) -> None:
    body = {"rigKey": "rigs/a", "width": 192, "height": 128}
    answer = server.post("/prepare", body, server.token("prepare"))
    assert answer.status == 200
    assert b"first_picture" in answer.read()
    kept = server.objects.pop("rigs/a")
    try:
        assert completed(server, "t17", width=192, height=128)
    finally:
        server.objects["rigs/a"] = kept
    assert server.post("/prepare", {"rigKey": "rigs/none"}, server.token("prepare")).status == 409
