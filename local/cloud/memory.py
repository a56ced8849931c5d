"""Keeps moto from growing: it remembers every object it ever made, for a reset that this cloud never does."""

from typing import Any

from moto.core.common_models import BaseModel


def forget_what_was_made() -> None:
    """From now on moto's objects live as long as something uses them. Call before any is made."""
    base: Any = BaseModel

    def untracked(cls: Any, *_args: Any, **_more: Any) -> Any:
        after: Any = super(base, cls)
        return after.__new__(cls)

    base.__new__ = untracked
