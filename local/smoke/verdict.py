"""How a check speaks: it returns figures, or it raises what it expected and what it found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from local.smoke.stage import Stage

Status = Literal["passed", "failed", "not_run"]
Figures = dict[str, Any]


class Unexpected(Exception):
    """The deployment did something else than it must."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected: {expected}; found: {found}")
        self.expected = expected
        self.found = str(found)[:600]


class NotRun(Exception):
    """The check could not be made; the message says what it needs."""


@dataclass(frozen=True, slots=True)
class Check:
    """One named check. `title` is what must be true; `needs` are names of checks that must have passed."""

    name: str
    title: str
    run: Callable[["Stage"], Figures]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a check."""

    name: str
    title: str
    status: Status
    seconds: float
    figures: Figures = field(default_factory=dict[str, Any])
    expected: str | None = None
    found: str | None = None


def expect(true: object, expected: str, found: object) -> None:
    """Raises Unexpected unless `true`."""
    if not true:
        raise Unexpected(expected, found)


def equal(found: object, wanted: object, what: str) -> None:
    """Raises Unexpected unless both are the same."""
    expect(found == wanted, f"{what} is {wanted}", found)
