"""The Prefer header of RFC 7240: how long a caller is ready to wait."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header

_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,6})\"?")


@dataclass(frozen=True, slots=True)
class Preference:
    """`wait_seconds` is what will be waited; `applied` goes into Preference-Applied (None when nothing was asked)."""

    wait_seconds: float
    applied: str | None


def read_prefer(header: str | None, *, default_seconds: float, most_seconds: float) -> Preference:
    """`respond-async` alone waits not at all; `wait=N`, also beside it, waits N seconds, at most `most_seconds`."""
    tokens = [token.strip().lower() for token in (header or "").replace(";", ",").split(",")]
    waits = [int(found[1]) for token in tokens if (found := _WAIT.fullmatch(token))]
    if waits:
        seconds = min(waits[0], most_seconds)
        return Preference(seconds, f"wait={seconds:g}")
    if "respond-async" in tokens:
        return Preference(0.0, "respond-async")
    return Preference(min(default_seconds, most_seconds), None)


Prefer = Annotated[
    str | None,
    Header(description="RFC 7240: `wait=N` waits up to N seconds, `respond-async` answers at once."),
]
