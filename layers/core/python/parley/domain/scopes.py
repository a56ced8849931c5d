"""What a key may do: the scopes, and the rule that a key never mints one it lacks."""

from collections.abc import Collection, Iterable
from typing import Literal, get_args

from parley.domain.errors import InsufficientScope, InvalidInput

EVERY = "*"
Scope = Literal[
    "avatars:read",
    "avatars:write",
    "realtime:write",
    "credits:read",
    "api_keys:write",
    "usage:read",
    "usage:write",
    "*",
]
SCOPES: frozenset[str] = frozenset(get_args(Scope))
# What a new key gets when its maker names no scopes, in the order in which the API shows them.
DEFAULT_SCOPES: tuple[Scope, ...] = ("realtime:write", "credits:read", "avatars:read")


def parse_scopes(names: Iterable[str]) -> frozenset[str]:
    """The scopes named, or InvalidInput for an unknown name or none at all."""
    scopes = frozenset(names)
    if unknown := scopes - SCOPES:
        raise InvalidInput(f"Unknown scopes: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(SCOPES))}.")
    if not scopes:
        raise InvalidInput("A key needs at least one scope.")
    return scopes


def allows(granted: Collection[str], needed: str) -> bool:
    """Whether a key with `granted` may do what needs `needed`."""
    return EVERY in granted or needed in granted


def require(granted: Collection[str], needed: str) -> None:
    """Raises InsufficientScope when a key with `granted` may not do what needs `needed`."""
    if not allows(granted, needed):
        raise InsufficientScope(f"This key lacks the scope {needed}. Use a key that has it, or make one.")


def require_subset(granted: Collection[str], wanted: Collection[str]) -> None:
    """Raises InsufficientScope when a key with `granted` would mint a scope it lacks (`*` lacks none)."""
    missing = [scope for scope in sorted(wanted) if not allows(granted, scope)]
    if missing:
        raise InsufficientScope(f"A key cannot grant scopes it does not have: {', '.join(missing)}.")
