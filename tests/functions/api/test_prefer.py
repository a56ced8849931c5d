"""How long a caller is ready to wait."""

import pytest

from functions.api.prefer import Preference, read_prefer


@pytest.mark.parametrize(
    ("header", "seconds", "applied"),
    [
        (None, 60, None),
        ("", 60, None),
        ("return=minimal", 60, None),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async", 0, "respond-async"),
        ("wait=5", 5, "wait=5"),
        ('wait="5"', 5, "wait=5"),
        ("wait = 5", 5, "wait=5"),
        ("respond-async, wait=10", 10, "wait=10"),
        ("wait=10; respond-async", 10, "wait=10"),
        ("wait=1, wait=9", 1, "wait=1"),
        ("wait=100000", 90, "wait=90"),
        ("wait=-1", 60, None),
        ("wait=1.5", 60, None),
        ("wait=99999999999999999999", 60, None),
    ],
)
def test_a_preference_is_read_and_bounded(header: str | None, seconds: float, applied: str | None) -> None:
    assert read_prefer(header, default_seconds=60, most_seconds=90) == Preference(seconds, applied)


def test_what_nobody_asked_for_is_bounded_too() -> None:
    assert read_prefer(None, default_seconds=300, most_seconds=25) == Preference(25, None)
