"""The loop's pictures at output size, by number: decoded in order as they are asked for, and kept for a moment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Final

from renderer.clip import ClipRig
from renderer.media.shards import shard_pictures
from renderer.runtimes.clip.place import Place
from renderer.types import Picture

KEPT: Final = 12
"""Pictures are drawn a few at a time and not quite in order."""


class LoopFrames:
    """Usable from several threads; whatever order is asked for, a number gives the same picture."""

    def __init__(self, rig: ClipRig, place: Place) -> None:
        self._rig, self._place = rig, place
        self._lock = Lock()
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._coming: Iterator[Picture] = iter(())
        self._open, self._next = -1, 0

    def picture(self, index: int) -> Picture:
        """I420 uint8 (height * 3/2, width), read-only. Raises ValueError when the rig's pictures cannot be decoded."""
        with self._lock:
            if index not in self._kept:
                self._reach(index)
            return self._kept[index]

    def _reach(self, index: int) -> None:
        each = self._rig.shard_frames
        shard = index // each
        if shard != self._open or index < self._next:
            self._open, self._next = shard, shard * each
            self._coming = shard_pictures(self._rig.shards[shard])
        for i420 in self._coming:
            at, self._next = self._next, self._next + 1
            if at > index - KEPT // 2:
                self._keep(at, self._place.i420(i420))
            if at == index:
                return
        raise ValueError("the clip's pictures end too early: prepare the avatar again")

    def _keep(self, index: int, picture: Picture) -> None:
        picture.flags.writeable = False
        self._kept[index] = picture
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
