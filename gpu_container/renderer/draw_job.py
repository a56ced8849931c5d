"""What the worker asks of whoever draws: one job to one video file, stoppable, with the two ways it may decline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from parley.wire.render_job import RenderJob

ReadObject: TypeAlias = Callable[[str], bytes]
"""Key of the media bucket -> its bytes; raises FileNotFoundError."""


@dataclass(frozen=True)
class Drawn:
    """A video was written: so many frames. `captions`: its words as WebVTT, where they are known."""

    frames: int
    fps: int
    width: int
    height: int
    captions: str | None = None


class JobRejected(Exception):
    """The job's own input is at fault: no other worker would fare better. `code` for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class JobStopped(Exception):
    """`must_stop` said so; what was drawn so far is of no use."""


class Draw(Protocol):
    """Draws `job` into the file `out`, saying `tell(frame, frames)`; gives up soon after `must_stop()` is true."""

    def __call__(
        self,
        job: RenderJob,
        read: ReadObject,
        out: Path,
        tell: Callable[[int, int], None],
        must_stop: Callable[[], bool],
    ) -> Drawn: ...
