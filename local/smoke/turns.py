"""Checks of realtime turns: prepared, streamed and counted to the sample, good for one key, cut short."""

import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.smoke.stage import Stage, busy_for, said
from local.smoke.verdict import Figures, Unexpected, equal, expect
from parley.wire.mux import CONTENT_TYPE, Decoder, MuxError, Record

SHORT = "Good morning. How are you?"
LONG = "This is a rather long story, told slowly, one small piece after the other, until somebody stops it. " * 8
SIDE = 256


@dataclass
class Heard:
    """What a stream brought so far, counted from its payloads and not from what its headers say."""

    decoder: Decoder = field(default_factory=Decoder)
    rate: int = 0
    fps: int = 0
    samples: int = 0
    frames: int = 0
    text: str = ""
    end: Any = None

    def push(self, data: bytes) -> None:
        for record in self.decoder.push(data):
            self._take(record)

    def _take(self, record: Record) -> None:
        header: Any = record.header
        match record.type:
            case "start":
                self.rate, self.fps = header["audio"]["sample_rate"], header["video"]["fps"]
                equal((header["video"]["width"], header["video"]["height"]), (SIDE, SIDE), "size in the start record")
            case "audio":
                equal(header["pts"], self.samples, "pts of a sound, as counted from the sound before it")
                self.samples += len(record.payload) // 2
            case "video":
                equal(header["frame"], self.frames, "number of a picture")
                equal(header["pts"] * self.fps // self.rate, self.frames, "the picture whose time a pts is")
                expect(record.payload[:2] == b"\xff\xd8", "every picture is a JPEG", record.payload[:4])
                heard_to = self.frames * self.rate / self.fps
                expect(self.samples >= heard_to, "a picture comes at most one ahead of its sound", self.samples)
                self.frames += 1
            case "text_delta":
                self.text += header["text"]
            case "end" | "error":
                self.end = header
            case _:
                return

    def check(self, reason: str) -> None:
        """The stream is whole, and its last record counts as we did."""
        self.decoder.end()
        expect(self.end["type"] == "end", "the stream is closed by an end record", self.end)
        equal(self.end["reason"], reason, "reason of the end")
        equal(self.end["samples"], self.samples, "samples in the end record, as counted")
        equal(self.end["frames"], self.frames, "pictures in the end record, as counted")
        equal(self.frames, -(-self.samples * self.fps // self.rate), "pictures that cover the sound")
        equal(self.end["billed_credit_micros"], sound_price(self.samples, self.rate), "price of the sound delivered")


def streamed(stage: Stage) -> Figures:
    avatar = stage.made["avatar"]["id"]
    ready = stage.json("POST", "/api/v1/realtime/prepare", json={"avatar_id": avatar}, timeout=60.0)
    equal(ready["status"], "ready", "status of prepare")
    heard, body = Heard(), _body(avatar, SHORT)
    stage.made["turn"] = (body, {"Idempotency-Key": f"smoke-{uuid.uuid4().hex}"})
    began, first_ms = time.monotonic(), None
    with _turn(stage, *stage.made["turn"]) as answer:
        equal(answer.headers["content-type"].partition(";")[0], CONTENT_TYPE, "content type of a turn")
        turn_id = answer.headers["x-turn-id"]
        for piece in _pieces(answer):
            heard.push(piece)
            if first_ms is None and heard.frames:
                first_ms = 1000 * (time.monotonic() - began)
    heard.check("completed")
    expect("morning" in heard.text, "text_delta says what is spoken", heard.text)
    stage.billed[turn_id] = heard.end["billed_credit_micros"]
    return {"id": turn_id, "samples": heard.samples, "frames": heard.frames, "firstPictureMs": round(first_ms or 0, 1)}


def key_once(stage: Stage) -> Figures:
    """A turn's key is good for one turn: a stream cannot be replayed."""
    body, headers = stage.made["turn"]
    answer = stage.json("POST", "/api/v1/realtime/turn", 409, json=body, headers=headers)
    expect(answer["retryable"] is False, "the refusal is not retryable", answer)
    return {"code": answer["code"]}


def interrupted(stage: Stage) -> Figures:
    heard = Heard()
    with _turn(stage, _body(stage.made["avatar"]["id"], LONG), {}) as answer:
        turn_id, pieces = answer.headers["x-turn-id"], _pieces(answer)
        for piece in pieces:
            heard.push(piece)
            if heard.rate and heard.samples >= heard.rate // 2:
                break
        stage.call("POST", f"/api/v1/realtime/turns/{turn_id}/interrupt", 202)
        for piece in pieces:
            heard.push(piece)
    heard.check("interrupted")
    stage.billed[turn_id] = heard.end["billed_credit_micros"]
    return {"id": turn_id, "samples": heard.samples, "frames": heard.frames}


def sound_price(samples: int, rate: int) -> int:
    """Credit micros of so many samples: their seconds, to the nearest micro."""
    return (2 * samples * 1_000_000 + rate) // (2 * rate)


def _body(avatar: str, text: str) -> dict[str, Any]:
    video = {"codec": "jpeg", "width": SIDE, "height": SIDE}
    return {"avatar_id": avatar, "mode": "speak_text", "text": text, "video": video}


@contextmanager
def _turn(stage: Stage, body: dict[str, Any], headers: dict[str, str]) -> Generator[httpx.Response]:
    """A turn that has begun; a deployment that says it is busy is asked again."""
    deadline = time.monotonic() + stage.patience_seconds
    while True:
        with stage.turn(body, headers) as answer:
            if answer.status_code == 200:
                yield answer
                return
            answer.read()
            if (pause := busy_for(answer)) is None or time.monotonic() + pause > deadline:
                raise Unexpected("POST /api/v1/realtime/turn answers 200", said(answer))
        time.sleep(pause)


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    """The stream's bytes as they come. Raises Unexpected where they are no mux."""
    try:
        yield from answer.iter_raw()
    except MuxError as error:
        raise Unexpected("the stream is an avatar mux", error) from error
