"""Scopes: what a key may do, and what it may hand on."""

import pytest

from parley.domain.errors import InsufficientScope, InvalidInput
from parley.domain.scopes import DEFAULT_SCOPES, SCOPES, parse_scopes, require, require_subset


def test_the_star_allows_everything_and_a_scope_only_itself() -> None:
    for scope in SCOPES - {"*"}:
        require({"*"}, scope)
        require({scope}, scope)
        with pytest.raises(InsufficientScope):
            require(SCOPES - {"*", scope}, scope)


def test_a_key_hands_on_only_what_it_has() -> None:
    require_subset({"avatars:read", "credits:read"}, {"credits:read"})
    require_subset({"*"}, {"*"})
    require_subset({"*"}, DEFAULT_SCOPES)
    for wanted in ({"avatars:write"}, {"*"}, {"credits:read", "*"}):
        with pytest.raises(InsufficientScope):
            require_subset({"avatars:read", "credits:read"}, wanted)


def test_all_scopes_but_the_star_are_not_the_star() -> None:
    with pytest.raises(InsufficientScope):
        require_subset(SCOPES - {"*"}, {"*"})


def test_unknown_scopes_and_none_at_all_are_refused() -> None:
    assert parse_scopes(["credits:read", "credits:read"]) == {"credits:read"}
    for names in (["credits:write"], []):
        with pytest.raises(InvalidInput):
            parse_scopes(names)
