"""Which values of a secret are good while it is replaced, and when it is read."""

import threading

import pytest

from parley.domain.rotating_secret import (
    KEPT_SECONDS,
    RETRY_SECONDS,
    SETTLES_SECONDS,
    RotatingSecret,
    SecretUnreadable,
    SecretVersions,
)

OLD, NEW = b"the old value of 24 bytes", b"the new value of 24 bytes"


class Kept:
    """A secret that is kept somewhere, and the hands of a clock."""

    def __init__(self) -> None:
        self.now, self.readings = 1_000_000.0, 0
        self.stored: SecretVersions | None = SecretVersions(OLD, self.now - 86_400)

    def read(self) -> SecretVersions:
        self.readings += 1
        if self.stored is None:
            raise SecretUnreadable("it is down")
        return self.stored

    def rotate(self, value: bytes) -> None:
        assert self.stored is not None
        self.stored = SecretVersions(value, self.now, self.stored.current)

    def reader(self) -> RotatingSecret:
        return RotatingSecret(self.read, lambda: self.now)


def test_it_is_read_once_in_five_minutes() -> None:
    kept = Kept()
    secret = kept.reader()
    for _ in range(3):
        assert secret.values() == (OLD,)
    kept.now += KEPT_SECONDS - 1
    secret.values()
    assert kept.readings == 1
    kept.now += 1
    secret.values()
    assert kept.readings == 2


def test_no_process_meets_what_another_made_with_a_value_it_does_not_know() -> None:
    """Whenever each of them last read it: all through a rotation, what one makes the other accepts."""
    kept = Kept()
    fast, slow = kept.reader(), kept.reader()
    slow.values()
    kept.now += 7
    fast.values()
    kept.rotate(NEW)
    made: set[bytes] = set()
    for _ in range(3 * SETTLES_SECONDS):
        kept.now += 1
        one, other = fast.values(), slow.values()
        made |= {one[0], other[0]}
        assert one[0] in other and other[0] in one
    assert made == {OLD, NEW} and fast.values() == slow.values() == (NEW, OLD)


def test_what_cannot_be_read_again_stays_as_it_was_and_is_asked_for_soon() -> None:
    kept = Kept()
    secret = kept.reader()
    secret.values()
    kept.now += KEPT_SECONDS
    kept.stored = None
    assert secret.values() == secret.values() == (OLD,)
    assert kept.readings == 2
    kept.now += RETRY_SECONDS
    kept.stored = SecretVersions(NEW, kept.now - SETTLES_SECONDS, OLD)
    assert secret.values() == (NEW, OLD)


def test_a_secret_that_was_never_read_is_an_error_every_time() -> None:
    kept = Kept()
    kept.stored = None
    secret = kept.reader()
    for readings in (1, 2):
        with pytest.raises(SecretUnreadable):
            secret.values()
        assert kept.readings == readings


def test_a_value_too_short_to_be_one_is_never_used() -> None:
    kept = Kept()
    secret = kept.reader()
    secret.values()
    kept.rotate(b"a slip")
    kept.now += KEPT_SECONDS
    assert secret.values() == (OLD,)
    with pytest.raises(SecretUnreadable, match="at least 16 bytes"):
        kept.reader().values()
    kept.rotate(NEW)
    kept.now += KEPT_SECONDS
    assert secret.values() == (NEW,)


def test_a_clock_set_back_does_not_keep_an_old_value() -> None:
    kept = Kept()
    secret = kept.reader()
    secret.values()
    kept.now -= 86_400 * 365
    secret.values()
    assert kept.readings == 2


def test_many_threads_cause_one_reading() -> None:
    kept = Kept()
    secret = kept.reader()
    threads = [threading.Thread(target=secret.values) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.readings == 1


def test_nothing_secret_is_shown() -> None:
    assert "value" not in repr(SecretVersions(OLD, 0.0, NEW))
