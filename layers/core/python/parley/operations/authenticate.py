"""Say who calls: the key is found by its id, its secret compared, its tenant active, its rate within the plan's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from parley.domain.errors import InsufficientScope, Unauthorized
from parley.domain.keys import ApiKey, PresentedKey, hash_key, matches, parse_key, pepper_used, verify
from parley.domain.plans import plan_named
from parley.domain.scopes import allows
from parley.operations.caller import Caller
from parley.store.stores import Stores


def authenticate(stores: Stores, header: str | None, any_scope: Sequence[str]) -> Caller:
    """The caller behind an Authorization header, when the key holds any one of `any_scope`.

    Raises Unauthorized, InsufficientScope (also for a suspended tenant), RateLimited.
    """
    now = stores.clock.now()
    presented = parse_key(_bearer(header))
    key = _verified(stores, presented, now)
    tenant = stores.tenants.active(key.space)
    plan = plan_named(tenant.plan)
    stores.rates.count(key.space, key.key_id, plan.requests_per_minute, now)
    if not any(allows(key.scopes, scope) for scope in any_scope):
        raise InsufficientScope(f"This key lacks the scope {' or '.join(any_scope)}. Use a key that has it.")
    return Caller(
        space=key.space,
        plan=plan,
        key_id=key.key_id,
        scopes=key.scopes,
        spend_limit=key.spend_limit,
        presented=presented.text,
    )


def _bearer(header: str | None) -> str:
    """The credential of `Bearer <key>`; the scheme's case does not matter."""
    scheme, _, credential = (header or "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise Unauthorized("Send the API key as `Authorization: Bearer <key>`.")
    return credential.strip()


def _verified(stores: Stores, presented: PresentedKey, now: datetime) -> ApiKey:
    peppers = stores.settings.peppers
    stored = stores.keys.get(presented.key_id)
    pepper = pepper_used(stored, presented, peppers)
    # Said only to someone who holds the secret: the key is right but for its prefix.
    if stored is not None and _only_prefix_is_wrong(stored, presented, pepper):
        advice = f"This is a {stored.environment} key: it starts with tic_{stored.environment}_."
        raise Unauthorized(advice, "wrong_environment")
    key = verify(stored, presented, pepper, now)
    if pepper != peppers[0]:
        # The pepper was rotated: the next rotation ends the old one.
        return stores.keys.rehash(key, hash_key(presented, peppers[0]))
    return key


def _only_prefix_is_wrong(key: ApiKey, presented: PresentedKey, pepper: bytes) -> bool:
    return key.environment != presented.environment and matches(
        key, replace(presented, environment=key.environment), pepper
    )
