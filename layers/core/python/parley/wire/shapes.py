"""Shapes of a video: its aspect by name, and its sides in pixels."""

from typing import Literal, get_args

Aspect = Literal["1:1", "16:9", "9:16"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
LEAST_SIZE = 256
MOST_SIZE = 1536
_SHORT_OF_LONG = (9, 16)


def sides_of(size: int, aspect: str) -> tuple[int, int]:
    """Width and height in pixels, both even, of a video whose longer side is `size`. ValueError: no such aspect."""
    if aspect not in ASPECTS:
        raise ValueError(f"the aspect must be one of {', '.join(ASPECTS)}")
    short = 2 * round(size * _SHORT_OF_LONG[0] / _SHORT_OF_LONG[1] / 2)
    return {"1:1": (size, size), "16:9": (size, short), "9:16": (short, size)}[aspect]
