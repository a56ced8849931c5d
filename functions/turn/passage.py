"""Cuts a worker's mux into records without changing a byte of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.wire.mux import MAX_RECORD_BYTES, Decoder, MuxError, Record

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Passing:
    """One record, and its bytes as they came."""

    record: Record
    raw: bytes

    @property
    def samples(self) -> int:
        """How many samples of sound it carries. Raises MuxError when its header says otherwise than its payload."""
        if self.record.type != "audio":
            return 0
        said = self.record.header.get("samples")
        if type(said) is not int or 2 * said != len(self.record.payload):
            raise MuxError("an audio record whose samples are not those of its payload")
        return said


@dataclass
class Passage:
    """Push what comes; take the records that are whole. The decoder holds them to the format."""

    _decoder: Decoder = field(default_factory=Decoder)
    _held: bytearray = field(default_factory=bytearray)

    @property
    def started(self) -> bool:
        return self._decoder.started

    def push(self, piece: bytes) -> Iterator[Passing]:
        """One by one, so that the good ones before a bad one are had: raises MuxError at that."""
        self._held += piece
        while (size := self._whole()) is not None:
            raw = bytes(self._held[:size])
            del self._held[:size]
            for record in self._decoder.push(raw):
                yield Passing(record, raw)

    def _whole(self) -> int | None:
        """Bytes of the record at the front, None while it is not whole."""
        if len(self._held) < _LENGTH_BYTES:
            return None
        length = int.from_bytes(self._held[:_LENGTH_BYTES], "big")
        if length > MAX_RECORD_BYTES:
            raise MuxError(f"a record cannot be {length} bytes long")
        size = _LENGTH_BYTES + length
        return size if len(self._held) >= size else None
