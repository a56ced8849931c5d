"""The tree of refusals: every class has a status, a code, and an answer to whether to try again."""

from collections.abc import Iterator

import pytest

from parley.domain import errors
from parley.domain.avatars import Avatar, rig_of
from parley.domain.errors import NotReady, ParleyError, RateLimited


def tree(kind: type[ParleyError]) -> Iterator[type[ParleyError]]:
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from tree(child)


@pytest.mark.parametrize("kind", list(tree(ParleyError)), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_a_code_and_its_message(kind: type[ParleyError]) -> None:
    made = kind("Say what to change.")
    assert 400 <= made.status < 600
    assert (made.code, str(made), made.message) == (kind.default_code, "Say what to change.", "Say what to change.")
    assert kind("x", "special").code == "special"
    # Money and keys do not mend themselves; a busy server does.
    assert made.retryable == (made.status in (429, 502, 503) or kind.__name__ in ("InProgress", "NotReady"))


def test_a_rate_limit_says_when_to_come_back() -> None:
    assert RateLimited("wait", retry_after_seconds=7).retry_after_seconds == 7


def avatar(**more: object) -> Avatar:
    fields = {
        "id": "ava_1",
        "tenant_id": "ten_A",
        "environment": "test",
        "display_name": "Rin",
        "source_kind": "image",
        "model_id": "m",
        "created_at": "",
        "updated_at": "",
    }
    return Avatar(**{**fields, **more})  # type: ignore[arg-type]


def test_only_a_ready_avatar_gives_its_rig() -> None:
    assert rig_of(avatar(status="ready", rig_key="rigs/1.npz")) == "rigs/1.npz"
    for status, word in (
        ("draft", "sourceAssetId"),
        ("preprocessing", "wait"),
        ("failed", "failed"),
        ("ready", "wait"),
    ):
        with pytest.raises(NotReady, match=word):
            rig_of(avatar(status=status))
