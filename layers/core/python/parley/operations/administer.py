"""What an operator does to a tenant: each act leaves a line in the tenant's ledger that says why, and who did it."""

from dataclasses import dataclass

from parley.domain.errors import InvalidInput, NotFound
from parley.domain.keys import ApiKey, PresentedKey
from parley.domain.plans import plan_named
from parley.domain.scopes import EVERY
from parley.domain.spaces import Space, Tenant
from parley.domain.wallet import Wallet
from parley.operations.caller import Caller
from parley.operations.create_api_key import create_api_key
from parley.operations.revoke_api_key import revoke_api_key
from parley.store.stores import Stores
from parley.wire.api_keys import LARGEST_MICROS, CreateApiKey

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts (`name`: an AWS principal, or a user of this machine), and why."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON:
            raise InvalidInput(f"Say why in 1 to {LONGEST_REASON} characters: --reason.")


def note(stores: Stores, operator: Operator, space: Space, what: str) -> None:
    """A ledger line that moves nothing."""
    reason = f"{what}: {operator.reason}"
    stores.wallets.note(space, stores.ids.new("adm"), stores.clock.now(), reason, operator.name)


def existing_tenant(stores: Stores, space: Space) -> Tenant:
    """The tenant's side of the environment, suspended ones too. Raises NotFound."""
    tenant = stores.tenants.get(space)
    if tenant is None:
        raise NotFound(f"There is no tenant {space.tenant} with a {space.environment} environment.")
    return tenant


def set_plan(stores: Stores, operator: Operator, space: Space, plan: str) -> Tenant:
    """Moves the tenant to another plan; its allowance counts from the next month on. Raises NotFound, InvalidInput."""
    plan_named(plan)
    before = existing_tenant(stores, space)
    moved = stores.tenants.set_plan(space, plan, stores.clock.now())
    note(stores, operator, space, f"plan {before.plan} to {plan}")
    return moved


def grant_credits(stores: Stores, operator: Operator, space: Space, amount: int) -> Wallet:
    """Adds `amount` credit micros; the wallet afterwards. Raises NotFound, InvalidInput."""
    existing_tenant(stores, space)
    if not 0 < amount <= LARGEST_MICROS:
        raise InvalidInput(f"Grant more than nothing and at most {LARGEST_MICROS // 1_000_000} seconds.")
    now = stores.clock.now()
    stores.wallets.grant(space, stores.ids.new("grt"), amount, now, operator.reason, operator.name)
    return stores.wallets.read(space)


def issue_key(stores: Stores, operator: Operator, space: Space, body: CreateApiKey) -> tuple[ApiKey, PresentedKey]:
    """A key of the space, with any scope; the whole of it is shown this once. Raises NotFound, InvalidInput."""
    caller = _acting_for(stores, space)
    if body.environment != space.environment:
        raise InvalidInput(f"The key is for {space.environment}; it cannot be a {body.environment} key.")
    key, presented = create_api_key(stores, caller, body, stores.ids.new("adm"), None)
    note(stores, operator, space, f"{key.id} created")
    return key, presented


def end_key(stores: Stores, operator: Operator, space: Space, key_id: str) -> ApiKey:
    """The revoked key; `key_id` is `key_<keyId>`. Raises NotFound, also for a key of another space."""
    key = revoke_api_key(stores, _acting_for(stores, space), key_id)
    note(stores, operator, space, f"{key.id} revoked")
    return key


def _acting_for(stores: Stores, space: Space) -> Caller:
    """The platform itself, with every scope there is."""
    plan = plan_named(existing_tenant(stores, space).plan)
    return Caller(space=space, plan=plan, key_id=None, scopes=frozenset({EVERY}))
