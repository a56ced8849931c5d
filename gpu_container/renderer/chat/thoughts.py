"""What a model thinks aloud before it replies is not spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_OPENS: Final = "<think>"
_CLOSES: Final = "</think>"


def without_thoughts(deltas: Iterable[str]) -> Iterator[str]:
    """`deltas` without white space and what stands between <think> and </think> at their beginning; none is empty."""
    held, thinking, speaking = "", False, False
    for delta in deltas:
        if speaking:
            if delta:
                yield delta
            continue
        held += delta
        if thinking:
            _, closed, rest = held.partition(_CLOSES)
            thinking, held = not closed, rest if closed else held[-len(_CLOSES) :]
        thinking, held = _opening(held) if not thinking else (True, held)
        speaking = not thinking and not _OPENS.startswith(held)
        if speaking:
            yield held
    if held and not thinking and not speaking:
        yield held


def _opening(held: str) -> tuple[bool, str]:
    """Whether a thought begins here, and what is to be looked at further."""
    while (held := held.lstrip()).startswith(_OPENS):
        _, closed, held = held.partition(_CLOSES)
        if not closed:
            return True, ""
    return False, held
