"""Server-sent events out of bytes, in whatever pieces they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class TooMuch(ValueError):
    """More bytes than were allowed."""


def events(pieces: Iterable[bytes], *, most_bytes: int) -> Iterator[str]:
    """The data of each event. Comments and other fields are left out. Raises TooMuch; ValueError: no UTF-8."""
    data: list[str] = []
    for line in _lines(pieces, most_bytes):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


def _lines(pieces: Iterable[bytes], most_bytes: int) -> Iterator[str]:
    taken, held = 0, bytearray()
    for piece in pieces:
        taken += len(piece)
        if taken > most_bytes:
            raise TooMuch
        # Only what is new is searched: a line that never ends costs no more than its length.
        if b"\n" not in piece:
            held += piece
            continue
        *whole, rest = (bytes(held) + piece).split(b"\n")
        held = bytearray(rest)
        for line in whole:
            yield line.removesuffix(b"\r").decode()
    if held:
        yield held.decode()
