"""What an Accept header asks of a turn: the codec of its pictures, and the name of the format."""

from dataclasses import dataclass
from typing import get_args

from parley.domain.errors import InvalidInput
from parley.wire.mux import CONTENT_TYPE
from parley.wire.turn_job import Codec

OCTETS = "application/octet-stream"
CODECS: tuple[Codec, ...] = get_args(Codec)
_MOST_RANGES = 32


@dataclass(frozen=True, slots=True)
class Accepted:
    """`codec` is None where the header names none."""

    codec: Codec | None = None
    content_type: str = CONTENT_TYPE


def read_accept(header: str | None) -> Accepted:
    """`application/x-avatar-mux; codec=h264` names a codec. Raises InvalidInput for codecs of which there is none.

    Of several the one with the highest `q`, then the first. A header that names other types alone is not heeded: what
    is streamed is the mux, and errors are JSON, whatever a client sends by default.
    """
    ranges = [_read(part) for part in (header or "").split(",")[:_MOST_RANGES]]
    ours = [found for found in ranges if found[0] > 0 and found[1] in (CONTENT_TYPE, OCTETS)]
    ours.sort(key=lambda found: -found[0])
    named = [codec for _, _, codec in ours if codec is not None]
    known = [codec for codec in CODECS if codec in named]
    if named and not known:
        raise InvalidInput(f"Accept names no codec that there is. Codecs: {', '.join(CODECS)}.")
    types = [name for _, name, _ in ours]
    only_octets = OCTETS in types and CONTENT_TYPE not in types
    best = next((codec for codec in named if codec in known), None)
    return Accepted(next((codec for codec in CODECS if codec == best), None), OCTETS if only_octets else CONTENT_TYPE)


def _read(part: str) -> tuple[float, str, str | None]:
    """(q, type, codec) of one media range."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    given = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
    try:
        quality = float(given.get("q", "1"))
    except ValueError:
        quality = 0.0
    return quality, name, given.get("codec", "").strip('" ') or None
