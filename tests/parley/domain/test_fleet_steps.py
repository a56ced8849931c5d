"""How many workers are wanted: never for free, never too few for the work, and none once the work is long past."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from parley.domain.fleet import FleetPolicy, Load, Wish, asked, grown, tended, wait_seconds, workers_needed

NOW = 1_800_000_000
POLICY = FleetPolicy(warm_seconds=600, start_seconds=90, maximum=4)
AWAKE = Wish(wanted_until=NOW + 300, asked_at=NOW - 300, woken_at=NOW - 1000, resting=False, version=7)
numbers = st.integers(0, 20)
loads = st.builds(
    lambda waiting, rendering, workers, each, busy: Load(
        waiting=waiting, rendering=rendering, workers=workers, slots=workers * each, busy=min(busy, workers * each)
    ),
    numbers,
    numbers,
    st.integers(0, 5),
    st.integers(1, 8),
    numbers,
)
moments = st.integers(NOW - 4000, NOW + 4000)
wishes = st.builds(
    Wish,
    wanted_until=moments,
    asked_at=moments,
    woken_at=moments,
    grown_at=moments,
    spare_since=st.none() | moments,
    resting=st.booleans(),
    version=st.integers(0, 9),
)


def test_the_first_wish_covers_the_start_and_the_time_that_a_worker_stays() -> None:
    wish = asked(Wish(), POLICY, NOW)
    assert wish == Wish(wanted_until=NOW + 690, asked_at=NOW, woken_at=NOW, resting=False, version=1)


def test_for_twenty_seconds_one_wish_speaks_for_all() -> None:
    wish = asked(Wish(), POLICY, NOW)
    assert wish is not None
    assert asked(wish, POLICY, NOW + 19) is None
    later = asked(wish, POLICY, NOW + 20)
    assert later is not None and (later.woken_at, later.asked_at, later.version) == (NOW, NOW + 20, 2)


def test_a_fleet_that_was_just_sent_to_rest_is_woken_at_once() -> None:
    resting = tended(replace(AWAKE, wanted_until=NOW, asked_at=NOW), Load(), 1, POLICY, NOW).wish
    assert resting.resting
    assert asked(resting, POLICY, NOW) is not None


@given(wishes, moments)
def test_asking_never_shortens_what_was_wanted(seen: Wish, now: int) -> None:
    wish = asked(seen, POLICY, now)
    if wish is not None:
        assert wish.wanted_until >= max(seen.wanted_until, now + POLICY.warm_seconds)
        assert wish.version == seen.version + 1 and not wish.resting


@given(wishes, loads, st.integers(0, 6), moments)
def test_nobody_rests_while_there_is_work_or_somebody_wants_one(seen: Wish, load: Load, desired: int, now: int) -> None:
    step = tended(seen, load, desired, POLICY, now)
    if step.desired == 0:
        assert load.idle and seen.wanted_until <= now and step.wish.resting
    else:
        assert step.wish.wanted_until > now


@given(wishes, loads, st.integers(0, 6), moments)
def test_a_look_never_asks_for_more_than_there_are_but_the_first(
    seen: Wish, load: Load, desired: int, now: int
) -> None:
    step = tended(seen, load, desired, POLICY, now)
    assert step.desired <= max(1, desired)
    assert step.desired >= min(max(1, desired), load.rendering) or step.desired == 0


@given(wishes, loads, st.integers(0, 6), moments)
def test_every_change_of_the_wish_is_a_new_version(seen: Wish, load: Load, desired: int, now: int) -> None:
    step = tended(seen, load, desired, POLICY, now)
    assert (step.wish == seen) == (step.wish.version == seen.version)


def test_work_that_goes_on_keeps_the_fleet_warm() -> None:
    for load in (Load(waiting=1), Load(rendering=1), Load(workers=1, slots=3, busy=1)):
        step = tended(replace(AWAKE, wanted_until=NOW - 1), load, 1, POLICY, NOW)
        assert (step.desired, step.wish.wanted_until) == (1, NOW + 600)


def test_a_queue_that_nobody_serves_wakes_the_fleet_by_itself() -> None:
    step = tended(Wish(), Load(waiting=3), 0, POLICY, NOW)
    assert step.desired == 1 and not step.wish.resting


def test_somebody_who_waits_for_a_worker_that_was_put_away_gets_it_again() -> None:
    assert tended(AWAKE, Load(), 0, POLICY, NOW).desired == 1


def test_workers_too_many_go_once_they_were_too_many_for_as_long_as_workers_stay() -> None:
    load = Load(workers=3, slots=12, busy=1)
    first = tended(AWAKE, load, 3, POLICY, NOW)
    assert (first.desired, first.wish.spare_since) == (3, NOW)
    assert tended(first.wish, load, 3, POLICY, NOW + 599).desired == 3
    last = tended(first.wish, load, 3, POLICY, NOW + 600)
    assert (last.desired, last.wish.spare_since) == (1, None)
    busier = tended(first.wish, Load(workers=3, slots=12, busy=9), 3, POLICY, NOW + 300)
    assert (busier.desired, busier.wish.spare_since) == (3, None)


def test_how_few_would_do() -> None:
    assert workers_needed(Load(), 3) == 1
    assert workers_needed(Load(waiting=1, workers=3, slots=9), 3) == 3
    assert workers_needed(Load(rendering=2, workers=3, slots=9), 3) == 2
    assert workers_needed(Load(workers=3, slots=9, busy=3), 3) == 2


def test_one_more_is_asked_for_only_when_the_last_had_time_to_start() -> None:
    wish = grown(AWAKE, POLICY, NOW)
    assert wish is not None and wish.grown_at == NOW and wish.wanted_until == NOW + 690
    assert grown(wish, POLICY, NOW + 89) is None
    assert grown(wish, POLICY, NOW + 91) is not None
    assert grown(AWAKE, replace(POLICY, maximum=1), NOW) is None


def test_the_time_to_wait_runs_down_and_never_out() -> None:
    wish = asked(Wish(), POLICY, NOW)
    assert wish is not None
    assert [wait_seconds(wish, POLICY, NOW + passed) for passed in (0, 30, 88, 900)] == [90, 60, 5, 5]
