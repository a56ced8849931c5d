"""What a file of unknown make decodes to, within bounds on packets, on damage and on wall time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

from av.error import FFmpegError

from renderer.media.bounded_file import BoundedFile
from renderer.media.errors import MediaRejected

MAX_BAD_SHARE: Final = 0.05
"""Share of packets that may fail to decode: a cut last frame is common, a broken file is of no use."""

Frame_co = TypeVar("Frame_co", covariant=True)


class Decodable(Protocol[Frame_co]):
    """A packet of one stream."""

    def decode(self) -> Sequence[Frame_co]:
        """Its frames: none, or some."""
        ...


def decoded_frames(
    packets: Iterable[Decodable[Frame_co]],
    reader: BoundedFile,
    most_packets: int,
    unreadable: Callable[[BoundedFile], MediaRejected],
) -> Iterator[Frame_co]:
    """The frames of `packets`, demuxed from `reader`. Raises what `unreadable` says where a bound is passed."""
    count = bad = 0
    for packet in packets:
        count += 1
        if count > most_packets or reader.expired:
            raise unreadable(reader)
        try:
            frames = packet.decode()
        except FFmpegError:
            bad += 1
            continue
        yield from frames
    if bad > 2 + MAX_BAD_SHARE * count:
        raise unreadable(reader)
