"""Keys: their form, their hash, and when one is good."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.errors import Unauthorized
from parley.domain.keys import (
    SECRET_BYTES,
    ApiKey,
    MalformedKey,
    PresentedKey,
    derive_secret,
    effective_status,
    hash_key,
    parse_key,
    present,
    verify,
)

PEPPER = b"a pepper for tests"
NOW = datetime(2026, 6, 10, tzinfo=UTC)
KEY = present("test", "KEY00001", bytes(range(SECRET_BYTES)))


def stored(**more: object) -> ApiKey:
    fields = {
        "key_id": KEY.key_id,
        "tenant_id": "ten_A",
        "environment": "test",
        "name": "a key",
        "hash": hash_key(KEY, PEPPER),
        "redacted": KEY.redacted,
        "scopes": frozenset({"*"}),
        "created_at": "2026-06-01T00:00:00.000Z",
        "updated_at": "2026-06-01T00:00:00.000Z",
    }
    return ApiKey(**{**fields, **more})  # type: ignore[arg-type]


@given(
    environment=st.sampled_from(["live", "test"]),
    key_id=st.from_regex(r"[A-Za-z0-9]{8,64}", fullmatch=True),
    secret=st.from_regex(r"[A-Za-z0-9_-]{24,256}", fullmatch=True),
)
def test_every_well_formed_key_is_read_as_it_was_written(environment: str, key_id: str, secret: str) -> None:
    assert parse_key(f"  tic_{environment}_{key_id}_{secret}\n") == PresentedKey(environment, key_id, secret)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("", "empty_key"),
        ("   ", "empty_key"),
        ("sk_live_KEY00001_" + "s" * 24, "invalid_prefix"),
        ("tic_prod_KEY00001_" + "s" * 24, "invalid_prefix"),
        ("tic_live_", "missing_key_id"),
        ("tic_live__" + "s" * 24, "missing_key_id"),
        ("tic_live_KEY00001", "missing_secret"),
        ("tic_live_KEY00001_", "missing_secret"),
        ("tic_live_KEY0001_" + "s" * 24, "invalid_format"),
        ("tic_live_" + "k" * 65 + "_" + "s" * 24, "invalid_format"),
        ("tic_live_KEY00001_" + "s" * 23, "invalid_format"),
        ("tic_live_KEY00001_" + "s" * 257, "invalid_format"),
        ("tic_live_KEY00001_" + "s" * 23 + "!", "invalid_format"),
        ("tic_live_KEY00001_" + "s" * 23 + "\u00e9", "invalid_format"),
    ],
)
def test_a_malformed_key_is_refused_by_the_name_of_its_fault(text: str, failure: str) -> None:
    with pytest.raises(MalformedKey) as refused:
        parse_key(text)
    assert (refused.value.failure, refused.value.code, refused.value.status) == (failure, "unauthorized", 401)


def test_a_redacted_key_shows_the_last_four_characters_of_its_secret_and_so_does_its_repr() -> None:
    assert KEY.redacted == f"tic_test_KEY00001...{KEY.secret[-4:]}"
    assert KEY.secret not in repr(KEY)


def test_the_hash_depends_on_the_pepper_and_every_part_of_the_key() -> None:
    others = [present("live", KEY.key_id, bytes(range(32))), present("test", "KEY00002", bytes(range(32)))]
    hashes = {hash_key(key, PEPPER) for key in [KEY, *others]} | {hash_key(KEY, b"another pepper")}
    assert len(hashes) == 4
    assert all(text.startswith("hmac-sha256:") and len(text) == 12 + 64 for text in hashes)


def test_a_good_key_is_given_back() -> None:
    assert verify(stored(), KEY, PEPPER, NOW) == stored()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "unauthorized"),
        (stored(hash=hash_key(KEY, b"another pepper")), "unauthorized"),
        (stored(environment="live"), "unauthorized"),
        (stored(status="revoked"), "key_revoked"),
        (stored(expires_at="2026-06-10T00:00:00.000Z"), "key_expired"),
        (stored(status="revoked", expires_at="2026-06-09T00:00:00.000Z"), "key_revoked"),
    ],
)
def test_a_key_that_is_not_good_is_refused_by_its_fault(key: ApiKey | None, code: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        verify(key, KEY, PEPPER, NOW)
    assert refused.value.code == code


def test_nobody_learns_that_a_key_was_revoked_without_its_secret() -> None:
    guess = present("test", KEY.key_id, bytes(SECRET_BYTES))
    with pytest.raises(Unauthorized) as refused:
        verify(stored(status="revoked"), guess, PEPPER, NOW)
    assert refused.value.code == "unauthorized"


def test_a_key_expires_at_its_moment_and_not_before() -> None:
    assert effective_status(stored(expires_at="2026-06-10T00:00:00.001Z"), NOW) == "active"
    assert effective_status(stored(expires_at="2026-06-10T00:00:00.000Z"), NOW) == "expired"


def test_the_room_of_a_key_is_what_its_limit_leaves_and_never_negative() -> None:
    assert stored().room is None
    assert stored(spend_limit=10, spent=3, held=4).room == 3
    assert stored(spend_limit=5, spent=3, held=4).room == 0


def test_a_secret_takes_all_its_entropy() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        present("test", "KEY00001", bytes(16))


def test_a_derived_secret_is_the_same_for_the_same_request_and_another_for_any_other() -> None:
    request = (PEPPER, KEY.text, "retry-1", "NEWKEY01")
    assert derive_secret(*request) == derive_secret(*request)
    others = [
        (b"another pepper", KEY.text, "retry-1", "NEWKEY01"),
        (PEPPER, KEY.text + "x", "retry-1", "NEWKEY01"),
        (PEPPER, KEY.text, "retry-2", "NEWKEY01"),
        (PEPPER, KEY.text, "retry-1", "NEWKEY02"),
        # The same characters, parted elsewhere.
        (PEPPER, KEY.text, "retry-1N", "EWKEY01"),
    ]
    assert len({derive_secret(*request), *(derive_secret(*other) for other in others)}) == 6
    assert len(derive_secret(*request)) == SECRET_BYTES
