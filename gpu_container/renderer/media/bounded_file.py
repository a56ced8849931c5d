"""A file as libavformat sees it: it ends where we say, and when its time has run out."""

from __future__ import annotations

import io
import time
from typing import BinaryIO


class BoundedFile(io.RawIOBase):
    """`file` up to byte `end`, readable for `wall_sec` seconds from now: after that it has ended, so that no loop of a
    demuxer outlives it."""

    def __init__(self, file: BinaryIO, end: int, wall_sec: float) -> None:
        self._file = file
        self._end = end
        self._deadline = time.monotonic() + wall_sec

    @property
    def expired(self) -> bool:
        return time.monotonic() > self._deadline

    def allow(self, seconds: float) -> None:
        """So much more: time that was not spent on reading."""
        self._deadline += seconds

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._end - self._file.tell())
        return b"" if self.expired else self._file.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            if whence == io.SEEK_END:
                return self._file.seek(self._end + offset)
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1  # a damaged file may point anywhere: libavformat takes -1 as "cannot"

    def tell(self) -> int:
        return self._file.tell()
