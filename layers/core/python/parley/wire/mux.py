"""Avatar mux v1, `application/x-avatar-mux`: sound, pictures and text of one turn in one stream. Bytes in, records out.

A record: u32 length of what follows, u32 length of the header, the header (a UTF-8 JSON object with a string `type`),
the payload. Big-endian. `pts` counts audio samples from 0: the audio is the only clock. The first record is `start`;
exactly one `end` or `error` closes the stream. Readers skip types they do not know. No I/O here: push bytes, take
records.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

CONTENT_TYPE: Final = "application/x-avatar-mux"
VERSION: Final = 1
MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
"""A raw picture of 1536 x 1536 is 3.5 MB; nothing that is meant comes near."""
MAX_HEADER_BYTES: Final = 64 * 1024
CLOSING: Final = frozenset({"end", "error"})

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Header: TypeAlias = Mapping[str, Json]
VideoCodec: TypeAlias = Literal["jpeg", "h264", "i420"]
EndReason: TypeAlias = Literal["completed", "interrupted", "idle"]
PauseReason: TypeAlias = Literal["flushed", "quiet", "interrupted"]

_LENGTHS: Final = struct.Struct(">II")
_LENGTH_BYTES: Final = 4


class MuxError(ValueError):
    """These bytes are no avatar mux, or records come in an order that the format does not have."""


@dataclass(frozen=True)
class Record:
    """One record. `header["type"]` says what the payload is."""

    header: Header
    payload: bytes = b""

    @property
    def type(self) -> str:
        return cast(str, self.header["type"])


def encode(record: Record) -> bytes:
    """The record's bytes. Raises MuxError when it has no type or is larger than a reader takes."""
    _check_type(record.header)
    header = json.dumps(record.header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    length = _LENGTH_BYTES + len(header) + len(record.payload)
    if len(header) > MAX_HEADER_BYTES or length > MAX_RECORD_BYTES:
        raise MuxError(f"a record of {length} bytes, {len(header)} of them header, is larger than a reader takes")
    return _LENGTHS.pack(length, len(header)) + header + record.payload


@dataclass
class Decoder:
    """Takes bytes in pieces of any size, gives whole records, and holds the stream to its order."""

    _held: bytearray = field(default_factory=bytearray)
    started: bool = False
    closed: bool = False

    def push(self, data: bytes) -> list[Record]:
        """The records that `data` completes. Raises MuxError at the first byte that cannot be right."""
        self._held += data
        records: list[Record] = []
        while (length := self._next_length()) is not None:
            body = bytes(memoryview(self._held)[_LENGTH_BYTES : _LENGTH_BYTES + length])
            del self._held[: _LENGTH_BYTES + length]
            records.append(self._in_order(_record(body)))
        if self.closed and self._held:
            raise MuxError("bytes after the record that closes the stream")
        return records

    def end(self) -> None:
        """No more bytes will come. Raises MuxError unless the stream was closed by `end` or `error`."""
        if not self.closed:
            raise MuxError("the stream was cut: no end and no error record")

    def _next_length(self) -> int | None:
        """Length of the record at the front, None while it is not whole."""
        if len(self._held) < _LENGTH_BYTES:
            return None
        length = int.from_bytes(self._held[:_LENGTH_BYTES], "big")
        if not _LENGTH_BYTES <= length <= MAX_RECORD_BYTES:
            raise MuxError(f"a record cannot be {length} bytes long")
        if len(self._held) >= _LENGTHS.size:
            header_length = _LENGTHS.unpack_from(self._held)[1]
            if header_length > min(MAX_HEADER_BYTES, length - _LENGTH_BYTES):
                raise MuxError(f"a header cannot be {header_length} bytes long in a record of {length}")
        return length if len(self._held) >= _LENGTH_BYTES + length else None

    def _in_order(self, record: Record) -> Record:
        if self.closed:
            raise MuxError(f"a record of type {record.type} after the one that closes the stream")
        if (record.type == "start") == self.started:
            raise MuxError("the first record, and no other, must be start")
        self.started = True
        self.closed = record.type in CLOSING
        return record


def _record(body: bytes) -> Record:
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + length
    try:
        header = json.loads(body[_LENGTH_BYTES:end].decode(), parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise MuxError("a header is not JSON") from error
    if not isinstance(header, dict):
        raise MuxError("a header is not a JSON object")
    _check_type(cast(Header, header))
    return Record(cast(Header, header), body[end:])


def _no_json(name: str) -> None:
    # Python's parser takes NaN and Infinity; JSON has neither, and other readers stop at them.
    raise ValueError(name)


def _check_type(header: Header) -> None:
    if not isinstance(header.get("type"), str):
        raise MuxError("a header has no type")


# --- the records that this version has -----------------------------------------------------------------------------


@dataclass(frozen=True)
class VideoFormat:
    """How pictures travel. Frame k shows samples [k * rate / fps, (k + 1) * rate / fps)."""

    codec: VideoCodec
    width: int
    height: int
    fps: int


def start(turn_id: str, sample_rate: int, video: VideoFormat) -> Record:
    """Opens the stream, before any speech exists."""
    audio: dict[str, Json] = {"encoding": "pcm_s16le", "sample_rate": sample_rate, "channels": 1}
    pictures: dict[str, Json] = {
        "codec": video.codec, "width": video.width, "height": video.height, "fps": video.fps,
    }  # fmt: skip
    return Record({"type": "start", "version": VERSION, "turn_id": turn_id, "audio": audio, "video": pictures})


def text_delta(text: str, pts: int) -> Record:
    """Text that begins to be spoken at `pts`."""
    return Record({"type": "text_delta", "text": text, "pts": pts})


def audio(pcm: bytes, pts: int) -> Record:
    """16-bit little-endian mono samples that begin at `pts`."""
    return Record({"type": "audio", "pts": pts, "samples": len(pcm) // 2}, pcm)


def video(picture: bytes, pts: int, frame: int, keyframe: bool) -> Record:
    """One picture, in the codec that `start` named."""
    return Record({"type": "video", "pts": pts, "frame": frame, "keyframe": keyframe}, picture)


def visemes(pts: int, weights: Header) -> Record:
    """The face's shape at `pts`, for clients that draw their own."""
    return Record({"type": "visemes", "pts": pts, **weights})


def utterance(pts: int, number: int) -> Record:
    """A stream that is pushed to begins to speak: the first time, or after a pause. `number` counts from 1."""
    return Record({"type": "utterance", "pts": pts, "number": number})


def pause(pts: int, reason: PauseReason, pushed: int) -> Record:
    """Such a stream has nothing to say for now: no sound and no pictures come until more is pushed. `pushed`: of the
    samples that were pushed, at their own rate, so many are over, spoken or dropped."""
    return Record({"type": "pause", "pts": pts, "reason": reason, "pushed": pushed})


def end(reason: EndReason, samples: int, frames: int, billed_credit_micros: int) -> Record:
    """Closes the stream: what was delivered and what it cost."""
    closing: Header = {
        "type": "end", "reason": reason, "samples": samples, "frames": frames,
        "billed_credit_micros": billed_credit_micros,
    }  # fmt: skip
    return Record(closing)


def error(code: str, message: str, retryable: bool) -> Record:
    """Closes the stream: what went wrong, and whether the same request may succeed later."""
    return Record({"type": "error", "code": code, "message": message, "retryable": retryable})
