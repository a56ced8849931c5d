"""Make an API key that can do no more than the key that asks for it."""

from datetime import datetime

from parley.domain.errors import Conflict, IdempotencyConflict, InsufficientScope, InvalidInput
from parley.domain.ids import ulid_of
from parley.domain.keys import SECRET_BYTES, ApiKey, PresentedKey, derive_secret, hash_key, pepper_used, present
from parley.domain.plans import DEFAULT_PLAN
from parley.domain.scopes import parse_scopes, require_subset
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso, parse_iso
from parley.operations.caller import Caller
from parley.store.stores import Stores
from parley.wire.api_keys import CreateApiKey


def create_api_key(
    stores: Stores, caller: Caller, body: CreateApiKey, operation_id: str, idempotency_key: str | None
) -> tuple[ApiKey, PresentedKey]:
    """The stored key and, this once, the whole of it.

    Under an Idempotency-Key the secret is derived rather than drawn, so that a replay shows the same one although it
    is stored nowhere. Raises InsufficientScope, InvalidInput, IdempotencyConflict.
    """
    now = stores.clock.now()
    scopes = parse_scopes(body.scopes)
    require_subset(caller.scopes, scopes)
    _require_no_more_than_own(caller, body)
    key_id = ulid_of(operation_id)
    presented, hashed = _secret_and_hash(stores, caller, body, key_id, idempotency_key)
    key = ApiKey(
        key_id=key_id,
        tenant_id=caller.space.tenant,
        environment=body.environment,
        name=body.name,
        hash=hashed,
        redacted=presented.redacted,
        scopes=scopes,
        spend_limit=body.spend_limit_credit_micros,
        expires_at=_future(body.expires_at, now),
        created_at=iso(now),
        updated_at=iso(now),
    )
    _open_environment(stores, caller, Space(caller.space.tenant, body.environment), now)
    try:
        return stores.keys.create(key), presented
    except Conflict:
        raise IdempotencyConflict("Another API key used this Idempotency-Key. Use a new one.") from None


def _require_no_more_than_own(caller: Caller, body: CreateApiKey) -> None:
    """A test key never opens live, and a capped key never makes one with a higher cap."""
    if body.environment == "live" and caller.space.environment != "live":
        raise InsufficientScope("A test key cannot make a live key. Use a live key.")
    if caller.spend_limit is None:
        return
    limit = body.spend_limit_credit_micros
    if limit is None or limit > caller.spend_limit:
        raise InsufficientScope(
            f"This key may spend {caller.spend_limit} credit micros in all: set spendLimitCreditMicros to at most that."
        )


def _secret_and_hash(
    stores: Stores, caller: Caller, body: CreateApiKey, key_id: str, idempotency_key: str | None
) -> tuple[PresentedKey, str]:
    """The whole key and what is stored of it. A replay finds what was shown, also when the pepper was rotated since."""
    peppers = stores.settings.peppers
    newest = peppers[0]
    if idempotency_key is None or caller.presented is None:
        presented = present(body.environment, key_id, stores.ids.entropy(SECRET_BYTES))
        return presented, hash_key(presented, newest)
    own, key = caller.presented, idempotency_key
    candidates = [present(body.environment, key_id, derive_secret(pepper, own, key, key_id)) for pepper in peppers]
    stored = stores.keys.get(key_id) if len(peppers) > 1 else None
    if stored is not None:
        for presented in candidates:
            if (hashed := hash_key(presented, pepper_used(stored, presented, peppers))) == stored.hash:
                return presented, hashed
    return candidates[0], hash_key(candidates[0], newest)


def _future(expires_at: str | None, now: datetime) -> str | None:
    """The moment in our own spelling, or InvalidInput when it is over."""
    if expires_at is None:
        return None
    moment = parse_iso(expires_at)
    if moment <= now:
        raise InvalidInput("expiresAt lies in the past. Give a later moment.")
    return iso(moment)


def _open_environment(stores: Stores, caller: Caller, space: Space, now: datetime) -> None:
    """A tenant's other environment begins with its first key, on the free plan."""
    if space != caller.space:
        stores.tenants.create(
            Tenant(
                id=space.tenant,
                environment=space.environment,
                plan=DEFAULT_PLAN,
                created_at=iso(now),
                updated_at=iso(now),
            )
        )
