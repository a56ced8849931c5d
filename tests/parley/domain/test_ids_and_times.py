"""Ids and moments, as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.ids import ENTROPY_BYTES, IdFactory, is_id, make_id, ulid_of
from parley.domain.spaces import Space, space_of_partition
from parley.domain.times import epoch, iso, month, month_start, parse_iso

AT = datetime(2026, 6, 10, 0, 0, 0, 1999, tzinfo=UTC)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def test_an_id_is_its_prefix_its_moment_and_its_entropy() -> None:
    made = make_id("rnd", AT, bytes(ENTROPY_BYTES))
    assert made == "rnd_01KTQD8A01" + "0" * 16
    assert is_id("rnd", made) and not is_id("ava", made)
    assert ulid_of(made) == ulid_of(f"{made}.more") == made.removeprefix("rnd_")


@given(first=moments, second=moments, entropy=st.binary(min_size=10, max_size=10))
def test_ids_sort_by_the_millisecond_they_were_made_in(first: datetime, second: datetime, entropy: bytes) -> None:
    earlier, later = sorted([first, second])
    if later - earlier >= timedelta(milliseconds=1):
        assert make_id("rnd", earlier, entropy) < make_id("rnd", later, bytes(10))


def test_a_factory_makes_ids_of_what_it_is_given() -> None:
    factory = IdFactory(now=lambda: AT, entropy=bytes)
    assert factory.new("ava") == make_id("ava", AT, bytes(10))


@pytest.mark.parametrize(
    "text", ["", "rnd_", "rnd", "rnd_01KT", "rnd_" + "U" * 26, "01KTQD8A010000000000000000", "rnd_x.more"]
)
def test_what_is_no_id_is_told_from_one(text: str) -> None:
    assert not is_id("rnd", text)


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        make_id("rnd", AT, bytes(9))


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    assert iso(AT) == "2026-06-10T00:00:00.001Z"
    assert iso(AT.astimezone(timezone(timedelta(hours=5)))) == iso(AT)


@given(at=moments)
def test_what_is_written_is_read_back_to_the_millisecond(at: datetime) -> None:
    assert timedelta(0) <= at - parse_iso(iso(at)) < timedelta(milliseconds=1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        parse_iso("2026-06-10T00:00:00")


def test_months_begin_at_midnight_utc() -> None:
    assert month(datetime(2026, 7, 1, 4, tzinfo=timezone(timedelta(hours=5)))) == "2026-06"
    assert month_start("2026-06") == datetime(2026, 6, 1, tzinfo=UTC)
    assert epoch(month_start("1970-01")) == 0


def test_a_space_is_known_by_its_partition() -> None:
    space = Space("ten_A", "live")
    assert space_of_partition(space.partition) == space
    for other in ("KEY#1", "T#ten_A#prod", "SYSTEM", "X#ten_A#live"):
        with pytest.raises(ValueError):
            space_of_partition(other)
