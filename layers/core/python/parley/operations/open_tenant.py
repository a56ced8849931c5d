"""Make a tenant: its side of both environments, on one plan."""

from parley.domain.plans import plan_named
from parley.domain.spaces import ENVIRONMENTS, Space, Tenant
from parley.domain.times import iso
from parley.operations.administer import Operator, note
from parley.store.stores import Stores


def open_tenant(stores: Stores, operator: Operator, plan: str) -> str:
    """The id of the new tenant. It has no key yet. Raises InvalidInput for a plan that there is not."""
    plan_named(plan)
    tenant_id, at = stores.ids.new("ten"), iso(stores.clock.now())
    for environment in ENVIRONMENTS:
        space = Space(tenant_id, environment)
        stores.tenants.create(Tenant(id=tenant_id, environment=environment, plan=plan, created_at=at, updated_at=at))
        note(stores, operator, space, f"tenant created on plan {plan}")
    return tenant_id
