"""Idempotency keys, request rates, and the settings of a process."""

import pytest
from given import SPACE

from parley.domain.errors import IdempotencyConflict, InProgress, RateLimited, Unavailable
from parley.domain.spaces import Space
from parley.store.idempotency import Reply
from parley.store.settings import Settings
from parley.store.stores import Stores


def claim(stores: Stores, operation: str = "op1", request: str = "hash", space: Space = SPACE):
    return stores.idempotency.claim(space, "retry-1", request, operation, stores.clock.now())


def test_a_second_request_gets_the_first_answer_to_the_last_digit(stores: Stores) -> None:
    first = claim(stores)
    answer = Reply(status=201, body={"seconds": 6.0, "list": [], "none": None}, headers={"Location": "/x"})
    assert stores.idempotency.finish(SPACE, first, answer) == answer
    again = claim(stores, "op2")
    assert (again.operation_id, again.reply) == ("op1", answer)
    assert str(again.reply.body) == str(answer.body)


def test_another_request_under_the_key_is_refused_before_and_after_the_answer(stores: Stores) -> None:
    first = claim(stores)
    for _ in range(2):
        with pytest.raises(IdempotencyConflict):
            claim(stores, request="another")
        stores.idempotency.finish(SPACE, first, Reply(status=200, body={}))


def test_while_the_first_request_works_a_second_is_told_to_wait(stores: Stores) -> None:
    claim(stores)
    with pytest.raises(InProgress) as refused:
        claim(stores, "op2")
    assert (refused.value.status, refused.value.retryable) == (409, True)


def test_after_a_crash_another_takes_over_under_the_first_ones_operation_id(stores: Stores, clock) -> None:
    dead = claim(stores)
    clock.forward(61)
    heir = claim(stores, "op2")
    assert (heir.operation_id, heir.attempt, heir.reply) == ("op1", 2, None)
    with pytest.raises(InProgress):
        claim(stores, "op3")
    answer = stores.idempotency.finish(SPACE, heir, Reply(status=201, body={"by": "heir"}))
    # The dead one was only slow: its late answer does not replace what was told to the client.
    assert stores.idempotency.finish(SPACE, dead, Reply(status=201, body={"by": "dead"})) == answer


def test_a_request_that_failed_before_it_began_gives_the_key_up(stores: Stores) -> None:
    stores.idempotency.forget(SPACE, claim(stores))
    assert claim(stores, "op2", request="another").operation_id == "op2"


def test_one_that_was_taken_over_can_no_longer_give_the_key_up(stores: Stores, clock) -> None:
    dead = claim(stores)
    clock.forward(61)
    claim(stores)
    stores.idempotency.forget(SPACE, dead)
    with pytest.raises(InProgress):
        claim(stores)


def test_replies_are_kept_a_day_and_then_the_key_is_new(stores: Stores, clock) -> None:
    stores.idempotency.finish(SPACE, claim(stores), Reply(status=200, body={}))
    clock.forward(24 * 3600 - 1)
    assert claim(stores, "op2").reply is not None
    clock.forward(1)
    assert claim(stores, "op2", request="another").operation_id == "op2"


def test_a_key_means_nothing_in_another_space(stores: Stores) -> None:
    claim(stores)
    assert claim(stores, "op2", "another", Space("ten_A", "live")).operation_id == "op2"


def test_requests_beyond_the_limit_wait_for_the_next_minute(stores: Stores, clock) -> None:
    clock.forward(15)
    left = [stores.rates.count(SPACE, "KEY00001", 3, clock.now()) for _ in range(3)]
    assert left == [2, 1, 0]
    with pytest.raises(RateLimited) as refused:
        stores.rates.count(SPACE, "KEY00001", 3, clock.now())
    assert refused.value.retry_after_seconds == 45
    assert stores.rates.count(SPACE, "KEY00002", 3, clock.now()) == 2
    clock.forward(45)
    assert stores.rates.count(SPACE, "KEY00001", 3, clock.now()) == 2


def test_settings_are_read_by_name_and_cannot_be_changed() -> None:
    settings = Settings.from_env(
        {
            "TABLE_NAME": "parley-7",
            "KEY_PEPPER": "0123456789abcdef",
            "ALLOW_FETCH": "localhost:9000, 10.0.0.1:80,",
            "PUBLIC_BASE_URL": "https://avatars.example/",
            "RENDER_QUEUE_URL": "",
            "PATH": "/bin",
        }
    )
    assert (settings.table_name, settings.uploads_bucket, settings.render_queue_url) == (
        "parley-7",
        "parley-uploads",
        "",
    )
    assert settings.allow_fetch == ("localhost:9000", "10.0.0.1:80")
    assert settings.public_base_url == "https://avatars.example"
    assert settings.pepper == b"0123456789abcdef" and "0123456789abcdef" not in repr(settings)
    with pytest.raises(ValueError):
        settings.table_name = "other"


def test_a_process_without_a_pepper_can_check_no_key() -> None:
    for environ in ({}, {"KEY_PEPPER": "too short"}):
        with pytest.raises(Unavailable):
            _ = Settings.from_env(environ).pepper
