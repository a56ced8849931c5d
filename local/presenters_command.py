"""`parley presenters`: our six presenters as PNG files, to look at or to upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

_USAGE_ERROR = 2
_SIZES = (64, 2048)


@dataclass(frozen=True)
class PresentersRequest:
    """What the command line said; `size` is the pictures' side in pixels."""

    out: Path
    size: int


def run(request: PresentersRequest) -> int:
    """The command's exit status: 0, or 2 when the files cannot be written as told."""
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    if not _SIZES[0] <= request.size <= _SIZES[1]:
        err.print(Text.assemble(("✗ ", "red"), f"--size must be {_SIZES[0]} to {_SIZES[1]} pixels."))
        return _USAGE_ERROR
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        _write(request, out)
    except OSError as problem:
        err.print(Text.assemble(("✗ ", "red"), f"Cannot write to {request.out}: {problem.strerror}."), soft_wrap=True)
        return _USAGE_ERROR
    return 0


def _write(request: PresentersRequest, out: Console) -> None:
    import cv2

    from local.presenter import CAST, draw_presenter

    for member in CAST:
        picture = cv2.cvtColor(draw_presenter(request.size, member.look), cv2.COLOR_RGB2BGR)
        _, png = cv2.imencode(".png", picture)
        path = request.out / f"{member.id}.png"
        path.write_bytes(png.tobytes())
        out.print(f"{path}: {member.name}, {member.language}, speaks as {member.voice}", soft_wrap=True)
