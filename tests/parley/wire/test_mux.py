"""The avatar mux: the shared vectors, any chunking, and whatever a stranger sends."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.wire import mux
from parley.wire.mux import Decoder, MuxError, Record, encode

VECTORS: dict[str, Any] = json.loads(Path("sdks/vectors/mux.json").read_text("utf-8"))
PIECES = st.lists(st.integers(1, 40), max_size=60)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    lambda kind, rest, payload: Record({**rest, "type": kind}, payload),
    st.text(max_size=12).filter(lambda kind: kind not in ("start", "end", "error")),
    st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    st.binary(max_size=200),
)
FORMAT = mux.VideoFormat("h264", 512, 512, 25)


def decoded(data: bytes, pieces: list[int]) -> list[Record]:
    """`data` cut into pieces of these lengths, the rest in one, and then the end."""
    reader, records = Decoder(), list[Record]()
    for length in pieces:
        records += reader.push(data[:length])
        data = data[length:]
    records += reader.push(data)
    reader.end()
    return records


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda vector: vector["name"])
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_the_shared_vectors_read_as_they_say(vector: dict[str, Any], piece: int) -> None:
    data = bytes.fromhex(vector["hex"])
    records = decoded(data, [piece] * (len(data) // piece))
    assert [{"header": r.header, "payload_hex": r.payload.hex()} for r in records] == vector["records"]
    assert b"".join(encode(record) for record in records) == data


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
@pytest.mark.parametrize("piece", [1, 10_000])
def test_the_shared_vectors_that_are_no_mux_are_refused(vector: dict[str, Any], piece: int) -> None:
    data = bytes.fromhex(vector["hex"])
    with pytest.raises(MuxError):
        decoded(data, [piece] * (len(data) // piece))


@given(st.lists(RECORDS, max_size=6), PIECES)
def test_what_is_written_is_what_is_read_in_pieces_of_any_size(between: list[Record], pieces: list[int]) -> None:
    records = [mux.start("trn_1", 24_000, FORMAT), *between, mux.end("completed", 4, 1, 40_000)]
    assert decoded(b"".join(encode(record) for record in records), pieces) == records


@given(st.binary(max_size=400), PIECES)
def test_any_other_bytes_are_refused_and_never_fail_otherwise(data: bytes, pieces: list[int]) -> None:
    with pytest.raises(MuxError):
        decoded(data, pieces)


def test_a_record_is_given_as_soon_as_its_last_byte_is_there() -> None:
    data = encode(mux.start("trn_1", 16_000, FORMAT))
    reader = Decoder()
    assert reader.push(data[:-1]) == []
    assert [record.type for record in reader.push(data[-1:])] == ["start"]


def test_a_length_that_no_reader_takes_is_refused_before_its_bytes_come() -> None:
    with pytest.raises(MuxError, match="long"):
        Decoder().push(b"\x7f\xff\xff\xff")


def test_a_record_that_readers_refuse_is_not_written() -> None:
    with pytest.raises(MuxError, match="larger"):
        encode(Record({"type": "video"}, bytes(mux.MAX_RECORD_BYTES)))
    with pytest.raises(MuxError, match="type"):
        encode(Record({"pts": 0}))


def test_each_builder_names_what_the_format_names() -> None:
    pcm = bytes(480)
    built = [
        mux.start("trn_1", 24_000, FORMAT),
        mux.text_delta("Hello.", 0),
        mux.audio(pcm, 0),
        mux.video(b"jpeg", 0, 0, True),
        mux.visemes(0, {"oculus": [1.0]}),
        mux.end("interrupted", 240, 1, 10_000),
    ]
    assert [record.type for record in built] == ["start", "text_delta", "audio", "video", "visemes", "end"]
    assert built[2].header["samples"] == 240
    assert decoded(b"".join(encode(record) for record in built), []) == built
