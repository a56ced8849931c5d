"""A turn token opens one turn on one worker for a minute, and nothing else."""

import base64
import json

import pytest

from parley.wire.turn_token import TokenRefused, bearer, read, sign, verify

KEY = b"a key for tests of turn tokens"
NOW = 1_750_000_000


def test_a_token_says_what_was_signed() -> None:
    claims = verify(sign("trn_1", "wrk_1", KEY, NOW), KEY, NOW + 59, turn="trn_1", worker="wrk_1")
    assert (claims.turn, claims.worker, claims.issued_at, claims.expires_at) == ("trn_1", "wrk_1", NOW, NOW + 60)


def test_the_layout_is_the_documented_one() -> None:
    body, _, _ = sign("trn_1", "wrk_1", KEY, NOW).partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims == {"turn": "trn_1", "worker": "wrk_1", "iat": NOW, "exp": NOW + 60}


@pytest.mark.parametrize(
    ("turn", "worker", "key", "at"),
    [
        ("trn_2", "wrk_1", KEY, NOW),
        ("trn_1", "wrk_2", KEY, NOW),
        ("trn_1", "wrk_1", KEY + b"!", NOW),
        ("trn_1", "wrk_1", KEY, NOW + 60),
        ("trn_1", "wrk_1", KEY, NOW - 6),
    ],
    ids=["another turn", "another worker", "another key", "too late", "too early"],
)
def test_it_is_good_for_nothing_else(turn: str, worker: str, key: bytes, at: int) -> None:
    with pytest.raises(TokenRefused):
        verify(sign("trn_1", "wrk_1", KEY, NOW), key, at, turn=turn, worker=worker)


def test_every_changed_character_is_noticed() -> None:
    token = sign("trn_1", "wrk_1", KEY, NOW)
    for place, letter in enumerate(token):
        for other in "A.=é":
            if other != letter:
                with pytest.raises(TokenRefused):
                    read(token[:place] + other + token[place + 1 :], KEY, NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b", "a" * 5000, "e30.", "\x00.\x00"])
def test_rubbish_is_no_token(token: str) -> None:
    with pytest.raises(TokenRefused):
        read(token, KEY, NOW)


def test_a_key_that_could_be_guessed_signs_nothing() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        sign("trn_1", "wrk_1", b"short", NOW)


def test_the_header_names_the_scheme() -> None:
    assert bearer("Turn abc.def") == bearer("turn abc.def") == "abc.def"
    for wrong in (None, "", "Bearer abc", "Turn", "Turn "):
        with pytest.raises(TokenRefused):
            bearer(wrong)
