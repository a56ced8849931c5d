"""What is pushed to a worker while it speaks: the body of its `POST /turns/{id}/sound`. Bytes in, parts out; no I/O.

A part: one byte that says what it is, u32 (big-endian) length of what follows, and that: PCM for `sound`, else nothing.
"""

import struct
from dataclasses import dataclass, field
from typing import Final, Literal

PartKind = Literal["sound", "flush", "drop", "close"]
MOST_SOUND_BYTES: Final = 1024 * 1024
"""Of one part: 10 seconds at 48 kHz."""

_HEAD: Final = struct.Struct(">cI")
_LETTERS: Final[dict[PartKind, bytes]] = {"sound": b"s", "flush": b"f", "drop": b"d", "close": b"c"}
_KINDS: Final[dict[bytes, PartKind]] = {letter: kind for kind, letter in _LETTERS.items()}


class PushedSoundError(ValueError):
    """These bytes are no parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """`flush`: what was pushed is to be spoken to its end. `drop`: what is not spoken yet is not to be. `close`: as
    `flush`, and nothing follows."""

    kind: PartKind
    pcm: bytes = b""


def encode_part(part: Part) -> bytes:
    """The part's bytes. Raises PushedSoundError for more sound than a reader takes."""
    if len(part.pcm) > MOST_SOUND_BYTES:
        raise PushedSoundError(f"a part has at most {MOST_SOUND_BYTES} bytes of sound")
    return _HEAD.pack(_LETTERS[part.kind], len(part.pcm)) + part.pcm


@dataclass
class PartReader:
    """Takes bytes in pieces of any size, gives whole parts."""

    _held: bytearray = field(default_factory=bytearray)

    def push(self, data: bytes) -> list[Part]:
        """The parts that `data` completes. Raises PushedSoundError at the first byte that cannot be right."""
        self._held += data
        parts: list[Part] = []
        while len(self._held) >= _HEAD.size:
            letter, length = _HEAD.unpack_from(self._held)
            kind = _KINDS.get(letter)
            if kind is None or length > (MOST_SOUND_BYTES if kind == "sound" else 0) or length % 2:
                raise PushedSoundError("no such part")
            if len(self._held) < _HEAD.size + length:
                break
            parts.append(Part(kind, bytes(self._held[_HEAD.size : _HEAD.size + length])))
            del self._held[: _HEAD.size + length]
        return parts
