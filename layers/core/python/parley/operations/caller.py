"""Who asks for something to be done: a key's space, plan and scopes."""

from dataclasses import dataclass, field

from parley.domain.plans import Plan
from parley.domain.spaces import Space


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`presented` is the whole key as it was sent, a secret; None where the platform itself acts for a key."""

    space: Space
    plan: Plan
    key_id: str | None
    scopes: frozenset[str] = frozenset()
    spend_limit: int | None = None
    presented: str | None = field(default=None, repr=False)
