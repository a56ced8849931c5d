"""Makes sure that a state folder has its tenant and its two keys, in the file and in the table alike."""

import os
import secrets
from datetime import datetime

from local.state import ApiKeys, StateFolder
from parley.domain.ids import ENTROPY_BYTES, make_id, ulid_at
from parley.domain.keys import SECRET_BYTES, ApiKey, hash_key, parse_key, present
from parley.domain.scopes import EVERY
from parley.domain.spaces import ENVIRONMENTS, Environment, Space, Tenant
from parley.domain.times import iso
from parley.store.api_keys import ApiKeys as StoredKeys
from parley.store.ports import Table
from parley.store.tenants import Tenants


def ensure_keys(state: StateFolder, table: Table, plan: str | None, pepper: bytes, now: datetime) -> ApiKeys:
    """Safe to repeat, and to be cut off anywhere: the file is written first, and the table follows it.

    `plan` moves the tenant to another plan; None leaves it, and makes a new one `scale`.
    """
    keys = state.api_keys()
    if keys is None:
        keys = ApiKeys(
            make_id("ten", now, os.urandom(ENTROPY_BYTES)), test=_new_key("test", now), live=_new_key("live", now)
        )
        state.keep_api_keys(keys)
    for environment in ENVIRONMENTS:
        _ensure_tenant(Tenants(table), keys.tenant, environment, plan, now)
        _ensure_key(StoredKeys(table), keys.tenant, getattr(keys, environment), pepper, now)
    return keys


def _new_key(environment: Environment, now: datetime) -> str:
    key_id = ulid_at(now, os.urandom(ENTROPY_BYTES))
    return present(environment, key_id, secrets.token_bytes(SECRET_BYTES)).text


def _ensure_tenant(tenants: Tenants, tenant_id: str, environment: Environment, plan: str | None, now: datetime) -> None:
    at = iso(now)
    tenant = tenants.create(
        Tenant(id=tenant_id, environment=environment, plan=plan or "scale", created_at=at, updated_at=at)
    )
    if plan is not None and tenant.plan != plan:
        tenants.set_plan(Space(tenant_id, environment), plan, now)


def _ensure_key(stored: StoredKeys, tenant_id: str, text: str, pepper: bytes, now: datetime) -> None:
    presented = parse_key(text)
    if stored.get(presented.key_id) is not None:
        return
    stored.create(
        ApiKey(
            key_id=presented.key_id,
            tenant_id=tenant_id,
            environment=presented.environment,
            name="parley up",
            hash=hash_key(presented, pepper),
            redacted=presented.redacted,
            scopes=frozenset({EVERY}),
            created_at=iso(now),
            updated_at=iso(now),
        )
    )
